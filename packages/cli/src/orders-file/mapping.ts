/** `--map customer=COLUMN,time=COLUMN@FORMAT,...`: which column of a file holds what. */
import { nearestName } from "../command-line/nearest.ts";

const fields = [
  "customer",
  "time",
  "order",
  "total",
  "quantity",
  "price",
  "sku",
  "category",
  "channel",
  "country",
  "currency",
] as const;

export type Field = (typeof fields)[number];

/** A column by its name in the header, or `#3` for the third, `#-1` for the last. */
export interface MappedColumn {
  readonly column: string;
  /** What stands behind an `@`. */
  readonly format?: string;
}

export type Mapping = Readonly<Partial<Record<Field, MappedColumn>>>;

export type ColumnIndexes = Readonly<Partial<Record<Field, number>>>;

const formatted: readonly Field[] = ["time", "total", "quantity", "price"];

/** Reads the text of `--map`; every fault at once, one sentence each. */
export function parseMapping(text: string): {
  readonly mapping: Mapping;
  readonly faults: readonly string[];
} {
  const mapping: Partial<Record<Field, MappedColumn>> = {};
  const faults: string[] = [];
  for (const entry of splitOutsideQuotes(text)) {
    const equals = entry.indexOf("=");
    const name = entry.slice(0, Math.max(equals, 0)).trim();
    const column = entry.slice(equals + 1).trim();
    const field = fields.find((known) => known === name);
    if (equals < 0 || column === "") {
      faults.push(`--map: "${entry.trim()}" is no FIELD=COLUMN`);
    } else if (field === undefined) {
      const nearest = nearestName(name, fields);
      faults.push(
        `--map: "${name}" is no field${nearest ? `; is ${nearest} meant?` : ` (expected ${fields.join(", ")})`}`,
      );
    } else if (mapping[field] !== undefined) {
      faults.push(`--map: ${field} is given twice`);
    } else {
      mapping[field] = readColumn(field, column);
    }
  }
  return { mapping, faults: [...faults, ...missing(mapping)] };
}

function missing(mapping: Mapping): readonly string[] {
  const faults: string[] = [];
  for (const field of ["customer", "time"] as const) {
    if (mapping[field] === undefined) faults.push(`--map: ${field}=COLUMN is missing`);
  }
  const { total, quantity, price } = mapping;
  if (total !== undefined && price !== undefined)
    faults.push("--map: total= is the amount of a line, so price= says it twice; give one of them");
  else if (total === undefined && (quantity === undefined || price === undefined))
    faults.push("--map: total=COLUMN is missing (or quantity=COLUMN and price=COLUMN, both)");
  for (const field of ["total", "quantity", "price"] as const) {
    const format = mapping[field]?.format;
    if (format !== undefined && format !== "comma")
      faults.push(`--map: ${field} has the format "${format}"; expected none, or comma for a decimal comma`);
  }
  return faults;
}

/** Where the columns are in a file with this header; null where it has none. */
export function findColumns(
  mapping: Mapping,
  header: readonly string[] | null,
): { readonly indexes: ColumnIndexes; readonly faults: readonly string[] } {
  const indexes: Partial<Record<Field, number>> = {};
  const faults: string[] = [];
  for (const field of fields) {
    const column = mapping[field]?.column;
    if (column === undefined) continue;
    const index = indexOf(column, header);
    if (index === undefined) faults.push(`--map: ${field}=${column}: ${noSuchColumn(column, header)}`);
    else indexes[field] = index;
  }
  return { indexes, faults };
}

/** From 0; negative numbers count from the end of the row. */
function indexOf(column: string, header: readonly string[] | null): number | undefined {
  const named = header?.indexOf(column) ?? -1;
  if (named >= 0) return named;
  const number = /^#(-?[1-9]\d*)$/.exec(column)?.[1];
  if (number === undefined) return undefined;
  const index = Number(number) > 0 ? Number(number) - 1 : Number(number);
  return header !== null && (index >= header.length || -index > header.length) ? undefined : index;
}

function noSuchColumn(column: string, header: readonly string[] | null): string {
  if (header === null) return "a file without a header has columns #1, #2, ... or #-1 for the last";
  const nearest = nearestName(column, header);
  return nearest === undefined
    ? `the file has no such column, but ${header.map((name) => `"${name}"`).join(", ")}`
    : `the file has no such column; is "${nearest}" meant?`;
}

function readColumn(field: Field, text: string): MappedColumn {
  const bare = unquote(text);
  const at = formatted.includes(field) && !isQuoted(text) ? bare.lastIndexOf("@") : -1;
  return at > 0 ? { column: unquote(bare.slice(0, at)), format: bare.slice(at + 1) } : { column: bare };
}

const isQuoted = (text: string): boolean => text.length > 1 && text.startsWith('"') && text.endsWith('"');
const unquote = (text: string): string => (isQuoted(text) ? text.slice(1, -1) : text);

function splitOutsideQuotes(text: string): readonly string[] {
  return (text.match(/(?:"[^"]*"|[^,])+/g) ?? []).filter((entry) => entry.trim() !== "");
}
