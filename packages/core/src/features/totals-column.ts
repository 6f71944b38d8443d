/** A column of totals: of one property, by bin, how many numbers there were and their sum or extreme, in units of 1/10,000. */
import { readUnits } from "../decimal.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { isMultiple } from "./multiple.ts";
import { addAt, dropFirst, emptyRunning, insertAt, joinWithBefore, negativesIn, valueAt } from "./running.ts";

/** What a bin keeps of its numbers. Extremes remember: nothing is taken back from them. */
export type ColumnTotal = "sum" | "minimum" | "maximum";

export interface TotalsColumn {
  /** How many numbers there were: running sums. */
  readonly counts: number[];
  /** Their sums, running; or the extreme of each bin, 0 where there were no numbers. */
  readonly totals: number[];
  /** How many bins have a negative sum; not known of extremes. */
  negatives: number;
}

export interface TotalsColumnSpec {
  /** The number the packed form knows this column by. */
  readonly slot: number;
  readonly path: readonly string[];
  readonly total: ColumnTotal;
}

/** How columns of one kind of total are kept. */
export interface ColumnShape {
  empty(): TotalsColumn;
  copy(column: TotalsColumn): TotalsColumn;
  /** A bin without numbers at a place. */
  insert(column: TotalsColumn, place: number): void;
  /** The bin at a place joins the one before it. */
  join(column: TotalsColumn, place: number): void;
  drop(column: TotalsColumn, bins: number): void;
  /** Adds the numbers among the values of an event, or takes them back from a sum. */
  addValues(column: TotalsColumn, place: number, sign: 1 | -1, values: readonly unknown[]): void;
  /** Adds what another column holds in a bin. */
  addBin(column: TotalsColumn, place: number, from: TotalsColumn, at: number): void;
  /** What writing the bins from one place up to another asks for. `events`: the running counts of the events themselves. */
  form(column: TotalsColumn, events: readonly number[], from: number, to: number): ColumnForm;
  writeBin(writer: ByteWriter, column: TotalsColumn, place: number, form: ColumnForm): void;
  /** Appends a bin of so many events. */
  readBin(reader: ByteReader, column: TotalsColumn, events: number, form: ColumnForm): void;
  /** Of so many bins without numbers. */
  blank(bins: number): TotalsColumn;
}

export function columnShape(total: ColumnTotal): ColumnShape {
  return total === "sum" ? sums : extremes(total);
}

const sums: ColumnShape = {
  empty: () => ({ counts: emptyRunning(), totals: emptyRunning(), negatives: 0 }),
  blank: (bins) => ({ counts: zeros(bins + 1), totals: zeros(bins + 1), negatives: 0 }),
  copy: ({ counts, totals, negatives }) => ({ counts: [...counts], totals: [...totals], negatives }),
  insert({ counts, totals }, place) {
    insertAt(counts, place);
    insertAt(totals, place);
  },
  join(column, place) {
    joinWithBefore(column.counts, place);
    joinWithBefore(column.totals, place);
    if (column.negatives > 0) column.negatives = negativesIn(column.totals);
  },
  drop(column, bins) {
    dropFirst(column.counts, bins);
    dropFirst(column.totals, bins);
    if (column.negatives > 0) column.negatives = negativesIn(column.totals);
  },
  addValues(column, place, sign, values) {
    let count = 0;
    let sum = 0;
    for (const given of values) {
      const units = readUnits(given);
      if (units === undefined) continue;
      count += sign;
      sum += sign * units;
    }
    if (count === 0) return;
    addAt(column.counts, place, count);
    column.negatives += addAt(column.totals, place, sum);
  },
  addBin(column, place, from, at) {
    addAt(column.counts, place, valueAt(from.counts, at));
    column.negatives += addAt(column.totals, place, valueAt(from.totals, at));
  },
  form: ({ counts, totals }, events, from, to) => {
    let form = formOfCounts(counts, events, from, to);
    for (let place = from; place < to; place += 1) form |= formOfTotal(valueAt(totals, place));
    return form;
  },
  writeBin(writer, { counts, totals }, place, form) {
    writeNumbers(writer, valueAt(counts, place), valueAt(totals, place), form);
  },
  readBin(reader, column, events, form) {
    const { counts, totals } = column;
    const total = readTotal(reader, form);
    if (total < 0) column.negatives += 1;
    totals.push((totals.at(-1) ?? 0) + total);
    counts.push((counts.at(-1) ?? 0) + readCount(reader, events, form));
  },
};

