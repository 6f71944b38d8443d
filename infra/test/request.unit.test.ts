import { describe, expect, test } from "vitest";
import { readRequestLine } from "../src/clickhouse/request.ts";

const read = (search: string, headers = {}) => readRequestLine(new URL(search, "http://localhost"), headers);

describe("what a request says beside its body", () => {
  test("given database and format in headers and in the address, then the headers go first, as in the server", () => {
    const headers = { "x-clickhouse-database": "tidemark", "x-clickhouse-format": "RowBinary" };
    expect(read("/", headers)).toMatchObject({ database: "tidemark", format: "RowBinary" });
    expect(read("/?database=other&default_format=CSV", headers)).toMatchObject({
      database: "tidemark",
      format: "RowBinary",
    });
    expect(read("/?database=other&default_format=CSV")).toMatchObject({ database: "other", format: "CSV" });
  });

  test("given a session, then its timeout is a minute unless the address says another", () => {
    expect(read("/?session_id=a").session).toEqual({ id: "a", timeoutSeconds: 60, mustExist: false });
    expect(read("/?session_id=a&session_timeout=5&session_check=1").session).toEqual({
      id: "a",
      timeoutSeconds: 5,
      mustExist: true,
    });
    expect(read("/?session_id=").session).toBeUndefined();
  });

  test.each(["compress=1", "decompress=1", "client_protocol_version=54460"])(
    "given %s, which would be answered wrong, then it is refused by name",
    (parameter) => {
      expect(() => read(`/?${parameter}`)).toThrow(new RegExp(`^Code: 48.*${parameter} is not supported`));
    },
  );

  test("given what asks for nothing, or to be told what is served, then it is no setting of the engine", () => {
    expect(read("/?compress=0&client_protocol_version=54405&max_threads=2").settings).toEqual(
      new Map([["max_threads", "2"]]),
    );
  });
});
