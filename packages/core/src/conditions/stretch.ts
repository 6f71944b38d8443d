/**
 * Stretches of a feature's bins, as a number: how many events, what sum, what average, how many different values.
 * Classes, as one is made for each state of each feature and asked many times.
 */
import { compareToProduct } from "../decimal.ts";
import { derivedAt, prefixSums } from "../features/derived.ts";
import type { NewestPairs } from "../features/distinct.ts";
import type { Totals } from "../features/totals.ts";
import type { Evaluation } from "./condition.ts";
import { type Ladder, rungOf } from "./ladder.ts";

export interface Stretch {
  /** The bins' instants, ascending. */
  readonly at: readonly number[];
  /** Whether the number of the bins from a place to the end can only sink as the place moves on. */
  readonly sinks: boolean;
  /** Of the bins from one place up to another. */
  answer(from: number, to: number, ladder: Ladder): number;
  rung(from: number, to: number, ladder: Ladder): number;
  value(from: number, to: number): number | undefined;
}

/** Undefined where nothing was folded into the feature. */
export type OpenStretch = (evaluation: Evaluation) => Stretch | undefined;

/** Places of what is derived from a totals feature: counts first, then for each column its sums and its averages. */
const countPlace = 0;
const sumPlace = (column: number): number => 1 + 2 * column;
const averagePlace = (column: number): number => 2 + 2 * column;

export function countStretch(feature: number): OpenStretch {
  const make = ({ at, count }: Totals): Stretch => new SumStretch(at, count);
  return (evaluation) => {
    const state = evaluation.feature(feature) as Totals | undefined;
    return state && derivedAt(state, countPlace, make);
  };
}

/** `column`: the place of the property. */
export function sumStretch(feature: number, column: number): OpenStretch {
  const place = sumPlace(column);
  const make = ({ at, columns }: Totals): Stretch => new SumStretch(at, columns[column]?.sum ?? []);
  return (evaluation) => {
    const state = evaluation.feature(feature) as Totals | undefined;
    return state && derivedAt(state, place, make);
  };
}

/** Compared by cross-multiplication, never by a division; missing where there are no numbers. */
export function averageStretch(feature: number, column: number): OpenStretch {
  const place = averagePlace(column);
  const make = ({ at, columns }: Totals): Stretch =>
    new AverageStretch(at, columns[column]?.sum ?? [], columns[column]?.count ?? []);
  return (evaluation) => {
    const state = evaluation.feature(feature) as Totals | undefined;
    return state && derivedAt(state, place, make);
  };
}

export function distinctStretch(feature: number): OpenStretch {
  const make = (state: NewestPairs): Stretch => new DistinctStretch(state);
  return (evaluation) => {
    const state = evaluation.feature(feature) as NewestPairs | undefined;
    return state && derivedAt(state, 0, make);
  };
}

class SumStretch implements Stretch {
  readonly at: readonly number[];
  readonly sinks: boolean;
  readonly #sums: readonly number[];

  constructor(at: readonly number[], values: readonly number[]) {
    this.at = at;
    this.sinks = values.every((value) => value >= 0);
    this.#sums = prefixSums(values);
  }

  value(from: number, to: number): number {
    return (this.#sums[to] ?? 0) - (this.#sums[from] ?? 0);
  }

  rung(from: number, to: number, { bounds }: Ladder): number {
    return rungOf(bounds, this.value(from, to));
  }

  answer(from: number, to: number, ladder: Ladder): number {
    return ladder.answers[rungOf(ladder.bounds, this.value(from, to))] ?? 0;
  }
}

class AverageStretch implements Stretch {
  readonly at: readonly number[];
  readonly sinks = false;
  readonly #sums: readonly number[];
  readonly #counts: readonly number[];

  constructor(at: readonly number[], sums: readonly number[], counts: readonly number[]) {
    this.at = at;
    this.#sums = prefixSums(sums);
    this.#counts = prefixSums(counts);
  }

  #sum(from: number, to: number): number {
    return (this.#sums[to] ?? 0) - (this.#sums[from] ?? 0);
  }

  #count(from: number, to: number): number {
    return (this.#counts[to] ?? 0) - (this.#counts[from] ?? 0);
  }

  value(from: number, to: number): number | undefined {
    const count = this.#count(from, to);
    return count <= 0 ? undefined : this.#sum(from, to) / count;
  }

  rung(from: number, to: number, { bounds }: Ladder): number {
    const [sum, count] = [this.#sum(from, to), this.#count(from, to)];
    let result = 0;
    for (const bound of bounds) {
      const sign = compareToProduct(sum, bound, count);
      if (sign < 0) break;
      result += sign === 0 ? 1 : 2;
    }
    return result;
  }

  answer(from: number, to: number, ladder: Ladder): number {
    if (this.#count(from, to) <= 0) return ladder.missing;
    return ladder.answers[this.rung(from, to, ladder)] ?? 0;
  }
}

class DistinctStretch implements Stretch {
  readonly at: readonly number[];
  readonly sinks = true;
  readonly #pairs: NewestPairs["pairs"];
  /** How many different values there are from each place to the end. */
  readonly #toEnd: readonly number[];

  constructor({ at, pairs }: NewestPairs) {
    this.at = at;
    this.#pairs = pairs;
    const toEnd = new Array<number>(pairs.length + 1).fill(0);
    const later = new Set<string>();
    for (let place = pairs.length - 1; place >= 0; place -= 1) {
      later.add(pairs[place]?.value ?? "");
      toEnd[place] = later.size;
    }
    this.#toEnd = toEnd;
  }

  value(from: number, to: number): number {
    if (to === this.#pairs.length) return this.#toEnd[from] ?? 0;
    const seen = new Set<string>();
    for (let place = from; place < to; place += 1) seen.add(this.#pairs[place]?.value ?? "");
    return seen.size;
  }

  rung(from: number, to: number, { bounds }: Ladder): number {
    return rungOf(bounds, this.value(from, to));
  }

  answer(from: number, to: number, ladder: Ladder): number {
    return ladder.answers[this.rung(from, to, ladder)] ?? 0;
  }
}
