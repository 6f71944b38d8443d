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
  type TransitionCause,
} from "@tidemark/core";

export interface Change {
  readonly kind: "segment" | "classification";
  readonly id: string;
  /** `in` / `out` for segments; a category for classifications, null at first sight. */
  readonly from: string | null;
  readonly to: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly cause: TransitionCause;
}

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

/** Transitions of one instant stand side by side, as events come in order. */
function netChanges(transitions: readonly Transition[]): readonly Change[] {
  const changes: Change[] = [];
  let start = 0;
  for (let index = 0; index < transitions.length; index += 1) {
    const at = transitions[index]?.effectiveAt;
    if (transitions[index + 1]?.effectiveAt === at) continue;
    const together = start === index ? null : transitions.slice(start, index + 1);
    if (together?.some(isRepeated)) addNet(together, changes);
    else for (; start <= index; start += 1) addChange(transitions[start], changes);
    start = index + 1;
  }
  return changes;
}

/** Whether a definition changed before, among these. */
function isRepeated({ kind, id }: Transition, index: number, together: readonly Transition[]): boolean {
  for (let before = 0; before < index; before += 1)
    if (together[before]?.id === id && together[before]?.kind === kind) return true;
  return false;
}

function addChange(transition: Transition | undefined, into: Change[]): void {
  if (transition === undefined) return;
  const { kind, id, from, to, effectiveAt: at, cause } = transition;
  into.push({ kind, id, from, to, at, cause: cause === "late" ? "event" : cause });
}

function addNet(together: readonly Transition[], into: Change[]): void {
  const nets = new Map<string, Transition>();
  for (const transition of together) {
    const key = `${transition.kind}/${transition.id}`;
    const before = nets.get(key);
    const { from } = before ?? transition;
    // Later in its turn: where it came to stand last.
    nets.delete(key);
    nets.set(key, { ...transition, from });
  }
  for (const transition of nets.values()) if (transition.from !== transition.to) addChange(transition, into);
}
