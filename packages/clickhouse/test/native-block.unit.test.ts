import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Session } from "chdb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nativeBlock } from "../src/native-block.ts";

const types = {
  whole: "Int64",
  count: "UInt64",
  small: "Int32",
  part: "UInt32",
  byte: "UInt8",
  real: "Nullable(Float64)",
  flag: "Bool",
  at: "DateTime64(3, 'UTC')",
  until: "Nullable(DateTime64(3, 'UTC'))",
  text: "String",
  maybe: "Nullable(String)",
  kind: "LowCardinality(String)",
  state: "LowCardinality(Nullable(String))",
  version: "Nullable(Int64)",
  words: "Map(String, String)",
} as const;
const columns = Object.entries(types).map(([name, type]) => ({ name, type }));

const plain = {
  ...{ whole: -5, count: 7, small: -7, part: 4_294_967_295, byte: 200, real: 0.1, flag: true },
  ...{ at: "2026-03-01 12:00:00.250", until: null, text: "plain", maybe: null, kind: "customer" },
  ...{ state: null, version: null, words: {} },
};
const rows = [
  plain,
  {
    ...plain,
    ...{ whole: Number.MAX_SAFE_INTEGER, real: null, flag: false, until: "1900-01-01 00:00:00.000" },
    ...{ at: "2299-12-31 23:59:59.999", text: 'ä\u0000 "\n\\ 日本語 😀', maybe: "x".repeat(20_000) },
    ...{ state: "in", version: Number.MIN_SAFE_INTEGER, words: { "a.b": '"ü"', c: "" } },
  },
  // A leap day, one character short of the longest text that a loop writes, and one beyond it.
  { ...plain, at: "2000-02-29 00:00:00.000", until: "1970-01-01 00:00:00.000", text: "a".repeat(40) },
  {
    ...plain,
    at: "1969-12-31 23:59:59.999",
    text: "a".repeat(41),
    maybe: "é".repeat(130),
    words: { d: "1" },
  },
];

let session: Session;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "native-block-"));
  session = new Session();
  session.query("SET output_format_json_quote_64bit_integers = 0");
  const list = columns.map(({ name, type }) => `${name} ${type}`).join(", ");
  session.query(`CREATE TABLE kept (${list}) ENGINE = Memory`);
});
afterAll(() => {
  session.close();
  rmSync(folder, { recursive: true });
});

test("given rows of every type, when ClickHouse reads the block, then it has them as they were", () => {
  const block = nativeBlock(columns, rows);
  const file = join(folder, "block");
  writeFileSync(file, block ?? "");
  session.query(`INSERT INTO kept FROM INFILE '${file}' COMPRESSION 'none' FORMAT Native`);
  const lines = session.query("SELECT * FROM kept", "JSONEachRow").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(rows);
});

test.each([
  ["a fraction in a column of whole numbers", { ...plain, whole: 1.5 }],
  ["a number beyond a column's width", { ...plain, small: 2_147_483_648 }],
  ["an instant in another form", { ...plain, at: "2026-03-01T12:00:00Z" }],
  ["a column that is missing", { ...plain, version: undefined }],
  ["a number in a column of texts", { ...plain, text: 5 }],
])("given %s, when a block is asked for, then there is none", (_, row) => {
  expect(nativeBlock(columns, [plain, row])).toBeUndefined();
});

test("given a column of another type, when a block is asked for, then there is none", () => {
  expect(nativeBlock([{ name: "text", type: "UUID" }], [plain])).toBeUndefined();
});
