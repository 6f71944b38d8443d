/**
 * Orders that change: what an order counts for is a function of what became known of it. The newest image by version,
 * less the sum of refunds, nothing once it was cancelled; a correction counts that occurred within 90 days of the
 * order, and waits where it came before it.
 */

import type { Json } from "../language/json.ts";
import { unitsOf } from "../language/values.ts";
import type { CustomerEvent, OrderChange } from "../records.ts";

const orderHorizonMs = 90 * 86_400_000;

export interface KnownChange {
  readonly event: CustomerEvent & { readonly order: OrderChange };
  readonly properties: Json;
}

/** What an order counts for, at its own time. */
export interface StandingOrder {
  readonly at: number;
  readonly properties: Json;
}

/** `known`: the admitted changes of one order, as they came. Null: nothing, not placed yet or taken back whole. */
export function standingOrder(known: readonly KnownChange[]): StandingOrder | null {
  const placed = known.find(({ event }) => event.order.action === "placed");
  if (placed === undefined) return null;
  const at = placed.event.occurredAt;
  const corrections = known.filter(
    (change) => change !== placed && change.event.occurredAt - at <= orderHorizonMs,
  );
  const images = corrections.filter(
    ({ event }) => event.order.action === "placed" || event.order.action === "updated",
  );
  const newest = images.reduce(
    (best, change) => (versionOf(change) > versionOf(best) ? change : best),
    placed,
  );
  const refunds = corrections.filter(({ event }) => event.order.action === "refunded");
  const isCancelled =
    corrections.some(({ event }) => event.order.action === "cancelled") ||
    refunds.some(({ event }) => event.order.refund === null);
  if (isCancelled) return null;
  const refunded = refunds.reduce((sum, { event }) => sum + (unitsOf(event.order.refund) ?? 0), 0);
  if (refunded === 0) return { at, properties: newest.properties };
  const total = unitsOf(newest.properties.total) ?? 0;
  if (refunded >= total) return null;
  return { at, properties: { ...newest.properties, total: (total - refunded) / 10_000 } };
}

/**
 * What is known of an order by two customers who turn out to be one: where it was taken back from one of them alone, it
 * went over to the other, who has it whole; else the newer image leads, with the refunds of both.
 */
export function joinedOrder(ours: readonly KnownChange[], theirs: readonly KnownChange[]): KnownChange[] {
  const isPlaced = (known: readonly KnownChange[]): boolean =>
    known.some(({ event }) => event.order.action === "placed");
  if (!isPlaced(ours) || !isPlaced(theirs)) return [...ours, ...theirs];
  if (isCancelled(ours) !== isCancelled(theirs)) return [...(isCancelled(ours) ? theirs : ours)];
  const newest = (known: readonly KnownChange[]): number =>
    Math.max(
      ...known
        .filter(({ event: { order } }) => order.action === "placed" || order.action === "updated")
        .map(versionOf),
    );
  return newest(theirs) > newest(ours) ? [...theirs, ...ours] : [...ours, ...theirs];
}

function isCancelled(known: readonly KnownChange[]): boolean {
  return known.some(
    ({ event: { order } }) =>
      order.action === "cancelled" || (order.action === "refunded" && order.refund === null),
  );
}

/** A source without versions numbers the images of an order by their time. */
export function versionOf({ event }: KnownChange): number {
  return event.order.version ?? event.occurredAt;
}
