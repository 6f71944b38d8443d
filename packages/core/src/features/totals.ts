/**
 * Shape 1: windowed totals of the events a selector takes: how many, and of each property asked for how many had a
 * number there and the sum or an extreme, in units of 1/10,000. Kinds of bins:
 *  - `instants` for rolling windows: the newest 256 distinct instants exactly (an instant whose total came to nought
 *    still counts), older ones at the start of their UTC hour;
 *  - `quarters` for calendar windows: quarters of an hour, as every zone's offset since 1972 is a whole number of them;
 *  - `whole` for fixed and all-time windows: one exact total. Where the window's edges are days of a zone that may
 *    change (the customer's own), quarters of an hour around each edge and one total between them.
 */
import { furthestOffsetMs } from "../calendar/zone.ts";
import { lowerBound } from "./bounds.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { coarsest } from "./coarsest.ts";
import type { Derived } from "./derived.ts";
import type { FeatureShape } from "./feature.ts";
import { propertyReader } from "./property.ts";
import {
  addTotal,
  addValues,
  readColumn,
  type TotalsColumn,
  type TotalsColumnSpec,
  writeColumn,
} from "./totals-column.ts";

const exactInstants = 256;
const hourMs = 3_600_000;
export const quarterMs = 900_000;

export type Bins =
  | { readonly type: "instants"; readonly retentionMs: number }
  | { readonly type: "quarters"; readonly retentionMs: number }
  /** [from, to), infinite where open. `loose`: the edges may move by as much as zones differ. */
  | { readonly type: "whole"; readonly from: number; readonly to: number; readonly loose: boolean };

/** Parallel arrays, one place per bin. */
export interface Totals extends Derived {
  /** Ascending: an instant, or the start of an hour or quarter. */
  readonly at: number[];
  /** How many of them, from the oldest, are hours. */
  hours: number;
  readonly count: number[];
  readonly columns: readonly TotalsColumn[];
}

/** Several windows and properties of one selector share a feature; `most` is for tests of the cap. */
export function totalsFeature(
  bins: Bins,
  specs: readonly TotalsColumnSpec[],
  most = exactInstants,
): FeatureShape<Totals> {
  const readers = specs.map(({ path }) => propertyReader(path));
  const binOf = binning(bins);
  const capped = bins.type === "instants";

  /** The place of a bin, made where it was not there; -1 where it was only just too old to be exact. */
  const place = (totals: Totals, at: number): number => {
    const index = lowerBound(totals.at, at);
    if (totals.at[index] === at && (!capped || index >= totals.hours)) return index;
    if (capped && index <= totals.hours && totals.at.length - totals.hours >= most)
      return placeHour(totals, at);
    insertBin(totals, index, at);
    if (!capped || totals.at.length - totals.hours <= most) return index;
    return demoteOldest(totals, specs) ? index - 1 : index;
  };

  const emptyTotals = (): Totals => ({
    at: [],
    hours: 0,
    count: [],
    columns: specs.map(() => ({ count: [], total: [] })),
    derived: null,
  });

  const addBin = (into: Totals, index: number, from: Totals, at: number): void => {
    into.count[index] = (into.count[index] ?? 0) + (from.count[at] ?? 0);
    for (let column = 0; column < into.columns.length; column += 1) {
      const target = into.columns[column];
      const source = from.columns[column];
      const kind = specs[column]?.total;
      if (target && source && kind)
        addTotal(target, kind, index, source.count[at] ?? 0, source.total[at] ?? 0);
    }
  };

  return {
    empty: emptyTotals,
    add(state, item) {
      const at = binOf(item.occurredAt);
      if (at === undefined) return;
      state.derived = null;
      const index = place(state, at);
      state.count[index] = (state.count[index] ?? 0) + item.sign;
      for (let column = 0; column < readers.length; column += 1) {
        const target = state.columns[column];
        const read = readers[column];
        const kind = specs[column]?.total;
        if (!target || !read || !kind || (kind !== "sum" && !item.remembered)) continue;
        addValues(target, kind, index, item.sign, read(item.properties));
      }
    },
    merge(a, b) {
      const merged: Totals = {
        at: [...a.at],
        hours: a.hours,
        count: [...a.count],
        columns: a.columns.map(({ count, total }) => ({ count: [...count], total: [...total] })),
        derived: null,
      };
      // What either side keeps by the hour is older than 256 instants of that side, so of both.
      for (let index = b.hours; index < b.at.length; index += 1)
        addBin(merged, place(merged, b.at[index] ?? 0), b, index);
      for (let index = 0; index < b.hours; index += 1)
        addBin(merged, placeHour(merged, b.at[index] ?? 0), b, index);
      return merged;
    },
    trim(state, clock) {
      if (bins.type === "whole") return;
      const expired = lowerBound(state.at, clock - bins.retentionMs + 1);
      if (expired === 0) return;
      state.derived = null;
      state.hours = Math.max(0, state.hours - expired);
      state.at.splice(0, expired);
      state.count.splice(0, expired);
      for (const column of state.columns) {
        column.count.splice(0, expired);
        column.total.splice(0, expired);
      }
    },
    write: (writer, state) => writeTotals(writer, state, specs),
    read: (reader) => readTotals(reader, specs),
  };
}

