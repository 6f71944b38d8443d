/** NDJSON: an object a line. A column is a key, or a dotted path to one. */
import { readText } from "./bytes.ts";
import { linesOf } from "./delimited.ts";
import { type BrokenRow, type Row, type Table, TableError } from "./table.ts";

type Record_ = Readonly<Record<string, unknown>>;

/** Whose keys are known before the file is read. */
const looked = 1_000;

export async function openJson(file: string): Promise<Table> {
  const columns = await columnsOf(file);
  const places = new Map<string, number>();
  const wanted: string[] = [];
  // The whole record stands behind the cells that were asked for.
  const recordOf = ({ cells }: Row): Record_ => cells.at(-1) as Record_;
  return {
    columns,
    place(column) {
      if (!columns.includes(column)) return undefined;
      const known = places.get(column);
      if (known !== undefined) return known;
      places.set(column, wanted.length);
      return wanted.push(column) - 1;
    },
    others(named) {
      const taken = new Set(named);
      return (row) => Object.fromEntries(Object.entries(recordOf(row)).filter(([key]) => !taken.has(key)));
    },
    async *rows(onBroken, onBytes) {
      for await (const lines of linesOf(readText(file, onBytes))) {
        const rows: Row[] = [];
        for (const { line, text } of lines) {
          const record = recordIn(text, line, onBroken);
          if (record === undefined) continue;
          const cells: unknown[] = wanted.map((column) => valueAt(record, column));
          cells.push(record);
          rows.push({ line, cells });
        }
        yield rows;
      }
    },
  };
}

/** Keys of the first records, those of nested objects dotted. */
async function columnsOf(file: string): Promise<readonly string[]> {
  const found = new Set<string>();
  let records = 0;
  for await (const lines of linesOf(readText(file))) {
    for (const { line, text } of lines) {
      const record = recordIn(text, line, () => {});
      if (record !== undefined) addKeys(record, "", found);
      records += 1;
    }
    if (records >= looked) break;
  }
  if (records === 0) throw new TableError(`${file} holds no rows`);
  return [...found];
}

function addKeys(record: Record_, prefix: string, into: Set<string>): void {
  for (const [key, value] of Object.entries(record)) {
    into.add(`${prefix}${key}`);
    if (isObject(value)) addKeys(value, `${prefix}${key}.`, into);
  }
}

function recordIn(text: string, line: number, onBroken: (row: BrokenRow) => void): Record_ | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
    onBroken({ line, fault: "is no JSON object" });
  } catch (error) {
    onBroken({ line, fault: `is no JSON: ${error instanceof Error ? error.message : String(error)}` });
  }
  return undefined;
}

function valueAt(record: Record_, column: string): unknown {
  if (Object.hasOwn(record, column)) return record[column];
  let value: unknown = record;
  for (const key of column.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

function isObject(value: unknown): value is Record_ {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
