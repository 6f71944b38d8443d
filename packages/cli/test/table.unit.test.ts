import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Session } from "chdb";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { delimitedRows } from "../src/table/delimited.ts";
import { openTable } from "../src/table/open-table.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "table-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const csv = { hasHeader: true, delimiter: null };

async function rowsOf(texts: readonly string[], delimiter = ",") {
  const broken: { readonly line: number; readonly fault: string }[] = [];
  const rows: { readonly line: number; readonly cells: readonly string[] }[] = [];
  async function* chunks() {
    yield* texts;
  }
  for await (const batch of delimitedRows(chunks(), delimiter, (row) => broken.push(row)))
    rows.push(...batch);
  return { rows, broken };
}

async function readAll(file: string, columns: readonly string[], options = csv) {
  const table = await openTable(file, options);
  const places = columns.map((column) => table.place(column) ?? -1);
  const broken: unknown[] = [];
  const rows: unknown[][] = [];
  for await (const batch of table.rows(
    (row) => broken.push(row),
    () => {},
  ))
    for (const { line, cells } of batch) rows.push([line, ...places.map((place) => cells[place])]);
  return { columns: table.columns, rows, broken };
}

describe("rows with a character between the cells", () => {
  test("given any cells, when they are written as RFC 4180 says and cut anywhere, then they are what another parser reads, on their lines", async () => {
    const cell = fc.string({
      unit: fc.constantFrom("a", "ü", "😀", '"', ",", ";", "\n", "\r\n", " ", "1"),
      maxLength: 6,
    });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.array(fc.nat(200), { maxLength: 5 }),
        fc.constantFrom("\n", "\r\n"),
        async (cells, cuts, end) => {
          const quoted = cells.map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(","));
          const text = quoted.join(end);
          const places = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].sort(
            (a, b) => a - b,
          );
          const texts = places.slice(1).map((place, index) => text.slice(places[index], place));
          const { rows, broken } = await rowsOf(texts);
          const other: string[][] = parse(text, { relax_column_count: true });
          expect(broken).toEqual([]);
          expect(rows.map((row) => row.cells)).toEqual(other);
          let line = 1;
          for (const [index, row] of rows.entries()) {
            expect(row.line).toBe(line);
            line += `${quoted[index]}${end}`.split("\n").length - 1;
          }
        },
      ),
    );
  });

  test("given a quote that is never closed, when it is read, then only its first line is lost", async () => {
    const fault = "has a quote that is never closed, or not doubled within quotes";
    const expected = {
      broken: [{ line: 2, fault }],
      rows: [
        { line: 1, cells: ["a", "b"] },
        { line: 3, cells: ["2", "x"] },
        { line: 4, cells: ["3", "y"] },
      ],
    };
    expect(await rowsOf(["a,b\n1,", '"open\n2,x\n', "3,y\n"])).toEqual(expected);
    // Here the next quote would close it, in the middle of a cell.
    expect(await rowsOf(['a,b\n1,"open\n2,x\n3,"y"\n'])).toEqual(expected);
    expect(await rowsOf(['a,b\n1,"op"en\n2,x\n3,y'])).toEqual(expected);
  });

  test("given a quote that stays open for more than a megabyte, when it is read, then it does not wait for the end", async () => {
    const line = `${"x".repeat(999)}\n`;
    const texts = ['1,"open\n', ...Array.from({ length: 2_000 }, () => line)];
    const { rows, broken } = await rowsOf(texts);
    expect(broken).toHaveLength(1);
    expect(broken[0]?.line).toBe(1);
    expect(rows).toHaveLength(2_000);
    expect(rows.at(-1)?.line).toBe(2_001);
  });

  test("given quotes inside cells that are not quoted, empty lines and blanks, when it is read, then they are no fault", async () => {
    const { rows, broken } = await rowsOf(['a,5" pipe\n\n  \nb,"c" \n']);
    expect(broken).toEqual([]);
    expect(rows).toEqual([
      { line: 1, cells: ["a", '5" pipe'] },
      { line: 4, cells: ["b", "c"] },
    ]);
  });
});

