/**
 * One metric over another, compared by cross-multiplication. A zero or missing divisor, or a missing dividend: it does
 * not hold, whatever the comparison. The answer is asked anew at every instant at which either window's bins change.
 */
import { toUnits, unitsPerOne } from "../decimal.ts";
import type { NumberComparison } from "../definition/definition.ts";
import { isInUnits } from "./aggregate.ts";
import { type Evaluate, type Evaluation, never } from "./condition.ts";
import type { Measure } from "./measure.ts";
import { type NumberTest, numberTest } from "./number-comparison.ts";
import type { Fraction } from "./stretch.ts";

export function ratio(of: Measure, to: Measure, compare: NumberComparison): Evaluate {
  const test = numberTest(compare, toUnits);
  const holdsAt = (evaluation: Evaluation, at: number): boolean =>
    quotientHolds(inUnits(of, evaluation, at), inUnits(to, evaluation, at), test);
  return (evaluation) => {
    const holds = holdsAt(evaluation, evaluation.now);
    let edge = evaluation.now;
    do edge = Math.min(of.nextEdge(evaluation, edge), to.nextEdge(evaluation, edge));
    while (edge !== never && holdsAt(evaluation, edge) === holds);
    evaluation.until = edge;
    return holds;
  };
}

function inUnits(measure: Measure, evaluation: Evaluation, at: number): Fraction | undefined {
  const fraction = measure.fraction(evaluation, at);
  if (fraction === undefined || isInUnits(measure.aggregate)) return fraction;
  return { over: fraction.over * unitsPerOne, under: fraction.under };
}

/** (a / b) / (c / d) against a bound r in units: the sign of a d 10,000 - r b c, turned where c is negative. */
function quotientHolds(
  dividend: Fraction | undefined,
  divisor: Fraction | undefined,
  { holds }: NumberTest,
): boolean {
  if (dividend === undefined || divisor === undefined || divisor.over === 0) return false;
  const left = BigInt(dividend.over) * BigInt(divisor.under) * BigInt(unitsPerOne);
  const right = BigInt(dividend.under) * BigInt(divisor.over);
  return holds((bound) => {
    const difference = left - BigInt(bound) * right;
    if (difference === 0n) return 0;
    return difference > 0n === divisor.over > 0 ? 1 : -1;
  });
}
