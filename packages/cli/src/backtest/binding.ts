/** The entries of a map, bound to the columns of a file. */
import { fromUnits, type ZoneCalendar } from "@tidemark/core";
import { dateFormatExpected } from "@tidemark/intake";
import { nearestName } from "../command-line/nearest.ts";
import type { Row, Table } from "../table/table.ts";
import {
  type CellFault,
  type CellReader,
  dateReader,
  dates,
  identifier,
  instants,
  isFault,
  knownDates,
  plainValue,
} from "./cell-values.ts";
import { type MapEntry, splitFormat } from "./column-map.ts";
import { decimalUnits } from "./decimal.ts";
import { compileExpression, type NumberExpression } from "./expression.ts";
import { setAt } from "./nested.ts";
import { commaNumber, type NumberReader, pointNumber } from "./number-text.ts";

/** Reads something from a row; `undefined` where the cell is empty, or a fault was told. */
export type Read<T> = (cells: readonly unknown[], onFault: (fault: string) => void) => T | undefined;

export interface Binding {
  /** `--map` and the like. */
  readonly option: string;
  readonly file: string;
  readonly table: Table;
  readonly zone: ZoneCalendar;
  /** What is wrong with the map, one sentence each. */
  readonly faults: string[];
  /** Columns that were bound. */
  readonly used: Set<string>;
}

/** Amounts lie below this, either way, as at intake. In units of 1/10,000. */
const maxUnits = 1e11 * 10_000;

/** An identifier of a customer, an order, an event. Where it is needed, an empty cell is a fault. */
export function bindIdentifier(binding: Binding, entry: MapEntry, isNeeded: boolean): Read<string> {
  if (entry.source.type === "constant") return constant(entry.source.text);
  const column = findColumn(binding, entry);
  if (column === undefined) return nothing;
  if (column.format !== null) noFormat(binding, entry, column.format);
  return reading(entry.name, column.place, isNeeded ? needed(identifier) : identifier);
}

/** An instant in ms; an empty cell is a fault. */
export function bindInstant(binding: Binding, entry: MapEntry): Read<number> {
  if (entry.source.type === "constant") {
    const instant = instants(knownDates, binding.zone)(entry.source.text);
    if (typeof instant === "number") return constant(instant);
    binding.faults.push(`${prefix(binding, entry)}: ${instant?.fault ?? "is empty"}`);
    return nothing;
  }
  const column = findColumn(binding, entry);
  if (column === undefined) return nothing;
  const reader = dateReader(column.format);
  if (isFault(reader)) {
    wrongFormat(binding, entry, reader.fault);
    return nothing;
  }
  return reading(entry.name, column.place, needed(instants(reader, binding.zone)));
}

/** A number in units of 1/10,000: of a column, or of an expression over several. */
export function bindNumber(binding: Binding, entry: MapEntry): Read<number> {
  const evaluate = bindDecimal(binding, entry);
  if (evaluate === undefined) return nothing;
  return (cells, onFault) => {
    const value = evaluate(cells, (fault) => onFault(`${entry.name}: ${fault}`));
    if (value === undefined) return undefined;
    const units = decimalUnits(value);
    if (units !== undefined && Math.abs(units) < maxUnits) return units;
    onFault(`${entry.name}: is beyond 100,000,000,000`);
    return undefined;
  };
}

function bindDecimal(binding: Binding, entry: MapEntry): NumberExpression | undefined {
  const { text, type } = entry.source;
  const { place } = binding.table;
  const { column: inner, format } = splitFormat(text);
  const isColumn = place(text) !== undefined || place(inner) !== undefined || !/[-+*()]/.test(inner);
  if (type === "columns" && isColumn) {
    const column = findColumn(binding, entry);
    if (column === undefined) return undefined;
    const reader = numberReader(binding, entry, column.format);
    return (cells, onFault) => {
      const value = reader(cells[column.place]);
      if (!isFault(value)) return value;
      onFault(value.fault);
      return undefined;
    };
  }
  const compiled = compileExpression(inner, binding.table, numberReader(binding, entry, format));
  if ("fault" in compiled) binding.faults.push(`${prefix(binding, entry)}: ${compiled.fault}`);
  if ("unknown" in compiled)
    for (const name of compiled.unknown)
      binding.faults.push(`${prefix(binding, entry)}: ${missing(binding, name)}`);
  if (!("evaluate" in compiled)) return undefined;
  for (const name of compiled.columns) binding.used.add(name);
  return compiled.evaluate;
}

/**
 * The value of a property or an attribute: a date as its format says, a number where the format is one, else as it is;
 * null where the cell is empty. `usual` is the format where the map names none.
 */
