/**
 * A segment that holds on to its members: in where `enter` holds; a member leaves where `leave` holds, `enter` does not
 * and at least `stayMs` passed since it entered. The one condition that hangs on what was before.
 */
import type { Membership } from "../customer.ts";
import type { Evaluate, Evaluation } from "./condition.ts";

export interface Latch {
  readonly enter: Evaluate;
  readonly leave: Evaluate;
  readonly stayMs: number;
}

export function latched(
  { enter, leave, stayMs }: Latch,
  held: (evaluation: Evaluation) => Membership | undefined,
) {
  return (evaluation: Evaluation): boolean => {
    if (enter(evaluation)) return true;
    const before = held(evaluation);
    if (before?.value !== "in") return false;
    const enters = evaluation.until;
    const stays = before.since + stayMs;
    if (evaluation.now < stays) {
      evaluation.until = stays;
      return true;
    }
    const leaves = leave(evaluation);
    // Out, it stays out until it enters; in, until it may leave.
    if (leaves) evaluation.until = enters;
    return !leaves;
  };
}
