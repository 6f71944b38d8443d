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
import { type Bounds, boundOf, boundsAt, earliestBound, noBounds, setBound } from "./bounds.ts";
import type { Due } from "./due.ts";
import { touchedFeature } from "./feature-state.ts";
import { changesAtFrom } from "./forecast.ts";
import { effectiveFrom, type Known, Look } from "./look.ts";
import type { Plan, PlannedDefinition, SubjectPlan } from "./plan.ts";
import type { FoldEvent, Transition, TransitionCause } from "./transition.ts";

/** Folds an event into the state, in place; answers the transitions in the order they are to be published. */
export function foldEvent(plan: Plan, state: CustomerState, event: FoldEvent): Transition[] {
  const subject = plan.subjects[state.kind];
  const { due } = subject;
  const transitions: Transition[] = [];
  const bounds = boundsOf(subject, state);
  const { clock } = state;
  if (clock !== null && event.occurredAt <= clock) {
    foldIn(subject, state, event, clock);
    if (state.stale) due.addAll();
    settle(plan, state, clock, bounds, "late", event.occurredAt, transitions);
    return transitions;
  }
  while (state.timer !== null && state.timer < event.occurredAt)
    settleInstant(plan, state, state.timer, bounds, transitions);
  state.clock = event.occurredAt;
  foldIn(subject, state, event, event.occurredAt);
  if (clock === null || state.stale) due.addAll();
  // The timer is the earliest of the bounds.
  else if (state.timer === event.occurredAt) addReached(due, bounds, event.occurredAt);
  settle(plan, state, event.occurredAt, bounds, "event", event.occurredAt, transitions);
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
  settleInstant(plan, state, instant, boundsOf(plan.subjects[state.kind], state), transitions);
  return transitions;
}

/** Looks at everything at `now`, not before the clock. The clock moves only where something changed. */
export function settleAll(
  plan: Plan,
  state: CustomerState,
  now: number,
  cause: TransitionCause,
): Transition[] {
  const transitions: Transition[] = [];
  plan.subjects[state.kind].due.addAll();
  if (settle(plan, state, now, noBounds(), cause, now, transitions)) state.clock = now;
  return transitions;
}

/**
 * Looks at these definitions at `now`, not before the clock, and at those whose bound it is: all others are as `bounds`
 * says. The clock moves only where something changed.
 */
export function settleThese(
  plan: Plan,
  state: CustomerState,
  indexes: Iterable<number>,
  bounds: Bounds,
  now: number,
  cause: TransitionCause,
): Transition[] {
  const transitions: Transition[] = [];
  const { due } = plan.subjects[state.kind];
  for (const index of indexes) due.add(index);
  addReached(due, bounds, now);
  state.stale = false;
  if (settle(plan, state, now, bounds, cause, now, transitions)) state.clock = now;
  return transitions;
}

/**
 * Looks at a customer by the cuts of the plan, at `at` (ms) or its clock where that is later: the net difference to what
 * it was by those before.
 */
export function recut(plan: Plan, state: CustomerState, at: number): Transition[] {
  return settleAll(plan, state, Math.max(at, state.clock ?? at), "cuts");
}

/** The clock moves only where something changed. */
export function settleInstant(
  plan: Plan,
  state: CustomerState,
  instant: number,
  bounds: Bounds,
  transitions: Transition[],
): void {
  addReached(plan.subjects[state.kind].due, bounds, instant);
  if (settle(plan, state, instant, bounds, "time", instant, transitions)) state.clock = instant;
}

/** Where no bounds of single definitions are kept, the timer is the bound of each. */
export function boundsOf({ definitions: { length } }: SubjectPlan, { bounds, timer }: CustomerState): Bounds {
  if (bounds !== null) return bounds;
  return timer === null ? noBounds() : boundsAt(length, timer);
}

/** Those whose bound is not after the instant. */
function addReached(due: Due, { indexes, instants }: Bounds, instant: number): void {
  for (let place = 0; place < instants.length; place += 1)
    if ((instants[place] ?? 0) <= instant) due.add(indexes[place] ?? 0);
}

