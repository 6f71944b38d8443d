/** A column of totals: of one property, by bin, how many numbers there were and their sum or extreme, in units of 1/10,000. */
import { readUnits } from "../decimal.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { coarsest } from "./coarsest.ts";

/** What a bin keeps of its numbers. Extremes remember: nothing is taken back from them. */
export type ColumnTotal = "sum" | "minimum" | "maximum";

export interface TotalsColumn {
  /** How many numbers there were. */
  readonly count: number[];
  /** Their sum or extreme; 0 where there were none. */
  readonly total: number[];
}

export interface TotalsColumnSpec {
  /** The number the packed form knows this column by. */
  readonly slot: number;
  readonly path: readonly string[];
  readonly total: ColumnTotal;
}

/** Adds the numbers among `values` to a bin, or takes them back from a sum. */
export function addValues(
  column: TotalsColumn,
  kind: ColumnTotal,
  index: number,
  sign: 1 | -1,
  values: readonly unknown[],
): void {
  let count = 0;
  let total = 0;
  for (const given of values) {
    const units = readUnits(given);
    if (units === undefined) continue;
    total = count === 0 ? units : combined(kind, total, units);
    count += 1;
  }
  if (count === 0) return;
  if (kind === "sum") addTotal(column, kind, index, count * sign, total * sign);
  else addTotal(column, kind, index, count, total);
}

/** Adds what another bin holds. */
export function addTotal(
  column: TotalsColumn,
  kind: ColumnTotal,
  index: number,
  count: number,
  total: number,
): void {
  const before = column.count[index] ?? 0;
  column.count[index] = before + count;
  if (kind === "sum") column.total[index] = (column.total[index] ?? 0) + total;
  else if (count > 0)
    column.total[index] = before === 0 ? total : combined(kind, column.total[index] ?? 0, total);
}

function combined(kind: ColumnTotal, a: number, b: number): number {
  if (kind === "sum") return a + b;
  return kind === "minimum" ? Math.min(a, b) : Math.max(a, b);
}

const totalUnits = [10_000, 100, 1] as const;

/** A header of which numbers follow: counts (unless those of the events), totals negative or not, their unit. */
export function writeColumn(
  writer: ByteWriter,
  { count, total }: TotalsColumn,
  events: readonly number[],
): void {
  const unit = coarsest(totalUnits, total, 0, total.length);
  const same = count.every((value, index) => value === events[index]);
  const positive = total.every((value) => value >= 0);
  writer.unsigned(unit * 4 + (same ? 2 : 0) + (positive ? 1 : 0));
  const step = totalUnits[unit] ?? 1;
  for (const value of total) {
    if (positive) writer.unsigned(value / step);
    else writer.signed(value / step);
  }
  if (!same) for (const value of count) writer.signed(value);
}

export function readColumn(reader: ByteReader, events: readonly number[]): TotalsColumn {
  const header = reader.unsigned();
  const step = totalUnits[Math.floor(header / 4)] ?? 1;
  const total: number[] = [];
  for (let index = 0; index < events.length; index += 1)
    total.push((header % 2 === 1 ? reader.unsigned() : reader.signed()) * step);
  const same = Math.floor(header / 2) % 2 === 1;
  const count = same ? [...events] : events.map(() => reader.signed());
  return { count, total };
}
