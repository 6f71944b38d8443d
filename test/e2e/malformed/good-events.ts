/** Good events of many shapes for the three topics, each with what should come of it. */
import { type Codec, type CustomerEvent, topicNames } from "@tidemark/contracts";

export interface Good {
  readonly topic: string;
  readonly value: Buffer;
  /** Canonical events in the order of their ordinals. */
  readonly events: readonly Pick<CustomerEvent, "subjectKind" | "subject" | "name" | "occurredAt">[];
}

const minuteMs = 60_000;

/** `count` events of the hours before `now`. */
export function goodEvents(codec: Codec, count: number, now: number): readonly Good[] {
  const makers = [
    avroOrder,
    jsonOrder,
    orderOfBoth,
    movedOrder,
    avroInteraction,
    jsonInteraction,
    avroProfile,
    jsonProfile,
  ];
  return Array.from({ length: count }, (_, at) => {
    const make = makers[at % makers.length] as (typeof makers)[number];
    return make(codec, at, now - (count - at) * 1_000);
  });
}

const json = (value: object) => Buffer.from(JSON.stringify(value));

const customer = (at: number) => `c${at % 500}`;

const event = (
  subjectKind: "customer" | "company",
  subject: string,
  name: string,
  occurredAt: number,
): Good["events"][number] => ({ subjectKind, subject, name, occurredAt });

const noOrderFields = {
  previousCustomerId: null,
  companyId: null,
  eventId: null,
  version: null,
  refund: null,
  currency: null,
  channel: null,
  country: null,
  properties: null,
};

function avroOrder(codec: Codec, at: number, occurredAt: number): Good {
  const items = [{ sku: `s${at}`, name: null, category: "books", quantity: 2, price: 4.25 }];
  const value = {
    ...noOrderFields,
    type: "order.placed",
    orderId: `o${at}`,
    customerId: customer(at),
    occurredAt,
    total: null,
    items,
  };
  return {
    topic: topicNames.orders,
    value: codec.encode("tidemark.source.OrderEvent", value),
    events: [event("customer", customer(at), "order.placed", occurredAt)],
  };
}

function jsonOrder(_: Codec, at: number, occurredAt: number): Good {
  const time = new Date(occurredAt).toISOString();
  return {
    topic: topicNames.orders,
    value: Buffer.from(
      `\ufeff\n{"type":"order.refunded","orderId":"o${at}","customerId":${at % 500},"occurredAt":"${time}","refund":1.5}`,
    ),
    events: [event("customer", String(at % 500), "order.refunded", occurredAt)],
  };
}

function orderOfBoth(_: Codec, at: number, occurredAt: number): Good {
  const names = { customerId: customer(at), companyId: `acme-${at % 20}` };
  return {
    topic: topicNames.orders,
    value: json({
      type: "order.placed",
      orderId: `o${at}`,
      ...names,
      occurredAt,
      total: "12.50",
      currency: "eur",
    }),
    events: [
      event("customer", names.customerId, "order.placed", occurredAt),
      event("company", names.companyId, "order.placed", occurredAt),
    ],
  };
}

function movedOrder(_: Codec, at: number, occurredAt: number): Good {
  const names = { customerId: customer(at), previousCustomerId: `${customer(at)}-before` };
  return {
    topic: topicNames.orders,
    value: json({ type: "order.updated", orderId: `o${at}`, ...names, occurredAt, version: 2, total: 5 }),
    events: [
      event("customer", names.previousCustomerId, "order.cancelled", occurredAt),
      event("customer", names.customerId, "order.placed", occurredAt),
    ],
  };
}

function avroInteraction(codec: Codec, at: number, occurredAt: number): Good {
  const value = {
    name: "feedback.given",
    customerId: customer(at),
    companyId: null,
    occurredAt,
    eventId: `e${at}`,
    properties: '{"score":4,"text":"fine\\nreally"}',
  };
  return {
    topic: topicNames.interactions,
    value: codec.encode("tidemark.source.InteractionEvent", value),
    events: [event("customer", customer(at), "feedback.given", occurredAt)],
  };
}

function jsonInteraction(_: Codec, at: number, occurredAt: number): Good {
  const time = new Date(occurredAt + 120 * minuteMs).toISOString().replace("Z", "+02:00");
  return {
    topic: topicNames.interactions,
    value: json({
      name: "page.viewed",
      customerId: customer(at),
      occurredAt: time,
      properties: { path: "/ü" },
    }),
    events: [event("customer", customer(at), "page.viewed", occurredAt)],
  };
}

function avroProfile(codec: Codec, at: number, occurredAt: number): Good {
  const value = {
    name: "profile.updated",
    customerId: customer(at),
    companyId: `acme-${at % 20}`,
    occurredAt,
    eventId: null,
    attributes: '{"birthDate":"1990-5-7","email":null,"address":{"city":"Köln"}}',
    properties: null,
  };
  return {
    topic: topicNames.lifecycle,
    value: codec.encode("tidemark.source.LifecycleEvent", value),
    events: [
      event("customer", customer(at), "profile.updated", occurredAt),
      event("company", `acme-${at % 20}`, "profile.updated", occurredAt),
    ],
  };
}

function jsonProfile(_: Codec, at: number, occurredAt: number): Good {
  const attributes = {
    subscription: { plan: "gold", endsAt: "2027-01-01T00:00:00Z" },
    unreadable: "0000-00-00",
  };
  return {
    topic: topicNames.lifecycle,
    value: json({ name: "subscription.started", customerId: customer(at), occurredAt, attributes }),
    events: [event("customer", customer(at), "subscription.started", occurredAt)],
  };
}
