/**
 * Filling definitions from history. A sweep folds a customer's events below an offset into features of a generation of
 * their own; later ones go into an empty feature beside them; both are merged once, and the definitions are in force.
 *  S1 swept and beside, merged, are what all events would have given, in whatever order they had come.
 *  S2 only the net change at the instant of the merge comes out.
 */
import type { CustomerState } from "../customer.ts";
import { ByteReader, ByteWriter } from "../features/bytes.ts";
import { featureState, touchedFeature } from "./feature-state.ts";
import { fireTimer, settleAll } from "./fold.ts";
import { packCustomer, unpackCustomer } from "./pack-customer.ts";
import type { Plan } from "./plan.ts";
import type { Transition } from "./transition.ts";

const writer = new ByteWriter();

/** The features of a customer under the history plan that anything was folded into: what a sweep sends. */
export function packFeatures(history: Plan, state: CustomerState): Uint8Array {
  const subject = history.subjects[state.kind];
  for (const { index, slot, shape } of subject.features) {
    const held = featureState(subject, state, index);
    if (held === undefined) continue;
    writer.unsigned(slot);
    const begun = writer.beginBlock();
    shape.write(writer, held, null);
    writer.endBlock(begun);
  }
  return writer.finish();
}

/** Adds what `packFeatures` packed; what the plan does not ask for any more is left out. */
function mergeFeatures(plan: Plan, history: Plan, state: CustomerState, packed: Uint8Array): void {
  const subject = plan.subjects[state.kind];
  const indexes = new Map(subject.features.map(({ name, index }) => [name, index]));
  const { featureBySlot } = history.subjects[state.kind];
  const reader = new ByteReader(packed);
  while (!reader.isAtEnd) {
    const swept = featureBySlot.get(reader.unsigned());
    const length = reader.unsigned();
    const from = reader.position;
    reader.skip(length);
    const feature = swept && subject.features[indexes.get(swept.name) ?? -1];
    if (swept === undefined || feature === undefined) continue;
    const past = swept.shape.read(new ByteReader(packed, from, from + length));
    const merged = feature.shape.merge(touchedFeature(subject, state, feature.index), past);
    feature.shape.trim(merged, state.clock ?? Number.NEGATIVE_INFINITY);
    state.features[feature.index] = merged;
  }
}

export interface Sweep {
  /** From 1; counts the sweeps of a partition. */
  readonly number: number;
  /** The plan until it is applied: keeps the sweep's features beside. */
  readonly before: Plan;
  /** The plan from then on; goes on with the slots of `before`. */
  readonly after: Plan;
  /** What history is folded with: see `buildHistoryPlan`. */
  readonly history: Plan;
}

/**
 * Applies a sweep to a customer that is under the plan before it, at `at` (ms) or at its clock where that is later:
 * timers due before then fire first. Answers the customer under the plan after it, and the transitions in the order to
 * publish them. RangeError for features that are not as `packFeatures` packs them.
 */
export function applySweep(
  { number, before, after, history }: Sweep,
  state: CustomerState,
  features: Uint8Array,
  at: number,
): { readonly state: CustomerState; readonly transitions: readonly Transition[] } {
  const now = Math.max(at, state.clock ?? at);
  const transitions: Transition[] = [];
  while (state.timer !== null && state.timer < now) transitions.push(...fireTimer(before, state, now));
  const next = unpackCustomer(after, packCustomer(before, state), state.id);
  next.sweep = number;
  mergeFeatures(after, history, next, features);
  transitions.push(...settleAll(after, next, now, "definition"));
  return { state: next, transitions };
}

/**
 * Adds what a sweep folded of somebody who became part of this customer before the sweep had reached them. `plan` is the
 * one that the customer is under, and `isReached` says whether that is the one after the sweep: only then anything looks
 * at these features. Answers the transitions; those that time brought before `at` are among them.
 */
export function addHistory(
  plan: Plan,
  history: Plan,
  state: CustomerState,
  {
    features,
    at,
    isReached,
  }: { readonly features: Uint8Array; readonly at: number; readonly isReached: boolean },
): readonly Transition[] {
  const now = Math.max(at, state.clock ?? at);
  const transitions: Transition[] = [];
  while (isReached && state.timer !== null && state.timer < now)
    transitions.push(...fireTimer(plan, state, now));
  mergeFeatures(plan, history, state, features);
  if (isReached) transitions.push(...settleAll(plan, state, now, "definition"));
  return transitions;
}
