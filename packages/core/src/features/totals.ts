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
import { changeRows, dropRows, hasPacked, packedRows, type Rows, setPacked, writeRows } from "./rows.ts";
import { addAt, dropFirst, emptyRunning, insertAt, joinWithBefore, negativesIn, valueAt } from "./running.ts";
import {
  type ColumnShape,
  columnShape,
  numbersInBin,
  type TotalsColumn,
  type TotalsColumnSpec,
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
  /** How many events: running sums. */
  readonly counts: number[];
  /** How many bins have a negative count. */
  negatives: number;
  readonly columns: readonly TotalsColumn[];
  readonly rows: Rows;
  /** What conditions made to look at it with, each at a place of its own: they see all that is folded in later. */
  readonly views: unknown[];
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
    into.negatives += addAt(into.counts, index, valueAt(from.counts, at));
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
      negatives: 0,
      columns: columns.map(({ shape }) => shape.empty()),
      rows: packedRows(0),
      derived: null,
      views: [],
    }),
    add(state, item) {
      const at = binOf(item.occurredAt);
      if (at === undefined) return;
      state.derived = null;
      const index = place(state, at);
      changeRows(state.rows, index, 1, 1);
      state.negatives += addAt(state.counts, index, item.sign);
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
        negatives: a.negatives,
        columns: a.columns.map((column, index) => columns[index]?.shape.copy(column) ?? column),
        rows: packedRows(0),
        derived: null,
        views: [],
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
      dropRows(state.rows, expired);
      dropFirst(state.counts, expired);
      if (state.negatives > 0) state.negatives = negativesIn(state.counts);
      state.columns.forEach((column, index) => {
        columns[index]?.shape.drop(column, expired);
      });
    },
    write: (writer, state, before) => writeTotals(writer, state, columns, before),
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
  changeRows(totals.rows, index, 0, 1);
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
    changeRows(totals.rows, hours, 1, 1);
    at[hours] = hour;
    totals.hours += 1;
    return false;
  }
  changeRows(totals.rows, hours - 1, 2, 1);
  at.splice(hours, 1);
  joinWithBefore(totals.counts, hours);
  if (totals.negatives > 0) totals.negatives = negativesIn(totals.counts);
  for (let place = 0; place < columns.length; place += 1) {
    const column = totals.columns[place];
    if (column) columns[place]?.shape.join(column, hours);
  }
  return true;
}

/**
 * What all rows written have to allow for: a form allows for those of another where it has all its bits. The low bits
 * say, each with those before it, that instants are in finer units than hours.
 */
type RowForm = number;

const instantUnits = [hourMs, quarterMs, 60_000, 1_000, 1] as const;
/** Some bin has not one event. */
const countsWritten = 16;

function formOfRows({ at, hours, counts }: Totals, from: number, to: number): RowForm {
  let unit = 0;
  for (let place = Math.max(from, hours); unit < 4 && place < to; place += 1)
    while (unit < 4 && !isMultiple(at[place] ?? 0, instantUnits[unit] ?? 1)) unit += 1;
  const form = (1 << unit) - 1;
  for (let place = from; place < to; place += 1)
    if (valueAt(counts, place) !== 1) return form | countsWritten;
  return form;
}

function stepOf(form: RowForm): number {
  const bits = form & 15;
  return instantUnits[bits === 15 ? 4 : bits === 7 ? 3 : bits === 3 ? 2 : bits] ?? 1;
}

/** Whether a form allows for all that another asks for. */
function allows(form: number, asked: number): boolean {
  return (form | asked) === form;
}

/** The form of all columns of what is being written or read: packing does not wait for anything. */
const columnForms: number[] = [];

/** Fewer are written sooner than they are found among the bytes. */
const fewBins = 8;

function writeTotals(
  writer: ByteWriter,
  totals: Totals,
  columns: readonly Column[],
  before: ByteReader | null,
): void {
  const { at, rows } = totals;
  const { length } = at;
  writer.unsigned(length);
  if (length === 0) {
    setPacked(rows, 0);
    return;
  }
  const isWorthCopying = before !== null && length >= fewBins && hasPacked(rows);
  const old = isWorthCopying ? formBefore(before, totals, columns) : null;
  const form = old ?? formOfRows(totals, 0, length);
  if (old === null) setColumnForms(totals, columns);
  writer.unsigned(totals.hours);
  writer.unsigned(form);
  writer.unsigned(columns.length);
  let numbers = (form & countsWritten) === 0 ? 1 : 2;
  for (let place = 0; place < columns.length; place += 1) {
    const columnForm = columnForms[place] ?? 0;
    writer.unsigned(columns[place]?.slot ?? 0);
    writer.unsigned(columnForm);
    numbers += numbersInBin(columnForm);
  }
  const writeRow = (into: ByteWriter, bin: number): void => writeBin(into, totals, columns, bin, form);
  writeRows(writer, rows, length, old === null ? null : before, numbers, writeRow);
  setPacked(rows, length);
}