export function bindValue(binding: Binding, entry: MapEntry, usual: "number" | null = null): Read<unknown> {
  if (entry.source.type === "constant") return constant(plainValue(entry.source.text));
  const column = findColumn(binding, entry);
  if (column === undefined) return nothing;
  const { place } = column;
  const format = column.format ?? usual;
  const value = (read: CellReader<unknown>): Read<unknown> => {
    const readCell = reading(entry.name, place, read);
    return (cells, onFault) => readCell(cells, onFault) ?? emptyOf(cells[place]);
  };
  if (format === null) return value(plainValue);
  if (format === "text") return value(identifier);
  if (format === "number" || format === "comma")
    return value(numberValue(format === "comma" ? commaNumber : pointNumber));
  const reader = dateReader(format);
  if (isFault(reader)) {
    wrongFormat(binding, entry, reader.fault);
    return nothing;
  }
  return value(dates(reader, binding.zone));
}

/** Null for a cell with nothing in it; undefined where there is none, or where what is in it could not be read. */
function emptyOf(cell: unknown): null | undefined {
  return cell === null || (typeof cell === "string" && cell.trim() === "") ? null : undefined;
}

/** All columns that are not bound yet, as they are, under their own names; null where a cell is empty. */
export function bindRest({ table, used }: Binding): (row: Row) => Record<string, unknown> {
  const others = table.others([...used]);
  return (row) => {
    const found: Record<string, unknown> = {};
    for (const [name, cell] of Object.entries(others(row))) {
      const value = plainValue(cell) ?? emptyOf(cell);
      if (value !== undefined) setAt(found, [name], value);
    }
    return found;
  };
}

function numberValue(read: NumberReader): CellReader<number> {
  return (cell) => {
    if (cell === undefined || cell === null || (typeof cell === "string" && cell.trim() === ""))
      return undefined;
    const value = read(cell);
    if (isFault(value)) return value;
    const units = decimalUnits(value);
    return units === undefined ? { fault: "is beyond 100,000,000,000" } : fromUnits(units);
  };
}

function needed<T>(read: CellReader<T>): CellReader<T> {
  return (cell) => read(cell) ?? { fault: "is empty" };
}

/** Rows often say in a column what the row before said: that is not read again. */
function reading<T>(name: string, place: number, read: CellReader<T>): Read<T> {
  let lastCell: unknown;
  let lastValue: T | undefined;
  return (cells, onFault) => {
    const cell = cells[place];
    if (cell === lastCell && cell !== undefined) return lastValue;
    const value: T | undefined | CellFault = read(cell);
    if (isFault(value)) {
      onFault(`${name}: ${value.fault}`);
      return undefined;
    }
    lastCell = cell;
    lastValue = value;
    return value;
  };
}

interface FoundColumn {
  readonly place: number;
  readonly format: string | null;
}

/** Where the column is; a whole text that is a column's name has no format. */
function findColumn(binding: Binding, entry: MapEntry): FoundColumn | undefined {
  const { text } = entry.source;
  const isWhole = binding.table.place(text) !== undefined;
  const { column, format } = isWhole ? { column: text, format: null } : splitFormat(text);
  const place = binding.table.place(column);
  if (place === undefined) {
    binding.faults.push(`${prefix(binding, entry)}: ${missing(binding, column)}`);
    return undefined;
  }
  binding.used.add(column);
  return { place, format };
}

function numberReader(binding: Binding, entry: MapEntry, format: string | null): NumberReader {
  if (format !== null && format !== "comma" && format !== "number")
    binding.faults.push(
      `${prefix(binding, entry)}: the format "${format}" is none for numbers; expected comma for a decimal comma, or none`,
    );
  return format === "comma" ? commaNumber : pointNumber;
}

function noFormat(binding: Binding, entry: MapEntry, format: string): void {
  binding.faults.push(`${prefix(binding, entry)}: ${entry.name} takes no format, found "${format}"`);
}

function wrongFormat(binding: Binding, entry: MapEntry, fault: string): void {
  binding.faults.push(
    `${prefix(binding, entry)}: the format ${fault}; expected ${dateFormatExpected}, or text, number, comma`,
  );
}

function missing({ file, table }: Binding, column: string): string {
  const nearest = nearestName(column, table.columns);
  const meant = nearest === undefined ? `it has ${list(table.columns)}` : `is "${nearest}" meant?`;
  return `${file} has no column "${column}"; ${meant}`;
}

const maxShown = 30;

function list(columns: readonly string[]): string {
  const shown = columns.slice(0, maxShown).map((name) => `"${name}"`);
  return columns.length > maxShown ? `${shown.join(", ")}, ...` : shown.join(", ");
}

function prefix({ option }: Binding, { name, source }: MapEntry): string {
  return `${option}: ${name}=${source.text}`;
}

function constant<T>(value: T): Read<T> {
  return () => value;
}

const nothing = (): undefined => undefined;