function extremes(kind: "minimum" | "maximum"): ColumnShape {
  const further = kind === "minimum" ? Math.min : Math.max;
  const add = ({ counts, totals }: TotalsColumn, place: number, count: number, extreme: number): void => {
    if (count <= 0) return;
    const before = valueAt(counts, place);
    totals[place] = before === 0 ? extreme : further(totals[place] ?? extreme, extreme);
    addAt(counts, place, count);
  };
  return {
    empty: () => ({ counts: emptyRunning(), totals: [], negatives: 0 }),
    blank: (bins) => ({ counts: zeros(bins + 1), totals: zeros(bins), negatives: 0 }),
    copy: sums.copy,
    insert({ counts, totals }, place) {
      insertAt(counts, place);
      if (place === totals.length) totals.push(0);
      else totals.splice(place, 0, 0);
    },
    join(column, place) {
      const { counts, totals } = column;
      const [count, extreme] = [valueAt(counts, place), totals[place] ?? 0];
      if (count > 0)
        totals[place - 1] =
          valueAt(counts, place - 1) === 0 ? extreme : further(totals[place - 1] ?? extreme, extreme);
      joinWithBefore(counts, place);
      totals.splice(place, 1);
    },
    drop({ counts, totals }, bins) {
      dropFirst(counts, bins);
      totals.splice(0, bins);
    },
    addValues(column, place, sign, values) {
      if (sign < 0) return;
      for (const given of values) {
        const units = readUnits(given);
        if (units !== undefined) add(column, place, 1, units);
      }
    },
    addBin(column, place, from, at) {
      add(column, place, valueAt(from.counts, at), from.totals[at] ?? 0);
    },
    form: ({ counts, totals }, events, from, to) => {
      let form = formOfCounts(counts, events, from, to);
      for (let place = from; place < to; place += 1) form |= formOfTotal(totals[place] ?? 0);
      return form;
    },
    writeBin(writer, { counts, totals }, place, form) {
      writeNumbers(writer, valueAt(counts, place), totals[place] ?? 0, form);
    },
    readBin(reader, { counts, totals }, events, form) {
      totals.push(readTotal(reader, form));
      counts.push((counts.at(-1) ?? 0) + readCount(reader, events, form));
    },
  };
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}

/**
 * What all bins written have to allow for, as bits: a form allows for the bins of another where it has all its bits.
 * Totals are in whole hundreds of units, or of hundreds, where no bit says otherwise.
 */
export type ColumnForm = number;

const inHundredths = 1;
const inUnits = 2;
/** Some total is negative. */
const sinks = 4;
/** Some bin has not as many numbers as events. */
const countsDiffer = 8;

function formOfTotal(total: number): ColumnForm {
  const sign = total < 0 ? sinks : 0;
  if (isMultiple(total, 10_000)) return sign;
  return isMultiple(total, 100) ? sign | inHundredths : sign | inHundredths | inUnits;
}

function formOfCounts(
  counts: readonly number[],
  events: readonly number[],
  from: number,
  to: number,
): ColumnForm {
  for (let place = from; place < to; place += 1)
    if (valueAt(counts, place) !== valueAt(events, place)) return countsDiffer;
  return 0;
}

function unitOf(form: ColumnForm): number {
  if ((form & inUnits) !== 0) return 1;
  return (form & inHundredths) !== 0 ? 100 : 10_000;
}

function writeNumbers(writer: ByteWriter, count: number, total: number, form: ColumnForm): void {
  const inForm = total / unitOf(form);
  if ((form & sinks) === 0) writer.unsigned(inForm);
  else writer.signed(inForm);
  if ((form & countsDiffer) !== 0) writer.signed(count);
}

function readTotal(reader: ByteReader, form: ColumnForm): number {
  return ((form & sinks) === 0 ? reader.unsigned() : reader.signed()) * unitOf(form);
}

function readCount(reader: ByteReader, events: number, form: ColumnForm): number {
  return (form & countsDiffer) === 0 ? events : reader.signed();
}

/** How many numbers a bin is written as. */
export function numbersInBin(form: ColumnForm): number {
  return (form & countsDiffer) === 0 ? 1 : 2;
}
