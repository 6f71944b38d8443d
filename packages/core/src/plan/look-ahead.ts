/**
 * A look into the future, with no further event. Latches hang on what was before, so those that a definition rests on
 * are carried from bound to bound of their own; all else is looked at where it is asked.
 */
import type { CustomerState, Membership } from "../customer.ts";
import { Look } from "./look.ts";
import type { Plan } from "./plan.ts";

/** What latches have come to, by index of the definition. */
export type Carried = ReadonlyMap<number, Membership>;

/** A latch that turned this often is not followed further. */
const mostTurns = 10_000;

/**
 * At `to`, for one definition, from `from` on, at which the state (and `carried`) hold. `occurredAt`: from when that is
 * so which turns at `from`, earlier where a late event turned it.
 */
export function lookAhead(
  plan: Plan,
  state: CustomerState,
  index: number,
  from: number,
  to: number,
  carried?: Carried,
  occurredAt = from,
): Look {
  const latches = plan.subjects[state.kind].latches[index] ?? [];
  if (latches.length === 0 || from >= to) return new Look(plan, state, to, null, carried);
  const memberships = new Map(carried);
  let at = from;
  for (let turn = 0; turn < mostTurns && at < to; turn += 1)
    at = carryOver(plan, state, latches, at, at === from ? occurredAt : at, memberships);
  return new Look(plan, state, to, null, memberships);
}

/** What the latches are at `at`; answers until when that stays. */
function carryOver(
  plan: Plan,
  state: CustomerState,
  latches: readonly number[],
  at: number,
  occurredAt: number,
  memberships: Map<number, Membership>,
): number {
  const look = new Look(plan, state, at, null, memberships);
  const turned = new Map<number, Membership>();
  let until = Number.POSITIVE_INFINITY;
  for (const latch of latches) {
    const value = look.membership(latch);
    until = Math.min(until, look.until);
    const held = look.held(latch);
    if (value !== (held?.value ?? "out"))
      turned.set(latch, { value, since: effectiveFrom(held, occurredAt) });
  }
  for (const [latch, membership] of turned) memberships.set(latch, membership);
  return Math.max(until, at + 1);
}

/** From when a change is so: from the event on, but not from before the change that it follows. */
export function effectiveFrom(held: Membership | undefined, occurredAt: number): number {
  return Math.max(occurredAt, held?.since ?? occurredAt);
}
