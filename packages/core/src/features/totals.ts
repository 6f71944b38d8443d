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
import { expiredOf, lowerBound } from "./bounds.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import type { Derived } from "./derived.ts";
import type { FeatureShape } from "./feature.ts";
import { isMultiple } from "./multiple.ts";
import { propertyReader } from "./property.ts";
import { addAt, dropFirst, emptyRunning, insertAt, joinWithBefore, valueAt } from "./running.ts";
import { type ColumnShape, columnShape, type TotalsColumn, type TotalsColumnSpec } from "./totals-column.ts";

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
  /** How many events: running sums. */
  readonly counts: number[];
  readonly columns: readonly TotalsColumn[];
}

/** Several windows and properties of one selector share a feature; `most` is for tests of the cap. */
export function totalsFeature(
  bins: Bins,
  specs: readonly TotalsColumnSpec[],
  most = exactInstants,
): FeatureShape<Totals> {
  const columns = specs.map(
    (spec): Column => ({
      ...spec,
      shape: columnShape(spec.total),
      read: propertyReader(spec.path),
      remembers: spec.total !== "sum",
    }),
  );
  const binOf = binning(bins);
  const capped = bins.type === "instants";

  /** The place of a bin, made where it was not there. */
  const place = (totals: Totals, at: number): number => {
    const index = lowerBound(totals.at, at);
    if (totals.at[index] === at && (!capped || index >= totals.hours)) return index;
    if (capped && index <= totals.hours && totals.at.length - totals.hours >= most)
      return placeHour(totals, at, columns);
    insertBin(totals, index, at, columns);
    if (!capped || totals.at.length - totals.hours <= most) return index;
    return demoteOldest(totals, columns) ? index - 1 : index;
  };

  const addBin = (into: Totals, index: number, from: Totals, at: number): void => {
    addAt(into.counts, index, valueAt(from.counts, at));
    for (let column = 0; column < columns.length; column += 1) {
      const [target, source] = [into.columns[column], from.columns[column]];
      if (target && source) columns[column]?.shape.addBin(target, index, source, at);
    }
  };

  return {
    empty: () => ({
      at: [],
      hours: 0,
      counts: emptyRunning(),
      columns: columns.map(({ shape }) => shape.empty()),
      derived: null,
    }),
    add(state, item) {
      const at = binOf(item.occurredAt);
      if (at === undefined) return;
      state.derived = null;
      const index = place(state, at);
      addAt(state.counts, index, item.sign);
      for (let place = 0; place < columns.length; place += 1) {
        const [column, target] = [columns[place], state.columns[place]];
        if (!column || !target || (column.remembers && !item.remembered)) continue;
        column.shape.addValues(target, index, item.sign, column.read(item.properties));
      }
    },
    merge(a, b) {
      const merged: Totals = {
        at: [...a.at],
        hours: a.hours,
        counts: [...a.counts],
        columns: a.columns.map((column, index) => columns[index]?.shape.copy(column) ?? column),
        derived: null,
      };
      // What either side keeps by the hour is older than 256 instants of that side, so of both.
      for (let index = b.hours; index < b.at.length; index += 1)
        addBin(merged, place(merged, b.at[index] ?? 0), b, index);
      for (let index = 0; index < b.hours; index += 1)
        addBin(merged, placeHour(merged, b.at[index] ?? 0, columns), b, index);
      return merged;
    },
    trim(state, clock) {
      if (bins.type === "whole") return;
      const expired = expiredOf(state.at, clock - bins.retentionMs);
      if (expired === 0) return;
      state.derived = null;
      state.hours = Math.max(0, state.hours - expired);
      state.at.splice(0, expired);
      dropFirst(state.counts, expired);
      state.columns.forEach((column, index) => {
        columns[index]?.shape.drop(column, expired);
      });
    },
    write: (writer, state) => writeTotals(writer, state, columns),
    read: (reader) => readTotals(reader, columns),
  };
}