describe("tables", () => {
  test("given rows of other widths, when a header is there, then they are broken unless only empty cells are too many", async () => {
    const file = join(folder, "t.csv");
    writeFileSync(file, "a, b ,c\n1,2,3\n1,2\n1,2,3,\n1,2,3,4\n");
    const { columns, rows, broken } = await readAll(file, ["a", "b", "#3", "#-1", "#4", "d"]);
    expect(columns).toEqual(["a", "b", "c"]);
    expect(rows).toEqual([
      [2, "1", "2", "3", "3", undefined, undefined],
      [4, "1", "2", "3", "3", undefined, undefined],
    ]);
    expect(broken).toEqual([
      { line: 3, fault: "has 2 cells where the header has 3" },
      { line: 5, fault: "has 4 cells where the header has 3" },
    ]);
  });

  test.each([
    ["an empty file", "", /holds no rows/],
    ["a JSON list", "[{}]", /is a JSON list; expected a JSON object on each line/],
    [
      "gzip that is cut off",
      gzipSync("a,b\n1,2\n".repeat(1_000)).subarray(0, 40),
      /cannot be read: unexpected end of file/,
    ],
    ["Parquet that is none", "PAR1 but not really", /is no Parquet file that can be read/],
  ])("given %s, when it is opened, then it says so", async (_, content, message) => {
    const file = join(folder, "t.dat");
    writeFileSync(file, content);
    await expect(readAll(file, [])).rejects.toThrow(message);
  });
});

describe("Parquet, as ClickHouse writes it", () => {
  const session = new Session();
  afterAll(() => session.cleanup());

  test.each(["none", "snappy", "zstd", "gzip", "lz4", "brotli"])(
    "given columns of many types and %s, when it is read, then values are what they mean",
    async (compression) => {
      const file = join(folder, "t.parquet");
      session.query(`
INSERT INTO FUNCTION file('${file}', 'Parquet')
SELECT number + 9007199254740990 AS big, toInt32(-number) AS small, toFloat32(2.55) AS single, 0.1 + number AS double,
  toDecimal64('12.3405', 4) AS money, toString(number) AS text, toDate('2026-02-28') + number AS day,
  toDateTime64('2026-03-01 12:30:00.250', 3, 'UTC') + number AS at, toBool(number = 1) AS flag,
  if(number = 1, NULL, 'x') AS maybe, [1, 2] AS list, tuple(number AS inner)::Tuple(inner UInt8) AS nested
FROM numbers(3)
SETTINGS output_format_parquet_compression_method = '${compression}'`);
      const names = [
        "big",
        "small",
        "single",
        "double",
        "money",
        "text",
        "day",
        "at",
        "flag",
        "maybe",
        "list",
        "nested",
      ];
      const { columns, rows } = await readAll(file, names);
      expect(columns).toEqual(names);
      const rest = (number: number): unknown[] => [[1, 2], { inner: number }];
      expect(rows).toEqual([
        [
          1,
          9_007_199_254_740_990,
          0,
          2.55,
          0.1,
          12.3405,
          "0",
          "2026-02-28",
          "2026-03-01T12:30:00.250Z",
          false,
          "x",
          ...rest(0),
        ],
        [
          2,
          9_007_199_254_740_991,
          -1,
          2.55,
          1.1,
          12.3405,
          "1",
          "2026-03-01",
          "2026-03-01T12:30:01.250Z",
          true,
          null,
          ...rest(1),
        ],
        // Beyond 2^53 a number would lose its last digit.
        [
          3,
          "9007199254740992",
          -2,
          2.55,
          2.1,
          12.3405,
          "2",
          "2026-03-02",
          "2026-03-01T12:30:02.250Z",
          false,
          "x",
          ...rest(2),
        ],
      ]);
    },
  );

  test("given more rows than a batch, when it is read, then all come, in order", async () => {
    const file = join(folder, "t.parquet");
    session.query(`INSERT INTO FUNCTION file('${file}', 'Parquet') SELECT number AS n FROM numbers(50000)`);
    const { rows } = await readAll(file, ["n"]);
    expect(rows).toHaveLength(50_000);
    expect(rows.every(([line, n]) => n === Number(line) - 1)).toBe(true);
  });
});
