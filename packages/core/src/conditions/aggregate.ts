/**
 * `count`, `sum`, `average`, `distinct` over a window, compared. Of no events the count, sum and distinct are 0; the
 * average is missing.
 */
import { fromUnits, toUnits } from "../decimal.ts";
import type { Aggregate, NumberComparison } from "../definition/definition.ts";
import type { Evaluate, Evaluation } from "./condition.ts";
import { comparisonLadder } from "./ladder.ts";
import type { Measure } from "./measure.ts";

/** Sums and averages are in units of 1/10,000; counts are whole. */
export function isInUnits(name: Aggregate["function"]): boolean {
  return name === "sum" || name === "average";
}

export function aggregate(measure: Measure, compare: NumberComparison): Evaluate {
  const ladder = comparisonLadder(compare, isInUnits(measure.aggregate) ? toUnits : (bound) => bound);
  return (evaluation) => measure.answer(evaluation, ladder) === 1;
}

/** The aggregate as people read it, to four places; null where there is none. */
export function aggregateValue(measure: Measure, evaluation: Evaluation): number | null {
  const value = measure.value(evaluation);
  if (value === undefined) return null;
  return isInUnits(measure.aggregate) ? fromUnits(Math.round(value)) : value;
}
