/** The file of other events: `page.viewed`, `cart.updated`, `feedback.given`, ... */

import type { Row } from "../table/table.ts";
import { bindSubject, type SubjectRead } from "./bind-subject.ts";
import { type Binding, bindIdentifier, bindInstant, bindRest, bindValue, type Read } from "./binding.ts";
import type { ColumnMap, MapEntry } from "./column-map.ts";
import { setAt } from "./nested.ts";
import { readRows } from "./read-rows.ts";
import type { FileFaults } from "./row-faults.ts";

const roles: readonly string[] = ["customer", "company", "time", "event"];
const eventColumns: readonly string[] = ["event", "name"];
const propertiesColumn = "properties";

interface FileEvent {
  readonly customer: string | null;
  readonly company: string | null;
  /** ms since the epoch. */
  readonly time: number;
  readonly row: number;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

interface BoundEvents {
  readonly binding: Binding;
  readonly subject: SubjectRead;
  readonly time: Read<number>;
  readonly event: Read<string>;
  readonly properties: (row: Row, onFault: (fault: string) => void) => Readonly<Record<string, unknown>>;
}

/**
 * Tells in `binding.faults` what is wrong with the map. Null is the usual columns: `customer` (and `company`, where there
 * is one), `time`, `event` or `name`; `properties` where there is such a column, else all others.
 */
export function bindEvents(binding: Binding, given: ColumnMap | null, guests: string | null): BoundEvents {
  const map = given ?? usualMap(binding);
  const entryOf = (name: string): MapEntry | undefined => map.entries.find((entry) => entry.name === name);
  const [time, event] = [entryOf("time"), entryOf("event")];
  if (time === undefined) binding.faults.push(`${binding.option}: time=COLUMN is missing`);
  if (event === undefined)
    binding.faults.push(`${binding.option}: event=COLUMN is missing, or event='page.viewed' for all rows`);
  return {
    binding,
    subject: bindSubject(binding, map.entries, guests),
    time: time === undefined ? () => undefined : bindInstant(binding, time),
    event: event === undefined ? () => undefined : bindIdentifier(binding, event, true),
    properties: bindProperties(binding, map),
  };
}

export async function readEvents(
  { binding, subject, time, event, properties }: BoundEvents,
  faults: FileFaults,
  onBytes: (bytes: number) => void,
  take: (event: FileEvent) => void,
): Promise<void> {
  await readRows(binding, faults, onBytes, (row, onRow, onValue) => {
    const who = subject(row.cells, onRow);
    const at = time(row.cells, onRow);
    const name = event(row.cells, onRow);
    const held = properties(row, onValue);
    if (who === undefined || at === undefined || name === undefined) return false;
    if (who.customer === null && who.company === null) {
      faults.guests += 1;
      return false;
    }
    take({ ...who, time: at, row: row.line, name, properties: held });
    return true;
  });
}

function usualMap({ table }: Binding): ColumnMap {
  const names = ["customer", "company", "time"].filter((name) => table.place(name) !== undefined);
  const event = eventColumns.find((name) => table.place(name) !== undefined);
  const all = [...names.map((name) => [name, name]), ...(event === undefined ? [] : [["event", event]])];
  return {
    entries: all.map(([name = "", text = ""]) => ({ name, source: { type: "columns", text } })),
    hasRest: true,
    faults: [],
  };
}

function bindProperties(binding: Binding, map: ColumnMap): BoundEvents["properties"] {
  const named = map.entries
    .filter(({ name }) => !roles.includes(name))
    .map((entry) => ({ path: entry.name.split("."), read: bindValue(binding, entry) }));
  const rest = map.hasRest ? restOf(binding) : null;
  return (row, onFault) => {
    const properties = rest === null ? {} : rest(row, onFault);
    for (const { path, read } of named) {
      const value = read(row.cells, onFault);
      if (value !== undefined) setAt(properties, path, value);
    }
    return properties;
  };
}

/** A column of properties holds them all; else they are the columns that nobody named. */
function restOf(binding: Binding): (row: Row, onFault: (fault: string) => void) => Record<string, unknown> {
  const place = binding.used.has(propertiesColumn) ? undefined : binding.table.place(propertiesColumn);
  if (place === undefined) return bindRest(binding);
  return ({ cells }, onFault) => {
    const properties = objectIn(cells[place]);
    if (properties === undefined) onFault(`${propertiesColumn}: is no JSON object`);
    return properties ?? {};
  };
}

/** Undefined for what is no object; an empty cell is one without anything in it. */
function objectIn(cell: unknown): Record<string, unknown> | undefined {
  if (cell === undefined || cell === null || (typeof cell === "string" && cell.trim() === "")) return {};
  let value = cell;
  if (typeof cell === "string") {
    try {
      value = JSON.parse(cell);
    } catch {
      return undefined;
    }
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? { ...(value as Record<string, unknown>) } : undefined;
}
