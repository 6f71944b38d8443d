/**
 * Filling definitions from history. A sweep folds a customer's events below an offset into features of a generation of
 * their own; later ones go into an empty feature beside them; both are merged once, and the definitions are in force.
 *  S1 swept and beside, merged, are what all events would have given, in whatever order they had come.
 *  S2 only the net change at the instant of the merge comes out.
 *  S3 the clock is at that instant then, as definitions may look back to what is before it in another way.
 */
import type { CustomerState } from "../customer.ts";
import { ByteReader, ByteWriter } from "../features/bytes.ts";
import { noBounds, setBound } from "./bounds.ts";
import type { Feature } from "./feature-book.ts";
import { featureState, touchedFeature } from "./feature-state.ts";
import { boundsOf, fireTimer, settleAll, settleThese } from "./fold.ts";
import { packCustomer, unpackCustomer } from "./pack-customer.ts";
import type { Plan, SubjectPlan } from "./plan.ts";
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

/** By the index of a feature in the history plan: its index in a plan that goes on from there. */
type Landing = readonly (number | undefined)[];

const landings = new WeakMap<SubjectPlan, { readonly history: SubjectPlan; readonly landing: Landing }>();

function landingOf(subject: SubjectPlan, history: SubjectPlan): Landing {
  const known = landings.get(subject);
  if (known?.history === history) return known.landing;
  const indexes = new Map(subject.features.map(({ name, index }) => [name, index]));
  const landing = history.features.map(({ name }) => indexes.get(name));
  landings.set(subject, { history, landing });
  return landing;
}

/**
 * Adds what `packFeatures` packed; what the plan does not ask for any more is left out. Answers the features that were
 * added to.
 */
function mergeFeatures(plan: Plan, history: Plan, state: CustomerState, packed: Uint8Array): Feature[] {
  const subject = plan.subjects[state.kind];
  const landing = landingOf(subject, history.subjects[state.kind]);
  const { featureBySlot } = history.subjects[state.kind];
  const added: Feature[] = [];
  const reader = new ByteReader(packed);
  while (!reader.isAtEnd) {
    const swept = featureBySlot.get(reader.unsigned());
    const length = reader.unsigned();
    const from = reader.position;
    reader.skip(length);
    const feature = swept && subject.features[landing[swept.index] ?? -1];
    if (swept === undefined || feature === undefined) continue;
    const past = swept.shape.read(new ByteReader(packed, from, from + length));
    const merged = feature.shape.merge(touchedFeature(subject, state, feature.index), past);
    feature.shape.trim(merged, state.clock ?? Number.NEGATIVE_INFINITY);
    state.features[feature.index] = merged;
    added.push(feature);
  }
  return added;
}

interface Kept {
  /** By the index of a definition in the plan before: its index in the plan after, where it answers the same in both. */
  readonly indexes: readonly (number | undefined)[];
  /** Those of the plan after that are new or others. */
  readonly fresh: readonly number[];
}

const kept = new WeakMap<SubjectPlan, Kept & { readonly before: SubjectPlan }>();

function keptDefinitions(before: Plan, after: Plan, kind: CustomerState["kind"]): Kept {
  const [from, to] = [before.subjects[kind], after.subjects[kind]];
  const known = kept.get(to);
  if (known?.before === from) return known;
  const isAlike = before.circumstances === after.circumstances;
  const places = new Map(isAlike ? to.definitions.map(({ identity, index }) => [identity, index]) : []);
  const indexes = from.definitions.map(({ identity }) => places.get(identity));
  const found = new Set(indexes);
  const fresh = to.definitions.flatMap(({ index }) => (found.has(index) ? [] : [index]));
  const both = { before: from, indexes, fresh };
  kept.set(to, both);
  return both;
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
 * publish them. RangeError for features that are not as `packFeatures` packs them. `packed` is what the customer was read
 * from, where nothing happened to it since but what one packed by another plan asks for.
 */
export function applySweep(
  { number, before, after, history }: Sweep,
  state: CustomerState,
  features: Uint8Array,
  at: number,
  packed?: Uint8Array,
): { readonly state: CustomerState; readonly transitions: readonly Transition[] } {
  const now = Math.max(at, state.clock ?? at);
  const transitions: Transition[] = [];
  let isAsRead = packed !== undefined && state.packed.by === before.fingerprint;
  for (; state.timer !== null && state.timer < now; isAsRead = false)
    transitions.push(...fireTimer(before, state, now));
  const bytes = isAsRead && packed !== undefined ? packed : packCustomer(before, state);
  const next = unpackCustomer(after, bytes, state.id);
  next.sweep = number;
  const added = mergeFeatures(after, history, next, features);
  if (state.stale || state.clock === null) {
    transitions.push(...settleAll(after, next, now, "definition"));
    moveClock(next, now);
    return { state: next, transitions };
  }
  // What is in force as before still stands, so only the rest is looked at.
  const known = boundsOf(before.subjects[state.kind], state);
  const bounds = noBounds();
  const { indexes, fresh } = keptDefinitions(before, after, state.kind);
  const due: number[] = [...added.flatMap(({ readers }) => readers), ...fresh];
  for (let place = 0; place < known.indexes.length; place += 1) {
    const index = indexes[known.indexes[place] ?? 0];
    if (index !== undefined) setBound(bounds, index, known.instants[place] ?? 0, bounds.indexes.length);
  }
  transitions.push(...settleThese(after, next, due, bounds, now, "definition"));
  moveClock(next, now);
  return { state: next, transitions };
}

/** Of whom nothing ever happened, there is none. */
function moveClock(state: CustomerState, now: number): void {
  if (state.clock !== null) state.clock = now;
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
  if (!isReached) return transitions;
  transitions.push(...settleAll(plan, state, now, "definition"));
  moveClock(state, now);
  return transitions;
}
