/**
 * Stretches of a feature's bins, as a number: how many events, what sum, average or extreme, how many different values.
 * Classes, as one is made for each state of each feature and asked many times.
 */
import { compareToProduct } from "../decimal.ts";
import { lowerBound } from "../features/bounds.ts";
import { derivedAt } from "../features/derived.ts";
import type { NewestPairs } from "../features/distinct.ts";
import { sumBetween, valueAt } from "../features/running.ts";
import type { Totals } from "../features/totals.ts";
import type { Evaluation } from "./condition.ts";
import { answerOn, type Ladder, rungOf } from "./ladder.ts";
import { behindInstant, turnOf, walk } from "./turn.ts";

export interface Stretch {
  /** The bins' instants, ascending. */
  readonly at: readonly number[];
  /** Whether the number of the bins from a place to the end can only sink as the place moves on. */
  readonly sinks: boolean;
  /** Of the bins from one place up to another; -1 where they hold no number. */
  rung(from: number, to: number, ladder: Ladder): number;
  /** Undefined where they hold no number. */
  fraction(from: number, to: number): Fraction | undefined;
  /**
   * The first place after one such that the bins from there to the end give another answer than those from that one;
   * undefined where none do. Bins of one instant leave together.
   */
  turnsAt(from: number, ladder: Ladder): number | undefined;
}

/** A number as a whole number over another above zero, so that nothing is rounded before it is compared. */
export interface Fraction {
  readonly over: number;
  readonly under: number;
}

/** Undefined where nothing was folded into the feature. */
export type OpenStretch = (evaluation: Evaluation) => Stretch | undefined;

/** Places of views on a totals feature: two of the counts (column -1), then three of each column. */
const countPlace = 0;
const presentPlace = (column: number): number => 1 + 3 * (column + 1);
const totalPlace = (column: number): number => 2 + 3 * column;
const averagePlace = (column: number): number => 3 + 3 * column;

/** A stretch that sees what is folded in later, so each state of a feature has it made once. */
function viewOf(feature: number, place: number, make: (totals: Totals) => Stretch): OpenStretch {
  return (evaluation) => {
    const totals = evaluation.feature(feature) as Totals | undefined;
    if (totals === undefined) return undefined;
    const known = totals.views[place];
    if (known !== undefined) return known as Stretch;
    const made = make(totals);
    totals.views[place] = made;
    return made;
  };
}

export function countStretch(feature: number): OpenStretch {
  return viewOf(feature, countPlace, countsOf);
}

function countsOf(totals: Totals): Stretch {
  return new SumStretch(totals.at, totals.counts, totals);
}

/** `column`: the place of the property. */
export function sumStretch(feature: number, column: number): OpenStretch {
  return viewOf(feature, totalPlace(column), (totals) => sumsOf(totals, column));
}

function sumsOf({ at, columns }: Totals, column: number): Stretch {
  const values = columns[column];
  return new SumStretch(at, values?.totals ?? [], values ?? { negatives: 0 });
}

/** Compared by cross-multiplication, never by a division; missing where there are no numbers. */
export function averageStretch(feature: number, column: number): OpenStretch {
  return viewOf(
    feature,
    averagePlace(column),
    ({ at, columns }) => new AverageStretch(at, columns[column]?.totals ?? [], columns[column]?.counts ?? []),
  );
}

/** Missing where there are no numbers. */
export function extremeStretch(feature: number, column: number, isMaximum: boolean): OpenStretch {
  const place = totalPlace(column);
  const make = ({ at, columns }: Totals): Stretch =>
    new ExtremeStretch(at, columns[column]?.totals ?? [], columns[column]?.counts ?? [], isMaximum);
  return (evaluation) => {
    const state = evaluation.feature(feature) as Totals | undefined;
    return state && derivedAt(state, place, make);
  };
}

/** A count or sum that is missing where it is one of no events. `column` -1: the count. */
export function presentStretch(feature: number, column: number): OpenStretch {
  return viewOf(feature, presentPlace(column), (totals) => {
    const sums = column < 0 ? countsOf(totals) : sumsOf(totals, column);
    return new PresentStretch(sums, totals.counts, totals);
  });
}

/** `present`: missing where it is a number of nothing. */
export function distinctStretch(feature: number, present: boolean): OpenStretch {
  const make = (state: NewestPairs): Stretch => {
    const different = new DistinctStretch(state);
    if (!present) return different;
    return new PresentStretch(
      different,
      Array.from({ length: state.at.length + 1 }, (_, place) => place),
      noNegatives,
    );
  };
  return (evaluation) => {
    const state = evaluation.feature(feature) as NewestPairs | undefined;
    return state && derivedAt(state, present ? 1 : 0, make);
  };
}

