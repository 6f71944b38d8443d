/**
 * `count`, `sum`, `average`, `minimum`, `maximum`, `distinct` over a window, compared. Of no events the count, sum and
 * distinct are 0; the others are missing.
 */
import { fromUnits, toUnits } from "../decimal.ts";
import type { Aggregate, NumberComparison } from "../definition/definition.ts";
import type { Evaluate, Evaluation } from "./condition.ts";
import { comparisonLadder } from "./ladder.ts";
import type { Measure } from "./measure.ts";

/** Counts are whole; all else is in units of 1/10,000. */
export function isInUnits(name: Aggregate["function"]): boolean {
  return name !== "count" && name !== "distinct";
}

export function aggregate(measure: Measure, compare: NumberComparison): Evaluate {
  const ladder = comparisonLadder(compare, isInUnits(measure.aggregate) ? toUnits : (bound) => bound);
  return (evaluation) => measure.answer(evaluation, ladder) === 1;
}

/** The aggregate as people read it, to four places; null where there is none. */
export function aggregateValue(measure: Measure, evaluation: Evaluation): number | null {
  const units = roundedUnits(measure, evaluation);
  return units === undefined ? null : fromUnits(units);
}

/** In whole units of 1/10,000, halves up; undefined where there is none. */
export function roundedUnits(measure: Measure, evaluation: Evaluation): number | undefined {
  const fraction = measure.fraction(evaluation, evaluation.now);
  if (fraction === undefined) return undefined;
  return isInUnits(measure.aggregate)
    ? roundedQuotient(fraction.over, fraction.under)
    : toUnits(fraction.over);
}

/** floor(over / under + 1/2), exactly. */
function roundedQuotient(over: number, under: number): number {
  if (under === 1) return over;
  const floor = Math.floor(over / under);
  // The quotient of doubles may lie on the wrong side of a whole number or a half.
  let rest = over - floor * under;
  let whole = floor;
  while (rest < 0) {
    rest += under;
    whole -= 1;
  }
  while (rest >= under) {
    rest -= under;
    whole += 1;
  }
  return rest * 2 >= under ? whole + 1 : whole;
}
