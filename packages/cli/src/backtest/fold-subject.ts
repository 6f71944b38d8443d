/** One customer (or company): all of its events, in order, to what it is and how it came to be so. */
import {
  type CustomerState,
  emptyCustomer,
  type FoldEvent,
  fireTimer,
  foldEvent,
  type Plan,
  type SubjectKind,
  type Transition,
} from "@tidemark/core";

/** `effectiveAt` in ms; `from` null is a classification at first sight. */
export type Change = Pick<Transition, "kind" | "id" | "from" | "to" | "effectiveAt" | "cause">;

export interface FoldedSubject {
  /** At `asOf`. */
  readonly state: CustomerState;
  /** In order of time. */
  readonly changes: readonly Change[];
}

/**
 * Folds the events (in total order, none after `asOf` in ms) and lets time pass up to `asOf`. Of several changes of one
 * definition at one instant only the net difference is a change: events of one instant happened together.
 */
export function foldSubject(
  plan: Plan,
  kind: SubjectKind,
  id: string,
  events: readonly FoldEvent[],
  asOf: number,
): FoldedSubject {
  const state = emptyCustomer(kind, id);
  const transitions: Transition[] = [];
  for (const event of events) append(transitions, foldEvent(plan, state, event));
  while (state.timer !== null && state.timer <= asOf) append(transitions, fireTimer(plan, state, asOf));
  return { state, changes: netChanges(transitions) };
}

function append(all: Transition[], more: readonly Transition[]): void {
  for (const transition of more) all.push(transition);
}

/**
 * Transitions of one instant stand side by side, as events come in order. Only where one event of an instant comes
 * behind another, so that what it changed is called late, can there be several of one definition.
 */
function netChanges(transitions: readonly Transition[]): readonly Change[] {
  if (!transitions.some(isLate)) return transitions;
  const changes: Change[] = [];
  let start = 0;
  for (let index = 0; index < transitions.length; index += 1) {
    if (transitions[index + 1]?.effectiveAt === transitions[index]?.effectiveAt) continue;
    const together = transitions.slice(start, index + 1);
    if (together.some(isLate)) addNet(together, changes);
    else changes.push(...together);
    start = index + 1;
  }
  return changes;
}

function isLate({ cause }: Transition): boolean {
  return cause === "late";
}

function addNet(together: readonly Transition[], into: Change[]): void {
  const nets = new Map<string, Change>();
  for (const transition of together) {
    const key = `${transition.kind}/${transition.id}`;
    const before = nets.get(key);
    const { from } = before ?? transition;
    // Later in its turn: where it came to stand last.
    nets.delete(key);
    nets.set(key, { ...transition, from, cause: isLate(transition) ? "event" : transition.cause });
  }
  for (const change of nets.values()) if (change.from !== change.to) into.push(change);
}
