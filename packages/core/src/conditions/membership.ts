/** Membership of another definition. */
import type { Evaluate } from "./condition.ts";

export function inSegment(definition: number): Evaluate {
  return (evaluation) => evaluation.membership(definition) === "in";
}

export function inCategory(definition: number, categories: readonly string[]): Evaluate {
  return (evaluation) => categories.includes(evaluation.membership(definition));
}
