import { describe, expect, test } from "vitest";
import { insertFromFile, readStatement } from "../src/clickhouse/statement.ts";

describe("where the data of a statement begin", () => {
  test.each([
    ["INSERT INTO t FORMAT CSV\n1,2\n\n3,4", "INSERT INTO t ", "", "CSV", "1,2\n\n3,4"],
    [
      "INSERT INTO `VALUES` (`FORMAT`, b) VALUES (1, 'x')",
      "INSERT INTO `VALUES` (`FORMAT`, b) ",
      "",
      "Values",
      "(1, 'x')",
    ],
    [
      "insert into d.t settings a = 1 format JSONEachRow",
      "insert into d.t ",
      "settings a = 1 ",
      "JSONEachRow",
      "",
    ],
    [
      "/* VALUES */ INSERT INTO t -- FORMAT x\n(a) VALUES\n(1)",
      "/* VALUES */ INSERT INTO t -- FORMAT x\n(a) ",
      "",
      "Values",
      "(1)",
    ],
  ])("given %j", (sql, head, settings, format, inlineData) => {
    expect(readStatement(sql).insert).toEqual({ head, settings, format, inlineData });
  });

  test.each([
    "INSERT INTO t SELECT 1 FORMAT Null",
    "INSERT INTO t (a) WITH 1 AS x SELECT x",
    "SELECT 'INSERT INTO t VALUES (1)'",
    "CREATE TABLE values (format String) ENGINE = Memory",
    "DESCRIBE TABLE t",
  ])("given %j, then it has none", (sql) => {
    expect(readStatement(sql).insert).toBeUndefined();
  });

  test("given a SELECT that names a format, then that is known", () => {
    expect(readStatement("SELECT 'FORMAT CSV' FORMAT JSON").format).toBe("JSON");
    expect(readStatement("SELECT 1").format).toBeUndefined();
  });

  test("given semicolons, then only a second statement counts as one", () => {
    expect(readStatement("SELECT ';' ; -- the end\n").isMultiple).toBe(false);
    expect(readStatement("SELECT 1; SELECT 2").isMultiple).toBe(true);
    expect(readStatement(" -- nothing\n").isEmpty).toBe(true);
  });

  test("given SET or USE, then it is for the session; a SELECT with settings is not", () => {
    expect(readStatement("/* why */ set max_threads = 1").isForSession).toBe(true);
    expect(readStatement("USE tidemark").isForSession).toBe(true);
    expect(readStatement("SELECT 1 SETTINGS max_threads = 1").isForSession).toBe(false);
  });

  test("given an insert, then its data come from the file, whatever the file is called", () => {
    const insert = readStatement("INSERT INTO t SETTINGS a = 1 VALUES (1)").insert!;
    expect(insertFromFile(insert, "/tmp/it's")).toBe(
      "INSERT INTO t  FROM INFILE '/tmp/it\\'s' COMPRESSION 'none' SETTINGS a = 1  FORMAT Values",
    );
  });
});
