/** A customer or company that lives through a history under a plan. */
import {
  type CustomerState,
  describeCustomer,
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

/** What people see, a latch apart. Latches follow the order of the log: what rests on one is left out. */
export function seenAt({ plan, state }: Subject, at: number) {
  const { metrics, scores, engagements, segments, classifications, attributes } = describeCustomer(
    plan,
    state,
    at,
  );
  const { definitions: planned, latches } = plan.subjects[state.kind];
  const isPlain = (kind: string) =>
    new Set(
      planned.filter((one) => one.kind === kind && latches[one.index]!.length === 0).map(({ id }) => id),
    );
  const plain = (kind: string, found: readonly { readonly id: string; readonly since: number }[]) =>
    found.filter(({ id }) => isPlain(kind).has(id)).map(({ since: _, ...rest }) => rest);
  return {
    metrics,
    scores,
    engagements,
    attributes,
    segments: plain("segment", segments),
    classifications: plain("classification", classifications),
  };
}
