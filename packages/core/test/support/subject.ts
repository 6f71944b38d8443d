/** A customer or company that lives through a history under a plan. */
import {
  type CustomerState,
  emptyCustomer,
  type FoldEvent,
  fireTimer,
  foldEvent,
  type Plan,
  packCustomer,
  type Transition,
  unpackCustomer,
} from "../../src/index.ts";
import { featureState } from "../../src/plan/feature-state.ts";
import type { RandomDefinitions } from "./random-definitions.ts";

export interface Subject {
  plan: Plan;
  state: CustomerState;
}

export function newSubject(
  plan: Plan,
  { subject, subjectId }: Pick<RandomDefinitions, "subject" | "subjectId">,
): Subject {
  return { plan, state: emptyCustomer(subject, subjectId) };
}

/** Folds them one after another. */
export function fold({ plan, state }: Subject, events: readonly FoldEvent[]): Transition[] {
  return events.flatMap((event) => foldEvent(plan, state, event));
}

/** Time passes, that instant included. */
export function pass({ plan, state }: Subject, to: number): Transition[] {
  const transitions: Transition[] = [];
  while (state.timer !== null && state.timer <= to) transitions.push(...fireTimer(plan, state, to));
  return transitions;
}

/** All that a packed customer says, read out of its bytes. */
export function contents({ plan, state }: Subject): unknown {
  const read = unpackCustomer(plan, packCustomer(plan, state), state.id);
  const subject = plan.subjects[read.kind];
  const features = subject.features.map(({ index }) => featureState(subject, read, index));
  const { clock, timer, bounds, stale, attributes, memberships, eventIds } = read;
  return { clock, timer, bounds, stale, attributes, memberships, eventIds, features };
}

/** Packed, and read again: under the same plan or another. */
export function repack(subject: Subject, plan = subject.plan): void {
  const { state } = subject;
  subject.state = unpackCustomer(plan, packCustomer(subject.plan, state), state.id);
  subject.plan = plan;
}
