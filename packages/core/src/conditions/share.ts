/** `top` and `bottom`: at or beyond the population's cut, ties in. Values are rounded to four places, as cuts are. */
import { unitsPerOne } from "../decimal.ts";
import { isInUnits } from "./aggregate.ts";
import { type Evaluate, never } from "./condition.ts";
import type { Ladder } from "./ladder.ts";
import type { Measure } from "./measure.ts";

/** `measure` has no number for those outside the population. `cut` in units; undefined while there is none. */
export function beyondCut(measure: Measure, side: "top" | "bottom", cut: number | undefined): Evaluate {
  if (cut === undefined) {
    return (evaluation) => {
      evaluation.until = never;
      return false;
    };
  }
  const ladder =
    side === "top" ? fromOn(lowestAtLeast(measure, cut)) : below(lowestAtLeast(measure, cut + 1));
  return (evaluation) => measure.answer(evaluation, ladder) === 1;
}

/**
 * The lowest number of a measure whose value, rounded to whole units, is `units` or more: half a unit less for an
 * average, the next whole number for a count.
 */
export function lowestAtLeast({ aggregate }: Pick<Measure, "aggregate">, units: number): number {
  if (aggregate === "average") return units - 0.5;
  return isInUnits(aggregate) ? units : Math.ceil(units / unitsPerOne);
}

function fromOn(bound: number): Ladder {
  return { bounds: [bound], answers: [0, 1, 1], missing: 0 };
}

function below(bound: number): Ladder {
  return { bounds: [bound], answers: [1, 0, 0], missing: 0 };
}