interface Column extends TotalsColumnSpec {
  readonly shape: ColumnShape;
  readonly read: ReturnType<typeof propertyReader>;
  readonly remembers: boolean;
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

function insertBin(totals: Totals, index: number, at: number, columns: readonly Column[]): void {
  if (index === totals.at.length) totals.at.push(at);
  else totals.at.splice(index, 0, at);
  insertAt(totals.counts, index);
  for (let place = 0; place < columns.length; place += 1) {
    const column = totals.columns[place];
    if (column) columns[place]?.shape.insert(column, index);
  }
}

/** The place of the hour that an instant older than all exact ones is in. */
function placeHour(totals: Totals, at: number, columns: readonly Column[]): number {
  const hour = Math.floor(at / hourMs) * hourMs;
  let index = totals.hours;
  while (index > 0 && (totals.at[index - 1] ?? 0) >= hour) index -= 1;
  if (index < totals.hours && totals.at[index] === hour) return index;
  insertBin(totals, index, hour, columns);
  totals.hours += 1;
  return index;
}

/** The oldest exact instant moves to its hour. True where it joined an hour that was there, so later places moved. */
function demoteOldest(totals: Totals, columns: readonly Column[]): boolean {
  const { hours, at } = totals;
  const hour = Math.floor((at[hours] ?? 0) / hourMs) * hourMs;
  if (hours === 0 || at[hours - 1] !== hour) {
    at[hours] = hour;
    totals.hours += 1;
    return false;
  }
  at.splice(hours, 1);
  joinWithBefore(totals.counts, hours);
  for (let place = 0; place < columns.length; place += 1) {
    const column = totals.columns[place];
    if (column) columns[place]?.shape.join(column, hours);
  }
  return true;
}

/** The coarsest unit that divides all exact instants is what they are written in. */
const instantUnits = [hourMs, quarterMs, 60_000, 1_000, 1] as const;

function writeTotals(writer: ByteWriter, totals: Totals, columns: readonly Column[]): void {
  const { at, hours, counts } = totals;
  const { length } = at;
  writer.unsigned(length);
  if (length === 0) return;
  writer.unsigned(hours);
  let ones = true;
  for (let bin = 1; ones && bin <= length; bin += 1) ones = counts[bin] === bin;
  let unit = 0;
  for (let index = hours; unit < 4 && index < length; index += 1)
    while (unit < 4 && !isMultiple(at[index] ?? 0, instantUnits[unit] ?? 1)) unit += 1;
  writer.unsigned(unit * 2 + (ones ? 1 : 0));
  const step = instantUnits[unit] ?? 1;
  writer.steps(at, 0, hours, 0, hourMs);
  const lastHour = hours === 0 ? 0 : (at[hours - 1] ?? 0);
  writer.steps(at, hours, length, Math.floor(lastHour / step) * step, step);
  if (!ones) writer.steps(counts, 1, length + 1, 0, 1);
  writer.unsigned(columns.length);
  for (let place = 0; place < columns.length; place += 1) {
    const [column, values] = [columns[place], totals.columns[place]];
    if (!column || !values) continue;
    writer.unsigned(column.slot);
    column.shape.write(writer, values, counts);
  }
}

function readTotals(reader: ByteReader, columns: readonly Column[]): Totals {
  const length = reader.unsigned();
  const at: number[] = [];
  const counts = emptyRunning();
  if (length === 0)
    return { at, hours: 0, counts, columns: columns.map(({ shape }) => shape.empty()), derived: null };
  const hours = reader.unsigned();
  const header = reader.unsigned();
  const step = instantUnits[Math.floor(header / 2)] ?? 1;
  reader.steps(hours, 0, hourMs, at);
  const lastHour = hours === 0 ? 0 : (at[hours - 1] ?? 0);
  reader.steps(length - hours, Math.floor(lastHour / step) * step, step, at);
  if (header % 2 === 1) for (let events = 1; events <= length; events += 1) counts.push(events);
  else reader.steps(length, 0, 1, counts);
  const read = new Map<number, TotalsColumn>();
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const slot = reader.unsigned();
    const column = columns.find((candidate) => candidate.slot === slot);
    // A property that nobody asks for any more is read past; sums and extremes are written alike.
    read.set(slot, (column?.shape ?? columnShape("sum")).read(reader, counts));
  }
  // A property asked for since then has no totals of the bins that are there.
  const found = columns.map(({ slot, shape }) => read.get(slot) ?? shape.blank(length));
  return { at, hours, counts, columns: found, derived: null };
}
