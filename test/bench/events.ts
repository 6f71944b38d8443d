/** A seeded history: skewed customers, mostly in order of time, some of it late, some orders corrected. */
import type { CustomerEvent, OrderChange } from "@tidemark/contracts";
import { seededRandom } from "./random.ts";

export interface HistoryShape {
  readonly customers: number;
  readonly events: number;
  /** ms since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly seed: number;
}

/** A fifth of the customers has four fifths of the events. */
const busyShare = 0.2;
const busyEvents = 0.8;
const lateShare = 0.05;
const mostLateMs = 14 * 86_400_000;
const correctionShare = 0.01;
const knownOrders = 10_000;

const names = ["order.placed", "page.viewed", "page.viewed", "cart.updated", "email.opened"] as const;
const pages = ["/sale", "/new", "/help", "/", "/cart"] as const;
const categories = ["books", "garden", "toys", "food", "music"] as const;

interface Placed {
  readonly orderId: string;
  readonly subject: string;
  readonly total: number;
}

/** What a customer event says besides where it comes from. */
export type HistoryEvent = Pick<
  CustomerEvent,
  "subject" | "name" | "occurredAt" | "attributes" | "properties" | "order"
>;

/** Every event once, in the order in which it reaches the log. Each customer's first one carries its profile. */
export function* history(shape: HistoryShape): Generator<HistoryEvent> {
  const random = seededRandom(shape.seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const seen = new Uint8Array(shape.customers);
  const placed: Placed[] = [];
  const busy = Math.floor(shape.customers * busyShare);
  for (let index = 0; index < shape.events; index += 1) {
    const inOrder = shape.from + Math.floor(((shape.to - shape.from) * index) / shape.events);
    const occurredAt = random() < lateShare ? inOrder - Math.floor(random() * mostLateMs) : inOrder;
    const customer =
      random() < busyEvents
        ? Math.floor(random() * busy)
        : busy + Math.floor(random() * (shape.customers - busy));
    const subject = `c${customer}`;
    if (seen[customer] === 0) {
      seen[customer] = 1;
      yield {
        subject,
        occurredAt,
        name: "profile.updated",
        attributes: profile(random),
        properties: "{}",
        order: null,
      };
      continue;
    }
    const corrected = random() < correctionShare ? pick(placed) : undefined;
    if (corrected !== undefined) {
      yield correction(corrected, inOrder);
      continue;
    }
    const name = pick(names);
    if (name !== "order.placed") {
      const properties = JSON.stringify(
        name === "page.viewed" ? { path: pick(pages) } : { campaign: index % 40 },
      );
      yield { subject, occurredAt, name, attributes: null, properties, order: null };
      continue;
    }
    const order: Placed = { orderId: `o${index}`, subject, total: Math.round(random() * 20_000) / 100 };
    placed[index % knownOrders] = order;
    yield orderEvent(order, "placed", occurredAt, [pick(categories), pick(categories)]);
  }
}

function profile(random: () => number): string {
  const day = 1 + Math.floor(random() * 28);
  const month = 1 + Math.floor(random() * 12);
  return JSON.stringify({
    country: random() < 0.5 ? "DE" : "FR",
    birthDate: `${1950 + Math.floor(random() * 55)}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`,
  });
}

function correction(order: Placed, occurredAt: number): HistoryEvent {
  const refund = Math.round(order.total * 50) / 100;
  const { subject, orderId } = order;
  const change: OrderChange = { orderId, action: "refunded", version: null, refund };
  const properties = JSON.stringify({ orderId, refund });
  return { subject, occurredAt, name: "order.refunded", attributes: null, properties, order: change };
}

function orderEvent(
  { orderId, subject, total }: Placed,
  action: "placed",
  occurredAt: number,
  bought: readonly string[],
): HistoryEvent {
  const items = bought.map((category, at) => ({ sku: `s${at}`, category, quantity: 1, price: total / 2 }));
  return {
    subject,
    occurredAt,
    name: `order.${action}`,
    attributes: null,
    properties: JSON.stringify({ orderId, total, currency: "EUR", items }),
    order: { orderId, action, version: null, refund: null },
  };
}
