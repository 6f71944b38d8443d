/** The subjects of a golden case at an instant, as the engine has them. */
import {
  buildPlan,
  type CustomerState,
  cutPoints,
  type Definition,
  emptyCustomer,
  fireTimer,
  foldEvent,
  type Plan,
  packCustomer,
  populationValue,
  type SubjectKind,
  type Transition,
  unpackCustomer,
} from "../../packages/core/src/index.ts";
import type { LogRecord, Order } from "./log.ts";

/** One subject, all that occurred by then folded in. */
export interface Seen {
  readonly kind: SubjectKind;
  readonly subject: string;
  readonly state: CustomerState;
  /** What was last published of each definition, by `kind/id`. */
  readonly published: ReadonlyMap<string, string>;
}

export interface Sight {
  readonly plan: Plan;
  readonly subjects: readonly Seen[];
}

/** Everybody who is there at `at` (ms), under the cuts of that instant. */
export function seenAt(definitions: readonly Definition[], zone: string, order: Order, at: number): Sight {
  const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false }));
  const records = order.records.filter(({ event }) => event.occurredAt <= at);
  const uncut = buildPlan(inputs, { zone });
  const first = { plan: uncut, subjects: subjectsAt(uncut, records, order, at) };
  if (uncut.cutRequests.length === 0) return first;
  const plan = buildPlan(inputs, { zone, slots: uncut.slots, cuts: cutsOf(first, at) });
  return { plan, subjects: subjectsAt(plan, records, order, at) };
}

function cutsOf({ plan, subjects }: Sight, at: number): Record<string, readonly number[]> {
  const cuts: Record<string, readonly number[]> = {};
  for (const { key, subject, shares } of plan.cutRequests) {
    const values = subjects
      .filter(({ kind }) => kind === subject)
      .map(({ state }) => populationValue(plan, state, key, at))
      .filter((value) => value !== undefined);
    if (values.length > 0) cuts[key] = cutPoints(values, shares);
  }
  return cuts;
}

function subjectsAt(plan: Plan, records: readonly LogRecord[], order: Order, at: number): Seen[] {
  const bySubject = Map.groupBy(records, ({ kind, subject }) => `${kind}:${subject}`);
  return [...bySubject.values()].map((own) => folded(plan, own, order, at));
}

/** Where there are more events, packing after each of them takes long and shows nothing more: after every 50th then. */
const longHistory = 100;

function folded(plan: Plan, records: readonly LogRecord[], { packs, fires }: Order, at: number): Seen {
  const { kind, subject } = records[0]!;
  const published = new Map<string, string>();
  let state = emptyCustomer(kind, subject);
  let steps = 0;
  const every = records.length > longHistory ? 50 : 1;
  const step = (transitions: readonly Transition[]): void => {
    for (const transition of transitions) published.set(`${transition.kind}/${transition.id}`, transition.to);
    steps += 1;
    if (packs && steps % every === 0) state = unpackCustomer(plan, packCustomer(plan, state), subject);
  };
  const fireUpTo = (instant: number): void => {
    while (state.timer !== null && state.timer <= instant) step(fireTimer(plan, state, instant));
  };
  for (const { event } of records) {
    if (fires) fireUpTo(event.occurredAt - 1);
    step(foldEvent(plan, state, event));
  }
  fireUpTo(at);
  if (packs) state = unpackCustomer(plan, packCustomer(plan, state), subject);
  return { kind, subject, state, published };
}
