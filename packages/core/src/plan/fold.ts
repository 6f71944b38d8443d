/**
 * Folding events and firing timers. Laws that tests cite:
 *  P1 membership is a function of the set of events (a latch apart); transitions of their order in the log.
 *  P2 a timer handles one instant; the clock moves only where something changed.
 *  P3 an event first brings every transition before it, each at its own instant, then its own instant once.
 *  P4 an event at or behind the clock changes what is now, with the net difference.
 * The same state and event give the same transitions and timer, whether the state was packed in between or not.
 */
import type { CustomerState } from "../customer.ts";
import { patchAttributes } from "../features/attributes.ts";
import type { FeatureItem } from "../features/feature.ts";
import { changesAtFrom } from "./forecast.ts";
import { featureState, type Known, Look } from "./look.ts";
import type { Plan, PlannedDefinition, SubjectPlan } from "./plan.ts";
import type { FoldEvent, Transition, TransitionCause } from "./transition.ts";

/** Folds an event into the state, in place; answers the transitions in the order they are to be published. */
export function foldEvent(plan: Plan, state: CustomerState, event: FoldEvent): Transition[] {
  const subject = plan.subjects[state.kind];
  const transitions: Transition[] = [];
  const known = knownOf(subject, state);
  const { clock } = state;
  if (clock !== null && event.occurredAt <= clock) {
    const touched = foldIn(subject, state, event, clock, known);
    if (state.stale) touched.fill(1);
    settle(plan, state, clock, known, "late", event.occurredAt, transitions);
    return transitions;
  }
  while (state.timer !== null && state.timer < event.occurredAt) {
    const instant = state.timer;
    markDue(known, instant);
    if (settle(plan, state, instant, known, "time", instant, transitions)) state.clock = instant;
  }
  state.clock = event.occurredAt;
  known.due.fill(0);
  foldIn(subject, state, event, event.occurredAt, known);
  if (clock === null || state.stale) known.due.fill(1);
  else markDueToo(known, event.occurredAt);
  settle(plan, state, event.occurredAt, known, "event", event.occurredAt, transitions);
  return transitions;
}

/**
 * Looks at the customer at its timer's instant where that is not after `at`, and arms the next timer. Call again while
 * the timer is due.
 */
export function fireTimer(plan: Plan, state: CustomerState, at: number): Transition[] {
  const instant = state.timer;
  const transitions: Transition[] = [];
  if (instant === null || instant > at) return transitions;
  const known = knownOf(plan.subjects[state.kind], state);
  markDueToo(known, instant);
  if (settle(plan, state, instant, known, "time", instant, transitions)) state.clock = instant;
  return transitions;
}

/** Where no bounds of single definitions are kept, the timer is the bound of each. */
function knownOf({ definitions: { length } }: SubjectPlan, { untils, timer }: CustomerState): Known {
  return {
    due: new Uint8Array(length),
    untils: untils ?? new Float64Array(length).fill(timer ?? Number.POSITIVE_INFINITY),
  };
}

function markDue(known: Known, instant: number): void {
  known.due.fill(0);
  markDueToo(known, instant);
}

function markDueToo({ due, untils }: Known, instant: number): void {
  for (let index = 0; index < due.length; index += 1) if ((untils[index] ?? 0) <= instant) due[index] = 1;
}

