/** What a definition says at an instant, and when it would next say something else with no further event. */
import type { CustomerState } from "../customer.ts";
import { type Carried, type Look, lookAhead } from "./look.ts";
import type { Plan } from "./plan.ts";

/** Bounds are followed this often; then it is not foreseeable. */
const maxHops = 64;

export interface Answer {
  /** `in` / `out` for segments, else a category. */
  readonly value: string;
  /** Safe bound in ms; null where it stays. */
  readonly until: number | null;
}

/** Looks without changing anything. `now` is not before the customer's clock. Undefined: not in the plan, or filling. */
export function evaluateDefinition(
  plan: Plan,
  state: CustomerState,
  kind: string,
  id: string,
  now: number,
): Answer | undefined {
  const index = indexOf(plan, state, kind, id);
  if (index < 0) return undefined;
  const look = lookAt(plan, state, index, now);
  const value = look.membership(index);
  return { value, until: finite(look.until) };
}

/** The instant at which the answer differs from that at `now`, in ms; null where it stays or is not foreseeable. */
export function changesAt(
  plan: Plan,
  state: CustomerState,
  kind: string,
  id: string,
  now: number,
): number | null {
  const index = indexOf(plan, state, kind, id);
  if (index < 0) return null;
  const look = lookAt(plan, state, index, now);
  const value = look.membership(index);
  return changesAtFrom(plan, state, index, value, look.now, look.until, look.carried);
}

function lookAt(plan: Plan, state: CustomerState, index: number, now: number): Look {
  const at = notBefore(state, now);
  return lookAhead(plan, state, index, state.clock ?? at, at);
}

/** Follows bounds from `until`, before which and from `now` on the answer is `value`. */
export function changesAtFrom(
  plan: Plan,
  state: CustomerState,
  index: number,
  value: string,
  now: number,
  until: number,
  carriedNow?: Carried,
): number | null {
  let [at, bound, carried] = [now, until, carriedNow];
  for (let hop = 0; hop < maxHops && bound !== Number.POSITIVE_INFINITY; hop += 1) {
    const look = lookAhead(plan, state, index, at, bound, carried);
    if (look.membership(index) !== value) return bound;
    [at, bound, carried] = [bound, look.until, look.carried];
  }
  return null;
}

function indexOf(plan: Plan, state: CustomerState, kind: string, id: string): number {
  return plan.subjects[state.kind].definitions.findIndex(
    (definition) => definition.kind === kind && definition.id === id,
  );
}

export function notBefore(state: CustomerState, now: number): number {
  return Math.max(now, state.clock ?? now);
}

function finite(until: number): number | null {
  return until === Number.POSITIVE_INFINITY ? null : until;
}
