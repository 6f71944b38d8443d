/** A member now who, with no further event, would not be one so much later. */
import type { Evaluate } from "./condition.ts";

export function lapsing(segment: number, withinMs: number): Evaluate {
  return (evaluation) => {
    const { now } = evaluation;
    if (evaluation.membership(segment) !== "in") return false;
    const isMember = evaluation.until;
    const then = evaluation.foresee(segment, now + withinMs);
    const changes = then.until - withinMs;
    const holds = then.value === "out";
    evaluation.until = holds ? Math.min(isMember, changes) : changes;
    return holds;
  };
}
