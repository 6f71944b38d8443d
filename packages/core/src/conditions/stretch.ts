/** Stretches of a feature's bins, as a number: how many events, what sum, what average, how many different values. */
import { compareToProduct } from "../decimal.ts";
import type { NewestPairs } from "../features/distinct.ts";
import { prefixSums } from "../features/prefix-sums.ts";
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

export function countStretch(feature: number): OpenStretch {
  return (evaluation) => {
    const state = evaluation.feature(feature) as Totals | undefined;
    if (state === undefined) return undefined;
    const { events, eventsRise } = prefixSums(state);
    return plainStretch(state.at, events, eventsRise);
  };
}

/** `column`: the place of the property. */
export function sumStretch(feature: number, column: number): OpenStretch {
  return (evaluation) => {
    const state = evaluation.feature(feature) as Totals | undefined;
    if (state === undefined) return undefined;
    const { columns, sumsRise } = prefixSums(state);
    const sums = columns[column]?.sum;
    return sums && plainStretch(state.at, sums, sumsRise[column] === true);
  };
}

function plainStretch(at: readonly number[], sums: Float64Array, sinks: boolean): Stretch {
  const value = (from: number, to: number): number => (sums[to] ?? 0) - (sums[from] ?? 0);
  const rung = (from: number, to: number, ladder: Ladder): number => rungOf(ladder.bounds, value(from, to));
  const answer = (from: number, to: number, ladder: Ladder): number =>
    ladder.answers[rung(from, to, ladder)] ?? 0;
  return { at, sinks, answer, rung, value };
}

/** Compared by cross-multiplication, never by a division; missing where there are no numbers. */
export function averageStretch(feature: number, column: number): OpenStretch {
  return (evaluation) => {
    const state = evaluation.feature(feature) as Totals | undefined;
    const sums = state && prefixSums(state).columns[column];
    if (state === undefined || sums === undefined) return undefined;
    const sumOf = (from: number, to: number): number => (sums.sum[to] ?? 0) - (sums.sum[from] ?? 0);
    const countOf = (from: number, to: number): number => (sums.count[to] ?? 0) - (sums.count[from] ?? 0);
    const rung = (from: number, to: number, { bounds }: Ladder): number => {
      const [sum, count] = [sumOf(from, to), countOf(from, to)];
      let result = 0;
      for (const bound of bounds) {
        const sign = compareToProduct(sum, bound, count);
        if (sign < 0) break;
        result += sign === 0 ? 1 : 2;
      }
      return result;
    };
    return {
      at: state.at,
      sinks: false,
      rung,
      answer: (from, to, ladder) =>
        countOf(from, to) <= 0 ? ladder.missing : (ladder.answers[rung(from, to, ladder)] ?? 0),
      value: (from, to) => (countOf(from, to) <= 0 ? undefined : sumOf(from, to) / countOf(from, to)),
    };
  };
}

export function distinctStretch(feature: number): OpenStretch {
  return (evaluation) => {
    const state = evaluation.feature(feature) as NewestPairs | undefined;
    if (state === undefined) return undefined;
    const { at, pairs } = state;
    // How many different values there are from each place to the end.
    const toEnd = new Float64Array(pairs.length + 1);
    const later = new Set<string>();
    for (let place = pairs.length - 1; place >= 0; place -= 1) {
      later.add(pairs[place]?.value ?? "");
      toEnd[place] = later.size;
    }
    const value = (from: number, to: number): number => {
      if (to === pairs.length) return toEnd[from] ?? 0;
      const seen = new Set<string>();
      for (let place = from; place < to; place += 1) seen.add(pairs[place]?.value ?? "");
      return seen.size;
    };
    const rung = (from: number, to: number, ladder: Ladder): number => rungOf(ladder.bounds, value(from, to));
    const answer = (from: number, to: number, ladder: Ladder): number =>
      ladder.answers[rung(from, to, ladder)] ?? 0;
    return { at, sinks: true, answer, rung, value };
  };
}
