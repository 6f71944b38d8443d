/** A subject's archived events, folded as services/segments folded them, into what a sweep brings. */
import { type Absorb, type CustomerEvent, type OrderChange, subjectKey } from "@tidemark/contracts";
import {
  type Contribution,
  type CustomerState,
  emptyCustomer,
  foldEvent,
  type Plan,
  packFeatures,
} from "@tidemark/core";
import { applyOrderChange, joinOrderImages, type OrderImage, unpackOrderImage } from "@tidemark/runtime";
import type { ArchivedEvent, ArchivedSubject } from "./archived-events.ts";
import type { Identities } from "./identities.ts";

/** A subject with those who became part of it. */
export interface Family extends Pick<ArchivedSubject, "kind" | "subject"> {
  /** Those that count, in the order of the log. */
  readonly events: readonly ArchivedEvent[];
  /** Offset of the erasure below which nothing of its own counts, 0 where it was never erased. */
  readonly erasedBelow: number;
  /** In the order of the log; who is absorbed by several records is in the first of them. */
  readonly absorbed: readonly {
    readonly offset: number;
    readonly partition: number;
    readonly member: Family | null;
    readonly orders: Absorb["orders"];
  }[];
}

/** Of the sweep, by partition. */
export type Fences = ReadonlyMap<number, number>;

type Placed = Pick<ArchivedSubject, "kind" | "subject" | "partition">;

/**
 * Those whom a subject took over and whose history is in its own: who came before the sweep began in its partition, and
 * whose merge came before it began in theirs. What is known of the others goes over by itself (law F6 of
 * services/segments). Without fences, all.
 */
function counted(identities: Identities, { kind, subject, partition }: Placed, fences: Fences | null) {
  const all = identities.absorbed(subjectKey(kind, subject));
  if (fences === null) return all.map((one) => ({ ...one, isBelow: true }));
  const fence = fences.get(partition) ?? 0;
  return all.flatMap((one) => {
    if (one.offset < fence) return [{ ...one, isBelow: true }];
    const merge = identities.mergeOf(subjectKey(kind, one.from));
    const isBefore = merge !== undefined && merge.offset < (fences.get(merge.partition) ?? 0);
    return isBefore ? [{ ...one, isBelow: false }] : [];
  });
}

/** Ids of all who became part of a subject, at first or second hand, and count for it. */
export function membersOf(identities: Identities, subject: Placed, fences: Fences | null): string[] {
  return counted(identities, subject, fences).flatMap(({ from }) => [
    from,
    ...membersOf(identities, { ...subject, subject: from }, null),
  ]);
}

/** `eventsOf` knows the events of all of `membersOf`. */
export function familyOf(
  identities: Identities,
  archived: ArchivedSubject,
  fences: Fences | null,
  eventsOf: ReadonlyMap<string, readonly ArchivedEvent[]>,
): Family {
  const { kind, subject, partition, events } = archived;
  const from = identities.erasedBelow(kind, subject);
  const below = fences === null ? Number.POSITIVE_INFINITY : (fences.get(partition) ?? 0);
  const to = Math.min(
    below,
    identities.mergeOf(subjectKey(kind, subject))?.offset ?? Number.POSITIVE_INFINITY,
  );
  const seen = new Set<string>();
  const absorbed = counted(identities, archived, fences).map(({ offset, from: other, orders, isBelow }) => {
    const isFirst = !seen.has(other);
    seen.add(other);
    const own = eventsOf.get(other) ?? [];
    const member = { kind, subject: other, partition: own[0]?.partition ?? 0, events: own };
    return {
      offset,
      partition,
      // Behind the fence the partition itself takes back what both had.
      orders: isBelow ? orders : [],
      member: isFirst ? familyOf(identities, member, null, eventsOf) : null,
    };
  });
  return {
    kind,
    subject,
    events: events.filter(({ offset }) => offset >= from && offset < to),
    erasedBelow: from,
    absorbed,
  };
}

/** Packed features. `plan` is one for history: of features only. */
export function foldHistory(plan: Plan, family: Family): Uint8Array {
  const state = emptyCustomer(family.kind, family.subject);
  foldFamily(plan, state, family);
  return packFeatures(plan, state);
}

function foldFamily(plan: Plan, state: CustomerState, { events, absorbed }: Family): void {
  const orders = new Map<string, OrderImage>();
  const add = (
    at: Pick<ArchivedEvent, "occurredAt" | "partition" | "offset">,
    contributions: readonly Contribution[],
  ) => {
    if (contributions.length > 0) foldEvent(plan, state, { ...at, contributions });
  };
  let next = 0;
  const absorbUpTo = (offset: number): void => {
    for (let one = absorbed[next]; one !== undefined && one.offset < offset; one = absorbed[next]) {
      next += 1;
      if (one.member !== null) foldFamily(plan, state, one.member);
      const { partition, offset: at } = one;
      add({ occurredAt: state.clock ?? 0, partition, offset: at }, joinOrders(orders, one.orders));
    }
  };
  for (const event of events) {
    absorbUpTo(event.offset);
    const { occurredAt, partition, offset } = event;
    add({ occurredAt, partition, offset }, contributionsOf(event, orders));
  }
  absorbUpTo(Number.POSITIVE_INFINITY);
}

/** What to take back of orders that both had. */
function joinOrders(orders: Map<string, OrderImage>, theirs: Absorb["orders"]): readonly Contribution[] {
  return theirs.flatMap(({ orderId, image }) => {
    const [ours, other] = [orders.get(orderId), unpackOrderImage(Buffer.from(image))];
    const joined = ours && joinOrderImages(ours, other);
    orders.set(orderId, joined ? joined.image : other);
    return joined ? joined.contributions : [];
  });
}

function contributionsOf(event: ArchivedEvent, orders: Map<string, OrderImage>): readonly Contribution[] {
  const { name, occurredAt, orderId, orderAction, appendedAt } = event;
  const properties = JSON.parse(event.properties);
  if (orderId === null || orderAction === null)
    return [{ name, occurredAt, sign: 1, properties, remembered: true }];
  const order: OrderChange = {
    orderId,
    action: orderAction,
    version: event.orderVersion,
    refund: event.orderRefund,
  };
  const change = { name, occurredAt, order } as CustomerEvent & { readonly order: OrderChange };
  let outcome = applyOrderChange(orders.get(orderId) ?? null, change, properties, appendedAt);
  // It was admitted: so the order's image was not kept any more when it came.
  if (outcome.outcome !== "folded") outcome = applyOrderChange(null, change, properties, appendedAt);
  if (outcome.outcome !== "folded") return [];
  orders.set(orderId, outcome.image);
  return outcome.contributions;
}