/** Folds attributes and contributions in, and marks the definitions that may change by it. */
export function foldIn(subject: SubjectPlan, state: CustomerState, event: FoldEvent, clock: number): void {
  const { partition, offset, occurredAt } = event;
  if (event.attributes !== undefined) {
    const stamp = { occurredAt, partition, offset };
    const touched = patchAttributes(state.attributes, event.attributes, stamp);
    if (touched.length > 0) state.packed.attributesFrom = -1;
    for (const path of touched) markReaders(subject, path);
  }
  for (const { name, occurredAt: at, sign, properties, remembered } of event.contributions) {
    const groups = subject.groupsByEvent.get(name);
    if (groups === undefined) continue;
    const item: FeatureItem = { occurredAt: at, partition, offset, sign, remembered, properties };
    for (const group of groups) {
      if (group.matches !== null && !group.matches(properties)) continue;
      for (const feature of group.features) {
        if (!remembered && !feature.correctable) continue;
        const held = touchedFeature(subject, state, feature.index);
        feature.shape.add(held, item);
        feature.shape.trim(held, clock);
        for (const reader of feature.readers) subject.due.add(reader);
      }
    }
  }
}

/** A path concerns those who read it, what lies above it and what lies below it. */
function markReaders({ attributeReaders, due }: SubjectPlan, path: string): void {
  for (const reader of attributeReaders.at(path)) due.add(reader);
}

interface Change {
  readonly definition: PlannedDefinition;
  readonly from: string | null;
  readonly to: string;
  readonly effectiveAt: number;
}

/** Evaluates what is due at `now`, keeps and reports what changed, arms the timer. True where anything changed. */
export function settle(
  plan: Plan,
  state: CustomerState,
  now: number,
  bounds: Bounds,
  cause: TransitionCause,
  occurredAt: number,
  into: Transition[],
): boolean {
  const subject = plan.subjects[state.kind];
  const { definitions, due } = subject;
  const look = lookAnew(plan, state, now, { due, bounds }, occurredAt);
  let changes: Change[] | null = null;
  let near = 0;
  for (const index of due.inOrder()) {
    const definition = definitions[index];
    if (definition === undefined) continue;
    const to = look.membership(index);
    // E1; were a bound ever not ahead, time would stand still here.
    near = setBound(bounds, index, Math.max(look.until, now + 1), near);
    const held = state.memberships.get(definition.slot);
    const from = held?.value ?? (definition.kind === "segment" ? "out" : null);
    if (from === to) continue;
    const effectiveAt = cause === "late" || cause === "merge" ? effectiveFrom(held, occurredAt) : now;
    changes ??= [];
    changes.push({ definition, from, to, effectiveAt });
  }
  if (due.isWhole) state.stale = false;
  due.clear();
  state.bounds = bounds;
  state.timer = earliestBound(bounds);
  if (changes === null) return false;
  // Only now: while looking, a definition that was not due answered by what was kept.
  for (const { definition, to, effectiveAt } of changes)
    state.memberships.set(definition.slot, { value: to, since: effectiveAt });
  state.packed.membershipsFrom = -1;
  for (const rank of [0, 1, 2])
    for (const change of changes)
      if (rankOf(change) === rank) into.push(transition(plan, state, now, bounds, change, cause));
  return true;
}

/** One look a plan and kind of subject, begun anew for each event; the one of the event before, as it mostly is the same. */
const looks = new WeakMap<SubjectPlan, Look>();
let lookedBy: SubjectPlan | null = null;
let lookBefore: Look | null = null;

function lookAnew(plan: Plan, state: CustomerState, now: number, known: Known, occurredAt: number): Look {
  const subject = plan.subjects[state.kind];
  let look = lookedBy === subject && lookBefore !== null ? lookBefore : looks.get(subject);
  if (look === undefined) {
    look = new Look(plan, state, now, known);
    looks.set(subject, look);
  }
  lookedBy = subject;
  lookBefore = look;
  look.begin(state, now, known, occurredAt);
  return look;
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
  bounds: Bounds,
  { definition, from, to, effectiveAt }: Change,
  cause: TransitionCause,
): Transition {
  const { kind, id, version, index } = definition;
  const mark = definition.markOf(to);
  const until = Math.max(now, boundOf(bounds, index));
  const changesAt = plan.forecasts ? changesAtFrom(plan, state, index, to, now, until) : null;
  // Written out twice: copying costs more than making.
  return mark === undefined
    ? { kind, id, version, from, to, effectiveAt, cause, changesAt }
    : { kind, id, version, from, to, effectiveAt, cause, changesAt, mark };
}
