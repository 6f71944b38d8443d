/** Twenty ways in which events go wrong. */
import { type Codec, topicNames } from "@tidemark/contracts";

export interface MalformedKind {
  readonly kind: string;
  readonly topic: string;
  /** The reason that its dead letter has, and the path of a fault in it. */
  readonly reason: string;
  readonly path: string;
  /** The bytes of the nth of its kind. */
  readonly value: (at: number) => Buffer | null;
}

const { orders, interactions, lifecycle } = topicNames;

export function malformedKinds(codec: Codec, now: number): readonly MalformedKind[] {
  const order = { type: "order.placed", orderId: "o", customerId: "c", occurredAt: now - 1_000, total: 5 };
  const interaction = { name: "page.viewed", customerId: "c", occurredAt: now - 1_000 };
  const profile = { name: "profile.updated", customerId: "c", occurredAt: now - 1_000 };
  const avroInteraction = (changes: object) =>
    codec.encode("tidemark.source.InteractionEvent", {
      ...interaction,
      companyId: null,
      eventId: null,
      properties: null,
      ...changes,
    });
  return [
    unreadable("no value", orders, () => null),
    unreadable("bytes that mean nothing", interactions, (at) => Buffer.from([0xde, 0xad, 0xbe, 0xef, at])),
    unreadable("text", lifecycle, (at) => Buffer.from(`customer ${at} signed up`)),
    unreadable("JSON cut short", orders, (at) => json({ ...order, orderId: `o${at}` }).subarray(0, 40)),
    unreadable("a JSON list", interactions, () => Buffer.from(JSON.stringify([interaction]))),
    unreadable("JSON that is not UTF-8", lifecycle, (at) =>
      Buffer.from(JSON.stringify({ ...profile, customerId: `Zo\u00eb${at}` }), "latin1"),
    ),
    unreadable("a schema that nobody registered", orders, (at) => wire(1_999_999_000 + (at % 3), [1, 2, 3])),
    unreadable("Avro cut short", interactions, () => avroInteraction({}).subarray(0, 12)),
    unreadable("Avro of another topic", orders, () => avroInteraction({})),
    unreadable("half a schema id", lifecycle, () => Buffer.from([0, 0, 0])),
    refused("nobody it is about", orders, "unattributed", "customerId", () =>
      json({ ...order, customerId: "" }),
    ),
    refused("an unknown type", orders, "invalid", "type", (at) => json({ ...order, type: `order.${at}` })),
    refused("a total that is no number", orders, "invalid", "total", () => json({ ...order, total: "ten" })),
    refused("a currency without a rate", orders, "no-rate", "currency", () =>
      json({ ...order, currency: "CHF" }),
    ),
    refused("a time to come", interactions, "future", "occurredAt", (at) =>
      json({ ...interaction, occurredAt: now + 86_400_000 + at }),
    ),
    refused("a time before 1900", lifecycle, "too-old", "occurredAt", () =>
      json({ ...profile, occurredAt: "0001-01-01T00:00:00Z" }),
    ),
    refused("seconds where ms were meant", interactions, "invalid", "occurredAt", () =>
      avroInteraction({ occurredAt: Math.floor(now / 1000) }),
    ),
    refused("a name in upper case", interactions, "invalid", "name", () =>
      avroInteraction({ name: "Page Viewed" }),
    ),
    refused("an id with control characters", lifecycle, "invalid", "customerId", (at) =>
      json({ ...profile, customerId: `c\u0000${at}` }),
    ),
    refused("attributes too deep", lifecycle, "too-large", "attributes.a.a.a.a.a.a.a.a", () =>
      json({ ...profile, attributes: JSON.parse(`${'{"a":'.repeat(500)}1${"}".repeat(500)}`) }),
    ),
  ];
}

function unreadable(kind: string, topic: string, value: MalformedKind["value"]): MalformedKind {
  return { kind, topic, reason: "unreadable", path: "", value };
}

function refused(
  kind: string,
  topic: string,
  reason: string,
  path: string,
  value: MalformedKind["value"],
): MalformedKind {
  return { kind, topic, reason, path, value };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function wire(schemaId: number, body: readonly number[]): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(schemaId, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}
