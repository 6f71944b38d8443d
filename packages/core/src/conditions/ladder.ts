/**
 * The bounds that a number is held against, as a ladder: between bounds and on each of them all numbers answer alike.
 * A number's rung is 2k strictly between bounds k-1 and k, and 2k+1 on bound k, so it rises with the number: that is
 * what lets a window that only empties be searched instead of walked.
 */
import type { NumberComparison } from "../definition/definition.ts";
import { boundsOf, numberTest } from "./number-comparison.ts";

export interface Ladder {
  /** Ascending, no two alike. */
  readonly bounds: readonly number[];
  /** The answer on each rung: 0 or 1, or a score. */
  readonly answers: readonly number[];
  /** The answer where there is no number. */
  readonly missing: number;
}

/** The answer on a rung; below all rungs (-1) there is no number. */
export function answerOn({ answers, missing }: Ladder, rung: number): number {
  return rung < 0 ? missing : (answers[rung] ?? missing);
}

/** Answers 1 where the comparison holds. `scale` turns the definition's numbers into those compared. */
export function comparisonLadder(compare: NumberComparison, scale: (bound: number) => number): Ladder {
  const test = numberTest(compare, scale);
  const bounds = ascending(boundsOf(compare).map(scale));
  const answers: number[] = [];
  for (let rung = 0; rung <= 2 * bounds.length; rung += 1) {
    const place = Math.floor(rung / 2);
    const [on, above] = [bounds[place] ?? 0, bounds[place] ?? Number.POSITIVE_INFINITY];
    const compareTo = (bound: number): number => (rung % 2 === 1 ? on - bound : bound >= above ? -1 : 1);
    answers.push(test.holds(compareTo) ? 1 : 0);
  }
  return { bounds, answers, missing: test.missing ? 1 : 0 };
}

/** Answers 1 + the number of thresholds at or below; 0 where there is no number. */
export function thresholdLadder(thresholds: readonly number[]): Ladder {
  const bounds = ascending(thresholds);
  const answers = Array.from({ length: 2 * bounds.length + 1 }, (_, rung) => {
    const reached = bounds[Math.ceil(rung / 2) - 1];
    return reached === undefined ? 1 : 1 + thresholds.filter((threshold) => threshold <= reached).length;
  });
  return { bounds, answers, missing: 0 };
}

function ascending(bounds: readonly number[]): number[] {
  return [...new Set(bounds)].sort((a, b) => a - b);
}

/** The rung of a number. */
export function rungOf(bounds: readonly number[], number: number): number {
  let rung = 0;
  for (let place = 0; place < bounds.length; place += 1) {
    const bound = bounds[place] ?? 0;
    if (number < bound) return rung;
    if (number === bound) return rung + 1;
    rung += 2;
  }
  return rung;
}