/** Folds attributes and contributions in, and marks the definitions that may change by it. */
function foldIn(
  subject: SubjectPlan,
  state: CustomerState,
  event: FoldEvent,
  clock: number,
  { due }: Known,
): Uint8Array {
  const { partition, offset, occurredAt } = event;
  if (event.attributes !== undefined) {
    const stamp = { occurredAt, partition, offset };
    for (const path of patchAttributes(state.attributes, event.attributes, stamp))
      markReaders(subject, path, due);
  }
  for (const contribution of event.contributions) {
    const { sign, properties, remembered } = contribution;
    const item: FeatureItem = {
      occurredAt: contribution.occurredAt,
      partition,
      offset,
      sign,
      remembered,
      properties,
    };
    for (const group of subject.groupsByEvent.get(contribution.name) ?? []) {
      if (group.matches !== null && !group.matches(properties)) continue;
      for (const feature of group.features) {
        if (!remembered && !feature.correctable) continue;
        let held = featureState(subject, state, feature.index);
        if (held === undefined) {
          held = feature.shape.empty();
          state.features[feature.index] = held;
        }
        state.packed[feature.index] = undefined;
        feature.shape.add(held, item);
        feature.shape.trim(held, clock);
        for (const reader of feature.readers) due[reader] = 1;
      }
    }
  }
  return due;
}

/** A path concerns those who read it, what lies above it and what lies below it. */
function markReaders({ attributeReaders }: SubjectPlan, path: string, due: Uint8Array): void {
  for (const [read, readers] of attributeReaders) {
    if (read !== path && !read.startsWith(`${path}.`) && !path.startsWith(`${read}.`)) continue;
    for (const reader of readers) due[reader] = 1;
  }
}

interface Change {
  readonly definition: PlannedDefinition;
  readonly from: string | null;
  readonly to: string;
  readonly effectiveAt: number;
}

/** Evaluates what is due at `now`, keeps and reports what changed, arms the timer. True where anything changed. */
function settle(
  plan: Plan,
  state: CustomerState,
  now: number,
  known: Known,
  cause: TransitionCause,
  occurredAt: number,
  into: Transition[],
): boolean {
  const { definitions } = plan.subjects[state.kind];
  const look = new Look(plan, state, now, known);
  const changes: Change[] = [];
  let whole = true;
  for (let index = 0; index < definitions.length; index += 1) {
    const definition = definitions[index];
    if (definition === undefined) continue;
    if (known.due[index] !== 1) {
      whole = false;
      continue;
    }
    const to = look.membership(index);
    // E1; were a bound ever not ahead, time would stand still here.
    known.untils[index] = Math.max(look.until, now + 1);
    const held = state.memberships.get(definition.slot);
    const from = held?.value ?? (definition.kind === "segment" ? "out" : null);
    if (from === to) continue;
    const effectiveAt = cause === "late" ? Math.max(occurredAt, held?.since ?? occurredAt) : now;
    changes.push({ definition, from, to, effectiveAt });
  }
  // Only now: while looking, a definition that was not due answered by what was kept.
  for (const { definition, to, effectiveAt } of changes)
    state.memberships.set(definition.slot, { value: to, since: effectiveAt });
  if (whole) state.stale = false;
  state.untils = known.untils;
  state.timer = earliest(known.untils);
  if (changes.length === 0) return false;
  for (const rank of [0, 1, 2])
    for (const change of changes)
      if (rankOf(change) === rank) into.push(transition(plan, state, now, known, change, cause));
  return true;
}

/** Leaves, then moves, then enters. */
function rankOf({ definition, to }: Change): number {
  if (definition.kind === "classification") return 1;
  return to === "out" ? 0 : 2;
}

function transition(
  plan: Plan,
  state: CustomerState,
  now: number,
  known: Known,
  { definition, from, to, effectiveAt }: Change,
  cause: TransitionCause,
): Transition {
  const { kind, id, version, index } = definition;
  const mark = definition.markOf(to);
  const until = Math.max(now, known.untils[index] ?? now);
  const changesAt = changesAtFrom(plan, state, index, to, now, until);
  const plain = { kind, id, version, from, to, effectiveAt, cause, changesAt };
  return mark === undefined ? plain : { ...plain, mark };
}

function earliest(untils: Float64Array): number | null {
  let least = Number.POSITIVE_INFINITY;
  for (let index = 0; index < untils.length; index += 1) least = Math.min(least, untils[index] ?? least);
  return least === Number.POSITIVE_INFINITY ? null : least;
}
