/**
 * `count`, `sum`, `average`, `distinct` over a window, compared. Of no events the count, sum and distinct are 0; the
 * average is missing. An average compares by cross-multiplication, never by a division.
 */
import { compareToProduct, fromUnits, toUnits } from "../decimal.ts";
import type { Aggregate, NumberComparison } from "../definition/definition.ts";
import type { Evaluate } from "./condition.ts";
import type { Classify, Measure, Total } from "./measure.ts";
import { numberTest } from "./number-comparison.ts";

export type AggregateFunction = Aggregate["function"];

/** Bounds of a sum or average are in units; of a count as they are. */
export function scaleOf(name: AggregateFunction): (bound: number) => number {
  return name === "sum" || name === "average" ? toUnits : (bound) => bound;
}

/** The sign of (aggregate - bound); undefined where there is no aggregate. */
export function comparer(name: AggregateFunction): (total: Readonly<Total>, bound: number) => number {
  if (name === "sum") return ({ sum }, bound) => sum - bound;
  if (name === "average") return ({ sum, count }, bound) => compareToProduct(sum, bound, count);
  return ({ events }, bound) => events - bound;
}

export function isMissing(name: AggregateFunction, total: Readonly<Total>): boolean {
  return name === "average" && total.count <= 0;
}

/** The aggregate as people read it; null where there is none. */
export function aggregateValue(name: AggregateFunction, total: Readonly<Total>): number | null {
  if (isMissing(name, total)) return null;
  if (name === "sum") return fromUnits(total.sum);
  return name === "average" ? fromUnits(toUnits(total.sum / total.count) / 10_000) : total.events;
}

export function aggregate(measure: Measure, name: AggregateFunction, compare: NumberComparison): Evaluate {
  const test = numberTest(compare, scaleOf(name));
  const sign = comparer(name);
  const classify: Classify<boolean> = (total) =>
    isMissing(name, total) ? test.missing : test.holds((bound) => sign(total, bound));
  return (evaluation) => measure.classify(evaluation, classify);
}
