/**
 * The demo's past, four years of it: the real orders of Superstore, moved so that the last one is now, and what their
 * customers may have done around them. The same seed and `now` give the same events, to the byte.
 */
import type { InteractionEvent, LifecycleEvent, OrderEvent } from "@tidemark/contracts";
import { type Company, companiesOf } from "./companies.ts";
import { afterwards, aroundOrder, dayMs, inBetween, profile } from "./customer-history.ts";
import { lifecycleEvent, orderEvent, type SourceEvents } from "./events.ts";
import { randomStream } from "./random.ts";
import { subscriptionHistory } from "./subscriptions.ts";
import type { StoreOrder, Superstore } from "./superstore.ts";

export interface DemoMoment {
  readonly seed: number;
  /** The instant of the last order, in ms. */
  readonly now: number;
}

/** So many plans end, or come within a fortnight of their end, in the first hours: time alone is seen at work. */
const plansOnTheEdge = 60;
const edgeEveryMs = 100_000;

export function demoHistory(store: Superstore, moment: DemoMoment): SourceEvents {
  const { seed, now } = moment;
  const companies = companiesOf(store.customers, randomStream(seed, "companies"));
  const orders = shiftedOrders(store.orders, companies, moment);
  const byCustomer = Map.groupBy(orders, ({ customerId }) => customerId);
  const corrections: OrderEvent[] = [];
  const interactions: InteractionEvent[] = [];
  const lifecycle: LifecycleEvent[] = companyProfiles(companies, orders[0]?.occurredAt ?? now);
  let edges = 0;
  for (const customer of store.customers) {
    const random = randomStream(seed, customer.id);
    const own = byCustomer.get(customer.id) ?? [];
    const joinedAt = (own[0]?.occurredAt ?? now) - random.between(1, 72) * 3_600_000;
    lifecycle.push(profile(customer, joinedAt, random));
    for (const order of own) {
      interactions.push(...aroundOrder(order, now, random));
      const correction = afterwards(order, now, random);
      if (correction) corrections.push(correction);
    }
    interactions.push(...inBetween(customer, joinedAt, now, random));
    if (!random.chance(0.4)) continue;
    const hasTime = joinedAt < now - 400 * dayMs;
    const edgeAt = edges < plansOnTheEdge && hasTime ? now + (edges + 1) * edgeEveryMs : null;
    if (edgeAt !== null) edges += 1;
    lifecycle.push(...subscriptionHistory({ customerId: customer.id, from: joinedAt, now, edgeAt }, random));
  }
  return {
    orders: byTime([...orders, ...corrections]),
    interactions: byTime(interactions),
    lifecycle: byTime(lifecycle),
  };
}

/** The data set knows days; the hour is ours, in what are office hours there. */
function shiftedOrders(
  orders: readonly StoreOrder[],
  companies: ReadonlyMap<string, Company>,
  { seed, now }: DemoMoment,
): readonly OrderEvent[] {
  const placed = orders.map((order) => {
    const random = randomStream(seed, order.id);
    return { order, random, at: order.day + random.between(13 * 3600, 25 * 3600) * 1000 };
  });
  const last = placed.reduce((latest, { at }) => Math.max(latest, at), Number.NEGATIVE_INFINITY);
  return byTime(
    placed.map(({ order, random, at }) =>
      orderEvent({
        type: "order.placed",
        orderId: order.id,
        customerId: order.customer,
        companyId: companies.get(order.customer)?.id ?? null,
        occurredAt: at + now - last,
        total: order.total,
        channel: random.chance(0.7) ? "web" : "store",
        country: "US",
        items: order.items.map(({ sku, name, category, quantity, price }) => ({
          sku,
          name,
          category,
          quantity,
          price,
        })),
      }),
    ),
  );
}

function companyProfiles(companies: ReadonlyMap<string, Company>, firstOrderAt: number): LifecycleEvent[] {
  const known = new Map([...companies.values()].map((company) => [company.id, company]));
  return [...known.values()].map(({ id, ...attributes }) =>
    lifecycleEvent("company.updated", { customerId: null, companyId: id }, firstOrderAt - dayMs, attributes),
  );
}

/** Stable, so events of one instant stay as they were made. */
function byTime<T extends { readonly occurredAt: number }>(events: readonly T[]): T[] {
  return [...events].sort((a, b) => a.occurredAt - b.occurredAt);
}
