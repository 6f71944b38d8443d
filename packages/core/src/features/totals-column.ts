/** A column of totals: of one property, by bin, how many numbers there were and their sum or extreme, in units of 1/10,000. */
import { readUnits } from "../decimal.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { isMultiple } from "./multiple.ts";
import { addAt, dropFirst, emptyRunning, insertAt, joinWithBefore, valueAt } from "./running.ts";

/** What a bin keeps of its numbers. Extremes remember: nothing is taken back from them. */
export type ColumnTotal = "sum" | "minimum" | "maximum";

export interface TotalsColumn {
  /** How many numbers there were: running sums. */
  readonly counts: number[];
  /** Their sums, running; or the extreme of each bin, 0 where there were no numbers. */
  readonly totals: number[];
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
  write(writer: ByteWriter, column: TotalsColumn, events: readonly number[]): void;
  /** `events`: the running counts of the events themselves. */
  read(reader: ByteReader, events: readonly number[]): TotalsColumn;
  /** Of so many bins without numbers. */
  blank(bins: number): TotalsColumn;
}

export function columnShape(total: ColumnTotal): ColumnShape {
  return total === "sum" ? sums : extremes(total);
}

const sums: ColumnShape = {
  empty: () => ({ counts: emptyRunning(), totals: emptyRunning() }),
  blank: (bins) => ({ counts: zeros(bins + 1), totals: zeros(bins + 1) }),
  copy: ({ counts, totals }) => ({ counts: [...counts], totals: [...totals] }),
  insert({ counts, totals }, place) {
    insertAt(counts, place);
    insertAt(totals, place);
  },
  join({ counts, totals }, place) {
    joinWithBefore(counts, place);
    joinWithBefore(totals, place);
  },
  drop({ counts, totals }, bins) {
    dropFirst(counts, bins);
    dropFirst(totals, bins);
  },
  addValues({ counts, totals }, place, sign, values) {
    let count = 0;
    let sum = 0;
    for (const given of values) {
      const units = readUnits(given);
      if (units === undefined) continue;
      count += sign;
      sum += sign * units;
    }
    if (count === 0) return;
    addAt(counts, place, count);
    addAt(totals, place, sum);
  },
  addBin({ counts, totals }, place, from, at) {
    addAt(counts, place, valueAt(from.counts, at));
    addAt(totals, place, valueAt(from.totals, at));
  },
  write: (writer, column, events) => writeNumbers(writer, column, events, true),
  read: (reader, events) => readNumbers(reader, events, true),
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
    empty: () => ({ counts: emptyRunning(), totals: [] }),
    blank: (bins) => ({ counts: zeros(bins + 1), totals: zeros(bins) }),
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
    write: (writer, column, events) => writeNumbers(writer, column, events, false),
    read: (reader, events) => readNumbers(reader, events, false),
  };
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}

/** The coarsest unit that divides all of them is what they are written in. */
const totalUnits = [10_000, 100, 1] as const;

/**
 * A header of what follows: the unit, whether counts are those of the events, whether sums only rise. Sums are written as
 * steps from one to the next, which are the totals of the bins; extremes as steps between bins.
 */
function writeNumbers(
  writer: ByteWriter,
  { totals, counts }: TotalsColumn,
  events: readonly number[],
  isRunning: boolean,
): void {
  const { length } = totals;
  const first = isRunning ? 1 : 0;
  let unit = 0;
  let rises = true;
  let before = 0;
  for (let place = first; place < length; place += 1) {
    const total = totals[place] ?? 0;
    while (unit < 2 && !isMultiple(total, totalUnits[unit] ?? 1)) unit += 1;
    if (total < before) rises = false;
    before = total;
  }
  let same = true;
  for (let place = 1; same && place < counts.length; place += 1) same = counts[place] === events[place];
  writer.unsigned(unit * 4 + (same ? 2 : 0) + (rises ? 1 : 0));
  const step = totalUnits[unit] ?? 1;
  if (rises) writer.rises(totals, first, length, 0, step);
  else writer.steps(totals, first, length, 0, step);
  if (!same) writer.steps(counts, 1, counts.length, 0, 1);
}

function readNumbers(reader: ByteReader, events: readonly number[], isRunning: boolean): TotalsColumn {
  const header = reader.unsigned();
  const step = totalUnits[Math.floor(header / 4)] ?? 1;
  const bins = events.length - 1;
  const totals = isRunning ? emptyRunning() : [];
  if (header % 2 === 1) reader.rises(bins, 0, step, totals);
  else reader.steps(bins, 0, step, totals);
  if (Math.floor(header / 2) % 2 === 1) return { counts: [...events], totals };
  const counts = emptyRunning();
  reader.steps(bins, 0, 1, counts);
  return { counts, totals };
}
