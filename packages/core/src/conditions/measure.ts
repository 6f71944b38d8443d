/** An aggregate over a window of a feature: held against a ladder, or as a number. */
import type { Aggregate, Window } from "../definition/definition.ts";
import { type Evaluation, never, type ZoneOf } from "./condition.ts";
import { answerOn, type Ladder, rungOf } from "./ladder.ts";
import type { Fraction, OpenStretch } from "./stretch.ts";
import { windowOf } from "./window.ts";

export interface Measure {
  readonly aggregate: Aggregate["function"];
  /** The ladder's answer now; sets `until`. */
  answer(evaluation: Evaluation, ladder: Ladder): number;
  /** The number at an instant: a count, or units of 1/10,000 (`isInUnits`); undefined where there is none. */
  fraction(evaluation: Evaluation, at: number): Fraction | undefined;
  /** The first instant after `at` at which the number may be another, with no further event. */
  nextEdge(evaluation: Evaluation, at: number): number;
}

/** `ofNothing`: what there is where nothing was folded, 0 for counts and sums unless they are to be of something. */
export function measure(
  aggregate: Aggregate["function"],
  open: OpenStretch,
  during: Window,
  zoneOf: ZoneOf,
  ofNothing: 0 | undefined,
): Measure {
  const window = windowOf(during, zoneOf);
  const nothing = ofNothing === undefined ? undefined : { over: ofNothing, under: 1 };
  return {
    aggregate,
    answer(evaluation, ladder) {
      const stretch = open(evaluation);
      if (stretch !== undefined) return window.answer(evaluation, stretch, ladder);
      evaluation.until = never;
      return answerOn(ladder, nothing === undefined ? -1 : rungOf(ladder.bounds, nothing.over));
    },
    fraction(evaluation, at) {
      const stretch = open(evaluation);
      return stretch === undefined ? nothing : stretch.fraction(...window.span(evaluation, stretch, at));
    },
    nextEdge(evaluation, at) {
      const stretch = open(evaluation);
      return stretch === undefined ? never : window.nextEdge(evaluation, stretch, at);
    },
  };
}