function setColumnForms({ at, columns: values, counts }: Totals, columns: readonly Column[]): void {
  for (let place = 0; place < columns.length; place += 1) {
    const [column, held] = [columns[place], values[place]];
    columnForms[place] = column && held ? column.shape.form(held, counts, 0, at.length) : 0;
  }
}

/**
 * The form it was packed in, where new rows fit into it and it has the same columns; sets the forms of columns. Leaves
 * the reader at the first row.
 */
function formBefore(before: ByteReader, totals: Totals, columns: readonly Column[]): RowForm | null {
  const { kept, tail, tailAt } = totals.rows;
  const { counts, at } = totals;
  const [changedTo, newFrom] = tail > 0 ? [tailAt, tailAt + tail] : [kept, kept];
  before.skipNumbers(2);
  const form = before.unsigned();
  if (!allows(form, formOfRows(totals, kept, changedTo) | formOfRows(totals, newFrom, at.length)))
    return null;
  if (before.unsigned() !== columns.length) return null;
  for (let place = 0; place < columns.length; place += 1) {
    const [column, values] = [columns[place], totals.columns[place]];
    if (!column || !values || before.unsigned() !== column.slot) return null;
    const changed = column.shape.form(values, counts, kept, changedTo);
    const columnForm = before.unsigned();
    if (!allows(columnForm, changed | column.shape.form(values, counts, newFrom, at.length))) return null;
    columnForms[place] = columnForm;
  }
  return form;
}

function writeBin(
  writer: ByteWriter,
  { at, hours, counts, columns: values }: Totals,
  columns: readonly Column[],
  bin: number,
  form: RowForm,
): void {
  const unit = bin < hours ? hourMs : stepOf(form);
  writer.signed(((at[bin] ?? 0) - baseOf(at, hours, bin, unit)) / unit);
  if ((form & countsWritten) !== 0) writer.signed(valueAt(counts, bin));
  for (let place = 0; place < columns.length; place += 1) {
    const column = values[place];
    if (column) columns[place]?.shape.writeBin(writer, column, bin, columnForms[place] ?? 0);
  }
}

/** What the instant of a bin is a step from: the one before it; the first exact one after an hour, in its own unit. */
function baseOf(at: readonly number[], hours: number, bin: number, unit: number): number {
  const before = bin === 0 ? 0 : (at[bin - 1] ?? 0);
  return bin === hours ? Math.floor(before / unit) * unit : before;
}

function readTotals(reader: ByteReader, columns: readonly Column[]): Totals {
  const length = reader.unsigned();
  const at: number[] = [];
  const counts = emptyRunning();
  const own = columns.map(({ shape }) => shape.empty());
  if (length === 0)
    return {
      at,
      hours: 0,
      counts,
      negatives: 0,
      columns: own,
      rows: packedRows(0),
      derived: null,
      views: [],
    };
  const hours = reader.unsigned();
  const form = reader.unsigned();
  const readers = readColumns(reader, columns, own);
  const isKnown = readers.length === columns.length && readers.every(({ place }, index) => place === index);
  const step = stepOf(form);
  const everyHasOne = (form & countsWritten) === 0;
  let [events, negatives, before] = [0, 0, 0];
  for (let bin = 0; bin < length; bin += 1) {
    const unit = bin < hours ? hourMs : step;
    if (bin === hours) before = Math.floor(before / unit) * unit;
    before += reader.signed() * unit;
    at.push(before);
    const count = everyHasOne ? 1 : reader.signed();
    events += count;
    if (count < 0) negatives += 1;
    counts.push(events);
    for (let place = 0; place < readers.length; place += 1) {
      const column = readers[place];
      column?.shape.readBin(reader, column.column, count, column.form);
    }
  }
  if (isKnown)
    return { at, hours, counts, negatives, columns: own, rows: packedRows(length), derived: null, views: [] };
  // A property asked for since then has no totals of the bins that are there.
  const found = columns.map(({ shape }, place) =>
    readers.some((read) => read.place === place) ? (own[place] ?? shape.blank(length)) : shape.blank(length),
  );
  return { at, hours, counts, negatives, columns: found, rows: packedRows(0), derived: null, views: [] };
}

interface ReadColumn {
  /** Among the plan's; -1 where nobody asks for that property any more. */
  readonly place: number;
  readonly column: TotalsColumn;
  readonly shape: ColumnShape;
  readonly form: number;
}

/** The columns that follow, to be read into `own`; one that nobody asks for is read past: all are written alike. */
function readColumns(
  reader: ByteReader,
  columns: readonly Column[],
  own: readonly TotalsColumn[],
): ReadColumn[] {
  const found: ReadColumn[] = [];
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const slot = reader.unsigned();
    const form = reader.unsigned();
    const place = columns.findIndex((candidate) => candidate.slot === slot);
    const shape = columns[place]?.shape ?? columnShape("sum");
    found.push({ place, shape, form, column: own[place] ?? shape.empty() });
  }
  return found;
}
