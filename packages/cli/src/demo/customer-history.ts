/** What one customer of the demo did beside ordering, and who they are. */
import type { InteractionEvent, LifecycleEvent, OrderEvent } from "@tidemark/contracts";
import { interactionEvent, lifecycleEvent, orderEvent } from "./events.ts";
import type { Random } from "./random.ts";
import { zoneOfState } from "./state-zones.ts";
import type { StoreCustomer } from "./superstore.ts";

const minuteMs = 60_000;
const hourMs = 3_600_000;
export const dayMs = 86_400_000;

/** By the second day of the story everybody has a profile. */
export function profile(customer: StoreCustomer, at: number, random: Random): LifecycleEvent {
  const { id, name, kind, country, state, city, region } = customer;
  return lifecycleEvent("profile.updated", { customerId: id, companyId: null }, at, {
    name,
    birthDate: birthDate(at, random),
    zone: zoneOfState(state),
    customerKind: kind,
    country,
    state,
    city,
    region,
    newsletter: random.chance(0.6),
  });
}

/** 20 to 79 years before `at`, any day of the year. */
function birthDate(at: number, random: Random): string {
  return new Date(at - Math.floor((20 + 60 * random.next()) * 365.25 * dayMs)).toISOString().slice(0, 10);
}

/** Pages looked at before an order and the cart; mostly a word on it afterwards. */
export function aroundOrder(order: OrderEvent, now: number, random: Random): readonly InteractionEvent[] {
  const customerId = order.customerId ?? "";
  const category = order.items[0]?.category ?? null;
  const events: InteractionEvent[] = [];
  const visitAt = order.occurredAt - random.between(20, 90) * minuteMs;
  for (let page = random.between(1, 3); page > 0; page -= 1) {
    const path = random.chance(0.3) ? "/sale" : `/${String(category).toLowerCase().replaceAll(" ", "-")}`;
    events.push(interactionEvent("page.viewed", customerId, visitAt + page * minuteMs, { path, category }));
  }
  events.push(
    interactionEvent("cart.updated", customerId, order.occurredAt - 5 * minuteMs, {
      total: order.total,
      items: order.items.length,
    }),
  );
  const feedbackAt = order.occurredAt + random.between(2, 14) * dayMs + random.between(0, 600) * minuteMs;
  if (random.chance(0.35) && feedbackAt <= now) {
    const score = random.chance(0.7) ? random.between(8, 10) : random.between(0, 7);
    events.push(interactionEvent("feedback.given", customerId, feedbackAt, { score }));
  }
  return events;
}

/** The monthly mail, opened now and then, and carts that were left. */
export function inBetween(
  customer: StoreCustomer,
  from: number,
  now: number,
  random: Random,
): readonly InteractionEvent[] {
  const events: InteractionEvent[] = [];
  for (let at = from + random.between(1, 30) * dayMs; at <= now; at += 30 * dayMs) {
    if (random.chance(0.25)) {
      const campaign = new Date(at).toISOString().slice(0, 7);
      events.push(interactionEvent("email.opened", customer.id, at, { campaign }));
    }
    const cartAt = at + random.between(1, 20 * 24) * hourMs;
    if (random.chance(0.08) && cartAt <= now) {
      events.push(
        interactionEvent("page.viewed", customer.id, cartAt - 4 * minuteMs, { path: "/sale" }),
        interactionEvent("cart.updated", customer.id, cartAt, { total: random.between(10, 400), items: 1 }),
      );
    }
  }
  return events;
}

/** Of an order in a hundred something is refunded, of one in two hundred everything is cancelled. */
export function afterwards(order: OrderEvent, now: number, random: Random): OrderEvent | undefined {
  const fate = random.next();
  const at = order.occurredAt + random.between(1, 20) * dayMs;
  if (fate >= 0.015 || at > now) return undefined;
  const { orderId, customerId, companyId, total } = order;
  const common = { orderId, customerId, companyId, occurredAt: at };
  if (fate < 0.005) return orderEvent({ type: "order.cancelled", ...common });
  return orderEvent({ type: "order.refunded", ...common, refund: Math.floor((total ?? 0) * 50) / 100 });
}
