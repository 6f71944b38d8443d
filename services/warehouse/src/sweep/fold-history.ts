/** A subject's archived events, folded as services/segments folded them, into what a sweep brings. */
import { type CustomerEvent, type OrderChange, subjectKey } from "@tidemark/contracts";
import { type Contribution, emptyCustomer, foldEvent, type Plan, packFeatures } from "@tidemark/core";
import { applyOrderChange, type OrderImage } from "@tidemark/runtime";
import type { ArchivedEvent, ArchivedSubject } from "./archived-events.ts";

/** Packed features. `plan` is one for history: of features only. */
export function foldHistory(plan: Plan, { kind, subject, partition, events }: ArchivedSubject): Uint8Array {
  const state = emptyCustomer(kind, subject);
  const orders = new Map<string, OrderImage>();
  for (const event of events) {
    const contributions = contributionsOf(event, { kind, subject }, orders);
    const { occurredAt, offset } = event;
    foldEvent(plan, state, { occurredAt, partition, offset, contributions });
  }
  return packFeatures(plan, state);
}

function contributionsOf(
  event: ArchivedEvent,
  { kind, subject }: Pick<ArchivedSubject, "kind" | "subject">,
  orders: Map<string, OrderImage>,
): readonly Contribution[] {
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
  const key = `${subjectKey(kind, subject)}|${orderId}`;
  let outcome = applyOrderChange(orders.get(key) ?? null, change, properties, appendedAt);
  // It was admitted: so the order's image was not kept any more when it came.
  if (outcome.outcome !== "folded") outcome = applyOrderChange(null, change, properties, appendedAt);
  if (outcome.outcome !== "folded") return [];
  orders.set(key, outcome.image);
  return outcome.contributions;
}
