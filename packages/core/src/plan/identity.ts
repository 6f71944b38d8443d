/**
 * A customer that ends, and one that becomes part of another. Laws that tests cite:
 *  I1 who took over another is as if both had been one customer from the start: the same features, attributes and
 *     memberships (a latch apart).
 *  I2 all that came before by itself is told first, each at its own instant; then the net difference, at the instant of
 *     the merge, or where the customer's clock is past it as for a late event.
 *  I3 who ends leaves all that it was in, once.
 */
import { type CustomerState, newestEventIds } from "../customer.ts";
import { mergeAttributes } from "../features/attributes.ts";
import { featureState, touchedFeature } from "./feature-state.ts";
import { boundsOf, foldIn, settle, settleInstant } from "./fold.ts";
import { effectiveFrom } from "./look.ts";
import type { Plan, SubjectPlan } from "./plan.ts";
import type { Slots } from "./slots.ts";
import type { FoldEvent, Transition, TransitionCause } from "./transition.ts";

/** What a customer is called where it is in no category of a classification any more. */
const nowhere = "out";

/**
 * Ends a customer at an instant (ms): what time alone changes before it, then a leave from everything it is in. The
 * memberships are gone from the state; attributes and features stay in it.
 */
export function endCustomer(
  plan: Plan,
  state: CustomerState,
  at: number,
  cause: TransitionCause,
): Transition[] {
  const transitions = advance(plan, state, at);
  for (const [slot, held] of [...state.memberships].sort(([a], [b]) => a - b)) {
    const [kind, id] = splitName(plan.nameAt(slot) ?? "");
    if (held.value === nowhere || kind === null) continue;
    const definition = plan.subjects[state.kind].definitions.find((one) => one.slot === slot);
    transitions.push({
      kind,
      id,
      version: definition?.version ?? 0,
      from: held.value,
      to: nowhere,
      effectiveAt: effectiveFrom(held, at),
      cause,
      changesAt: null,
    });
  }
  state.memberships.clear();
  state.packed.membershipsFrom = -1;
  return transitions;
}

/**
 * What the numbers in a packed customer stand for, as far as another plan needs it to read its features: build that
 * plan anew with these slots, and unpack with it.
 */
export function portableSlots(plan: Plan, state: CustomerState): Slots {
  const { features } = plan.subjects[state.kind];
  const kept = new Set(state.packed.features.map((index) => features[index]?.slot));
  const isNeeded = ([name, slot]: readonly [string, number]): boolean =>
    name.startsWith("feature/") ? kept.has(slot) : !/^(?:segment|classification|category)\//.test(name);
  return Object.fromEntries(Object.entries(plan.slots).filter(isNeeded));
}

/** Somebody who is taken over. */
export interface Absorbed {
  readonly state: CustomerState;
  /** Of the same definitions, with the slots that the state was packed with. */
  readonly plan: Plan;
}

/**
 * `state` takes over all that another was (null where there is nothing of it), at `event`'s instant; what the event
 * itself gives comes to that, such as what both had counted. Answers what came before by itself, and the net change.
 */
export function absorbCustomer(
  plan: Plan,
  state: CustomerState,
  absorbed: Absorbed | null,
  event: FoldEvent,
): Transition[] {
  const at = event.occurredAt;
  const now = Math.max(at, state.clock ?? at, absorbed?.state.clock ?? at);
  const transitions = advance(plan, state, now);
  const subject = plan.subjects[state.kind];
  const bounds = boundsOf(subject, state);
  state.clock = now;
  if (absorbed !== null) takeOver(subject, state, absorbed, now);
  foldIn(subject, state, event, now);
  subject.due.addAll();
  settle(plan, state, now, bounds, "merge", at, transitions);
  return transitions;
}

function takeOver(
  subject: SubjectPlan,
  state: CustomerState,
  { state: other, plan }: Absorbed,
  now: number,
): void {
  mergeAttributes(state.attributes, other.attributes);
  state.packed.attributesFrom = -1;
  for (const { index, shape } of subject.features) {
    const theirs = featureState(plan.subjects[other.kind], other, index);
    if (theirs === undefined) continue;
    const merged = shape.merge(touchedFeature(subject, state, index), theirs);
    shape.trim(merged, now);
    state.features[index] = merged;
  }
  state.eventIds = newestEventIds([...state.eventIds, ...other.eventIds]);
}

/** All that time alone brings about before the instant. */
function advance(plan: Plan, state: CustomerState, at: number): Transition[] {
  const transitions: Transition[] = [];
  const bounds = boundsOf(plan.subjects[state.kind], state);
  while (state.timer !== null && state.timer < at)
    settleInstant(plan, state, state.timer, bounds, transitions);
  return transitions;
}

function splitName(name: string): readonly ["segment" | "classification" | null, string] {
  const slash = name.indexOf("/");
  const kind = name.slice(0, slash);
  return [kind === "segment" || kind === "classification" ? kind : null, name.slice(slash + 1)];
}