function binning(bins: Bins): (occurredAt: number) => number | undefined {
  if (bins.type === "instants") return (at) => at;
  const quarter = (at: number): number => Math.floor(at / quarterMs) * quarterMs;
  if (bins.type === "quarters") return quarter;
  const { from, to, loose } = bins;
  if (!loose) return (at) => (at >= from && at < to ? 0 : undefined);
  const near = (at: number, edge: number): boolean => Math.abs(at - edge) <= furthestOffsetMs;
  return (at) => {
    if (near(at, from) || near(at, to)) return quarter(at);
    return at > from && at < to ? from + furthestOffsetMs + 1 : undefined;
  };
}

function insertBin(totals: Totals, index: number, at: number): void {
  insertAt(totals.at, index, at);
  insertAt(totals.count, index, 0);
  for (const { count, total } of totals.columns) {
    insertAt(count, index, 0);
    insertAt(total, index, 0);
  }
}

function insertAt(list: number[], index: number, value: number): void {
  if (index === list.length) list.push(value);
  else list.splice(index, 0, value);
}

/** The place of the hour that an instant older than all exact ones is in. */
function placeHour(totals: Totals, at: number): number {
  const hour = Math.floor(at / hourMs) * hourMs;
  let index = totals.hours;
  while (index > 0 && (totals.at[index - 1] ?? 0) >= hour) index -= 1;
  if (index < totals.hours && totals.at[index] === hour) return index;
  insertBin(totals, index, hour);
  totals.hours += 1;
  return index;
}

/** The oldest exact instant moves to its hour. True where it joined an hour that was there, so later places moved. */
function demoteOldest(totals: Totals, specs: readonly TotalsColumnSpec[]): boolean {
  const { hours, at, count, columns } = totals;
  const hour = Math.floor((at[hours] ?? 0) / hourMs) * hourMs;
  if (hours === 0 || at[hours - 1] !== hour) {
    at[hours] = hour;
    totals.hours += 1;
    return false;
  }
  count[hours - 1] = (count[hours - 1] ?? 0) + (count[hours] ?? 0);
  for (let place = 0; place < columns.length; place += 1) {
    const column = columns[place];
    const kind = specs[place]?.total;
    if (column && kind) addTotal(column, kind, hours - 1, column.count[hours] ?? 0, column.total[hours] ?? 0);
  }
  at.splice(hours, 1);
  count.splice(hours, 1);
  for (const column of columns) {
    column.count.splice(hours, 1);
    column.total.splice(hours, 1);
  }
  return true;
}

/** Units that a list of instants is written in: the coarsest that divides them all. */
const instantUnits = [hourMs, quarterMs, 60_000, 1_000, 1] as const;
function writeTotals(writer: ByteWriter, totals: Totals, specs: readonly TotalsColumnSpec[]): void {
  const { at, hours, count, columns } = totals;
  const { length } = at;
  writer.unsigned(length);
  if (length === 0) return;
  writer.unsigned(hours);
  const unit = coarsest(instantUnits, at, hours, length);
  const ones = count.every((value) => value === 1);
  writer.unsigned(unit * 2 + (ones ? 1 : 0));
  let before = 0;
  for (let index = 0; index < length; index += 1) {
    const value = at[index] ?? 0;
    const step = index < hours ? hourMs : (instantUnits[unit] ?? 1);
    if (index === hours) before = Math.floor(before / step) * step;
    writer.signed((value - before) / step);
    before = value;
  }
  if (!ones) for (const value of count) writer.signed(value);
  writer.unsigned(specs.length);
  for (let column = 0; column < specs.length; column += 1) {
    const values = columns[column];
    writer.unsigned(specs[column]?.slot ?? 0);
    if (values) writeColumn(writer, values, count);
  }
}

function readTotals(reader: ByteReader, specs: readonly TotalsColumnSpec[]): Totals {
  const length = reader.unsigned();
  const at: number[] = [];
  const count: number[] = [];
  if (length === 0) {
    return { at, hours: 0, count, columns: specs.map(() => ({ count: [], total: [] })), derived: null };
  }
  const hours = reader.unsigned();
  const header = reader.unsigned();
  const unit = instantUnits[Math.floor(header / 2)] ?? 1;
  let before = 0;
  for (let index = 0; index < length; index += 1) {
    const step = index < hours ? hourMs : unit;
    if (index === hours) before = Math.floor(before / step) * step;
    before += reader.signed() * step;
    at.push(before);
  }
  for (let index = 0; index < length; index += 1) count.push(header % 2 === 1 ? 1 : reader.signed());
  const read = new Map<number, TotalsColumn>();
  for (let columns = reader.unsigned(); columns > 0; columns -= 1)
    read.set(reader.unsigned(), readColumn(reader, count));
  // A property asked for since then has no totals of the bins that are there.
  const columns = specs.map(
    ({ slot }) => read.get(slot) ?? { count: at.map(() => 0), total: at.map(() => 0) },
  );
  return { at, hours, count, columns, derived: null };
}