/** Some values can be negative, and then a number does not only sink as bins leave. */
interface Signed {
  readonly negatives: number;
}

const noNegatives: Signed = { negatives: 0 };

class SumStretch implements Stretch {
  readonly at: readonly number[];
  readonly #sums: readonly number[];
  readonly #of: Signed;

  /** `sums`: running, of what says how many are negative. */
  constructor(at: readonly number[], sums: readonly number[], of: Signed) {
    this.at = at;
    this.#sums = sums;
    this.#of = of;
  }

  get sinks(): boolean {
    return this.#of.negatives === 0;
  }

  fraction(from: number, to: number): Fraction {
    return { over: sumBetween(this.#sums, from, to), under: 1 };
  }

  rung(from: number, to: number, { bounds }: Ladder): number {
    return rungOf(bounds, sumBetween(this.#sums, from, to));
  }

  /** On the running sums themselves, as this is what events ask of most definitions. */
  turnsAt(from: number, ladder: Ladder): number | undefined {
    if (!this.sinks) return walk(this, from, ladder);
    const { bounds, answers } = ladder;
    const { at } = this;
    const sums = this.#sums;
    const end = at.length;
    const total = sums[end] ?? 0;
    let rung = rungOf(bounds, total - (sums[from] ?? 0));
    const answer = answers[rung];
    let place = from;
    while (rung > 0) {
      // On this rung for as long as what is left is on its bound, or above that below it.
      const bound = bounds[(rung - 1) >> 1] ?? 0;
      const isOnBound = (rung & 1) === 1;
      let low = place;
      let high = end + 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        const left = total - (sums[middle] ?? 0);
        if (isOnBound ? left >= bound : left > bound) low = middle;
        else high = middle;
      }
      if (high > end) return undefined;
      place = behindInstant(at, high);
      rung = rungOf(bounds, total - (sums[place] ?? 0));
      if (answers[rung] !== answer) return place;
    }
    return undefined;
  }
}

class AverageStretch implements Stretch {
  readonly at: readonly number[];
  readonly sinks = false;
  readonly #sums: readonly number[];
  readonly #counts: readonly number[];

  /** Both running. */
  constructor(at: readonly number[], sums: readonly number[], counts: readonly number[]) {
    this.at = at;
    this.#sums = sums;
    this.#counts = counts;
  }

  fraction(from: number, to: number): Fraction | undefined {
    const under = sumBetween(this.#counts, from, to);
    return under <= 0 ? undefined : { over: sumBetween(this.#sums, from, to), under };
  }

  rung(from: number, to: number, { bounds }: Ladder): number {
    const count = sumBetween(this.#counts, from, to);
    if (count <= 0) return -1;
    const sum = sumBetween(this.#sums, from, to);
    let result = 0;
    for (const bound of bounds) {
      const sign = compareToProduct(sum, bound, count);
      if (sign < 0) break;
      result += sign === 0 ? 1 : 2;
    }
    return result;
  }

  /** Place by place, with nothing called for each: how far it goes is decided by the farthest bound. */
  turnsAt(from: number, ladder: Ladder): number | undefined {
    const { bounds, answers, missing } = ladder;
    const { at } = this;
    const sums = this.#sums;
    const counts = this.#counts;
    const end = at.length;
    const allSums = sums[end] ?? 0;
    const allCounts = counts[end] ?? 0;
    const answer = answerOn(ladder, this.rung(from, end, ladder));
    for (let place = from + 1; place <= end; place += 1) {
      if (at[place] === at[place - 1]) continue;
      const count = allCounts - (counts[place] ?? 0);
      const sum = allSums - (sums[place] ?? 0);
      let found = missing;
      if (count > 0) {
        let rung = 0;
        for (let step = 0; step < bounds.length; step += 1) {
          const beyond = sum - (bounds[step] ?? 0) * count;
          if (beyond < 0) break;
          rung += beyond === 0 ? 1 : 2;
        }
        found = answers[rung] ?? missing;
      }
      if (found !== answer) return place;
    }
    return undefined;
  }
}

/** The number of another stretch, where there is anything that it is a number of. */
class PresentStretch implements Stretch {
  readonly at: readonly number[];
  readonly #of: Stretch;
  readonly #counts: readonly number[];
  readonly #signed: Signed;

  /** `counts`: running, of what says how many are negative. */
  constructor(of: Stretch, counts: readonly number[], signed: Signed) {
    this.at = of.at;
    this.#of = of;
    this.#counts = counts;
    this.#signed = signed;
  }

  get sinks(): boolean {
    return this.#of.sinks && this.#signed.negatives === 0;
  }

  fraction(from: number, to: number): Fraction | undefined {
    return sumBetween(this.#counts, from, to) > 0 ? this.#of.fraction(from, to) : undefined;
  }

  rung(from: number, to: number, ladder: Ladder): number {
    return sumBetween(this.#counts, from, to) > 0 ? this.#of.rung(from, to, ladder) : -1;
  }

  turnsAt(from: number, ladder: Ladder): number | undefined {
    return turnOf(this, from, ladder);
  }
}

class ExtremeStretch implements Stretch {
  readonly at: readonly number[];
  readonly sinks: boolean;
  readonly #isMaximum: boolean;
  readonly #totals: readonly number[];
  readonly #counts: readonly number[];
  /** The extreme from each place to the end; undefined where there is none. */
  readonly #toEnd: readonly (number | undefined)[];

  constructor(
    at: readonly number[],
    totals: readonly number[],
    counts: readonly number[],
    isMaximum: boolean,
  ) {
    this.at = at;
    this.sinks = isMaximum;
    this.#isMaximum = isMaximum;
    this.#totals = totals;
    this.#counts = counts;
    const toEnd = new Array<number | undefined>(at.length + 1).fill(undefined);
    for (let place = at.length - 1; place >= 0; place -= 1)
      toEnd[place] = this.#further(toEnd[place + 1], place);
    this.#toEnd = toEnd;
  }

  #further(extreme: number | undefined, place: number): number | undefined {
    if (valueAt(this.#counts, place) <= 0) return extreme;
    const total = this.#totals[place] ?? 0;
    if (extreme === undefined) return total;
    return this.#isMaximum ? Math.max(extreme, total) : Math.min(extreme, total);
  }

  #extreme(from: number, to: number): number | undefined {
    if (to === this.at.length) return this.#toEnd[from];
    let extreme: number | undefined;
    for (let place = from; place < to; place += 1) extreme = this.#further(extreme, place);
    return extreme;
  }

  fraction(from: number, to: number): Fraction | undefined {
    const over = this.#extreme(from, to);
    return over === undefined ? undefined : { over, under: 1 };
  }

  rung(from: number, to: number, { bounds }: Ladder): number {
    const extreme = this.#extreme(from, to);
    return extreme === undefined ? -1 : rungOf(bounds, extreme);
  }

  turnsAt(from: number, ladder: Ladder): number | undefined {
    return turnOf(this, from, ladder);
  }
}

class DistinctStretch implements Stretch {
  readonly at: readonly number[];
  readonly sinks = true;
  readonly #values: readonly number[];
  readonly #names: number;
  /** The places at which some value comes for the last time, ascending. */
  readonly #last: readonly number[];

  constructor({ at, values, names }: NewestPairs) {
    this.at = at;
    this.#values = values;
    this.#names = names.length;
    const last: number[] = [];
    const isLater = new Array<boolean>(names.length).fill(false);
    for (let place = values.length - 1; place >= 0 && last.length < names.length; place -= 1) {
      const value = values[place] ?? 0;
      if (isLater[value] === false) last.push(place);
      isLater[value] = true;
    }
    this.#last = last.reverse();
  }

  #different(from: number, to: number): number {
    if (to === this.#values.length) return this.#last.length - lowerBound(this.#last, from);
    const isSeen = new Array<boolean>(this.#names).fill(false);
    let different = 0;
    for (let place = from; place < to; place += 1) {
      const value = this.#values[place] ?? 0;
      if (isSeen[value] === false) different += 1;
      isSeen[value] = true;
    }
    return different;
  }

  fraction(from: number, to: number): Fraction {
    return { over: this.#different(from, to), under: 1 };
  }

  rung(from: number, to: number, { bounds }: Ladder): number {
    return rungOf(bounds, this.#different(from, to));
  }

  /** So many different values are left until the last place of one of them is gone. */
  turnsAt(from: number, { bounds, answers }: Ladder): number | undefined {
    const last = this.#last;
    let rung = rungOf(bounds, last.length - lowerBound(last, from));
    const answer = answers[rung];
    while (rung > 0) {
      const bound = bounds[(rung - 1) >> 1] ?? 0;
      const fewestOnRung = (rung & 1) === 1 ? Math.ceil(bound) : Math.floor(bound) + 1;
      if (fewestOnRung <= 0) return undefined;
      const place = behindInstant(this.at, (last[last.length - fewestOnRung] ?? 0) + 1);
      rung = rungOf(bounds, last.length - lowerBound(last, place));
      if (answers[rung] !== answer) return place;
    }
    return undefined;
  }
}
