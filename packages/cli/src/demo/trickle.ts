/** What comes in after the demo's history: one event now and then, of somebody. */
import type { InteractionEvent, LifecycleEvent, OrderEvent } from "@tidemark/contracts";
import { interactionEvent, lifecycleEvent, orderEvent } from "./events.ts";
import { type Random, randomStream } from "./random.ts";
import type { StoreCustomer, Superstore } from "./superstore.ts";

export type LiveEvent =
  | { readonly topic: "orders"; readonly event: OrderEvent }
  | { readonly topic: "interactions"; readonly event: InteractionEvent }
  | { readonly topic: "lifecycle"; readonly event: LifecycleEvent };

const termMs = 30 * 86_400_000;

/** `run` tells one start from another, so that no two have an order id in common. */
export function trickle(store: Superstore, seed: number, run: string): (now: number) => LiveEvent {
  const random = randomStream(seed, "trickle");
  let count = 0;
  return (now) => {
    count += 1;
    const customer = random.pick(store.customers);
    const dice = random.next();
    if (dice < 0.3)
      return { topic: "orders", event: order(store, customer, `LIVE-${run}-${count}`, now, random) };
    if (dice < 0.9) return { topic: "interactions", event: interaction(store, customer, now, random) };
    return { topic: "lifecycle", event: lifecycle(customer, now, random) };
  };
}

function order(
  store: Superstore,
  customer: StoreCustomer,
  orderId: string,
  now: number,
  random: Random,
): OrderEvent {
  // A basket as somebody once had it.
  const { items, total } = random.pick(store.orders);
  return orderEvent({
    type: "order.placed",
    orderId,
    customerId: customer.id,
    occurredAt: now,
    total,
    channel: random.chance(0.7) ? "web" : "store",
    country: "US",
    items: items.map(({ sku, name, category, quantity, price }) => ({
      sku,
      name,
      category,
      quantity,
      price,
    })),
  });
}

function interaction(
  store: Superstore,
  { id }: StoreCustomer,
  now: number,
  random: Random,
): InteractionEvent {
  const dice = random.next();
  if (dice < 0.65) {
    const category = random.pick(store.orders).items[0]?.category ?? null;
    return interactionEvent("page.viewed", id, now, { path: "/sale", category });
  }
  if (dice < 0.8)
    return interactionEvent("cart.updated", id, now, { total: random.between(10, 400), items: 1 });
  if (dice < 0.9)
    return interactionEvent("email.opened", id, now, { campaign: new Date(now).toISOString().slice(0, 7) });
  return interactionEvent("feedback.given", id, now, { score: random.between(0, 10) });
}

function lifecycle({ id }: StoreCustomer, now: number, random: Random): LifecycleEvent {
  const subject = { customerId: id, companyId: null };
  if (random.chance(0.4))
    return lifecycleEvent("profile.updated", subject, now, { newsletter: random.chance(0.5) });
  return lifecycleEvent("subscription.renewed", subject, now, {
    subscription: { status: "active", endsAt: new Date(now + termMs).toISOString() },
  });
}
