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
import type { HeldEvent } from "./subject-events.ts";

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
  events: readonly HeldEvent[],
  asOf: number,
): FoldedSubject {
  const state = emptyCustomer(kind, id);
  const transitions: Transition[] = [];
  for (const event of events) append(transitions, foldEvent(plan, state, foldable(event)));
  while (state.timer !== null && state.timer <= asOf) append(transitions, fireTimer(plan, state, asOf));
  return { state, changes: netChanges(transitions) };
}

function append(all: Transition[], more: readonly Transition[]): void {
  for (const transition of more) all.push(transition);
}

function foldable({ time, file, row, name, properties, attributes }: HeldEvent): FoldEvent {
  const place = { occurredAt: time, partition: file, offset: row };
  const contributions =
    name === null ? [] : [{ name, occurredAt: time, sign: 1 as const, properties, remembered: true }];
  return attributes === null ? { ...place, contributions } : { ...place, attributes, contributions };
}

/** Transitions of one instant stand side by side, as events come in order. */
function netChanges(transitions: readonly Transition[]): readonly Change[] {
  const changes: Change[] = [];
  let start = 0;
  for (let index = 0; index < transitions.length; index += 1) {
    const at = transitions[index]?.effectiveAt;
    if (transitions[index + 1]?.effectiveAt === at) continue;
    addNet(transitions.slice(start, index + 1), changes);
    start = index + 1;
  }
  return changes;
}

function addNet(together: readonly Transition[], into: Change[]): void {
  const nets = new Map<string, Change>();
  for (const { kind, id, from, to, effectiveAt, cause } of together) {
    const key = `${kind}/${id}`;
    const before = nets.get(key);
    // Later in its turn: where it came to stand last.
    nets.delete(key);
    nets.set(key, {
      kind,
      id,
      from: before === undefined ? from : before.from,
      to,
      at: effectiveAt,
      cause: cause === "late" ? "event" : cause,
    });
  }
  for (const change of nets.values()) if (change.from !== change.to) into.push(change);
}
