/** Records that nobody should have written: bytes that say nothing, records of elsewhere, and well-formed nonsense. */
import { type Codec, topicNames } from "@tidemark/contracts";
import type { OutgoingRecord } from "@tidemark/runtime";

export interface Poison {
  readonly kind: string;
  readonly record: OutgoingRecord;
}

/** Below the broker's limit of 1 MiB. */
const hugeBytes = 900_000;
const magic = Buffer.from([0]);

/** Schemas that the kinds below are written with. */
export async function preparePoison(codec: Codec): Promise<void> {
  await codec.prepare(
    topicNames.customerEvents,
    [
      "CustomerEvent",
      "Clock",
      "DefinitionVersion",
      "LoadBegin",
      "LoadEnd",
      "Sweep",
      "SweepApply",
      "SweepBatch",
      "SweepEnd",
      "Merge",
      "MergeRequest",
      "Absorb",
      "Erasure",
    ].map((name) => `tidemark.log.${name}`),
  );
  await codec.prepare(topicNames.segmentChanges, [
    "tidemark.changes.SegmentChange",
    "tidemark.changes.Fence",
  ]);
  await codec.prepare(topicNames.segmentDefinitions, ["tidemark.definitions.DefinitionRecord"]);
}

/** For any topic: what does not decode, or is of no use wherever it stands. */
export function anywhere(codec: Codec): readonly Poison[] {
  const whole = codec.encode("tidemark.log.CustomerEvent", customerEvent({}));
  const keyed = (kind: string, value: Buffer | null, more: Partial<OutgoingRecord> = {}): Poison => ({
    kind,
    record: { key: Buffer.from(`poison/${kind}`), value, ...more },
  });
  return [
    keyed("no value", null),
    keyed("no bytes", Buffer.alloc(0)),
    keyed("text", Buffer.from("not a record")),
    keyed("magic byte alone", magic),
    keyed(
      "schema that nobody registered",
      Buffer.concat([magic, Buffer.from([0x7f, 0, 0, 1]), Buffer.from("x")]),
    ),
    keyed("cut off", whole.subarray(0, whole.length - 9)),
    keyed("schema and no body", whole.subarray(0, 5)),
    keyed("other bytes behind the schema", Buffer.concat([whole.subarray(0, 5), Buffer.alloc(64, 0xff)])),
    keyed("huge text", Buffer.alloc(hugeBytes, "x")),
    keyed("huge behind a schema", Buffer.concat([whole.subarray(0, 5), Buffer.alloc(hugeBytes, 2)])),
    keyed("headers of all sorts", Buffer.from("x"), {
      headers: [
        ["traceparent", Buffer.from("00-zz")],
        ["", Buffer.alloc(0)],
        ["large", Buffer.alloc(100_000, 1)],
      ],
    }),
  ];
}

/** For the source topics: JSON and Avro that say nothing, or far too much. */
export function inSources(): readonly Poison[] {
  const json = (kind: string, text: string): Poison => ({
    kind,
    record: { key: Buffer.from("poison"), value: Buffer.from(text) },
  });
  const nested = 20_000;
  return [
    json("null", "null"),
    json("list", "[]"),
    json("nested deep", `${'{"a":'.repeat(nested)}1${"}".repeat(nested)}`),
    json("huge text in a field", JSON.stringify({ customerId: "p".repeat(hugeBytes), name: "page.viewed" })),
    json(
      "huge properties",
      JSON.stringify({ customerId: "p", name: "page.viewed", properties: { text: "y".repeat(hugeBytes) } }),
    ),
    json("names of prototypes", '{"__proto__":{"x":1},"constructor":{"prototype":1},"customerId":"p"}'),
  ];
}

/** For customer-events: records of the right kind that mean nothing. `from` tells their source positions apart. */
export function inCustomerEvents(codec: Codec, from: number): readonly Poison[] {
  const source = { sourceId: "poison", sourcePartition: 0, sourceOffset: from, ordinal: 0 };
  const person = { subject: "poison", subjectKind: "customer" };
  const of = (kind: string, type: string, value: object): Poison => ({
    kind,
    record: { key: Buffer.from("customer:poison"), value: codec.encode(`tidemark.log.${type}`, value) },
  });
  const junk = Buffer.alloc(300, 0xee);
  return [
    of(
      "properties that are no JSON",
      "CustomerEvent",
      customerEvent({ sourceOffset: from, properties: "{bad" }),
    ),
    of(
      "attributes that are no object",
      "CustomerEvent",
      customerEvent({ sourceOffset: from + 1, attributes: "[1,2" }),
    ),
    of(
      "an order without properties of one",
      "CustomerEvent",
      customerEvent({
        sourceOffset: from + 2,
        name: "order.placed",
        order: { orderId: "poison", action: "placed", version: null, refund: null },
      }),
    ),
    of(
      "a time before all times",
      "CustomerEvent",
      customerEvent({ sourceOffset: from + 3, occurredAt: -1e15 }),
    ),
    of(
      "a time after all times",
      "CustomerEvent",
      customerEvent({ sourceOffset: from + 4, occurredAt: 8.7e15 }),
    ),
    of("a clock before all times", "Clock", { at: -5, max: -5 }),
    of("a clock after all times", "Clock", { at: 9_000_000_000_000_000, max: 2_000_000_000 }),
    of("a definition that is no JSON", "DefinitionVersion", definition("{bad")),
    of("a definition that is a number", "DefinitionVersion", definition("5")),
    of("a definition that is none", "DefinitionVersion", definition('{"kind":"segment","when":{"count":5}}')),
    of("a definition of no kind", "DefinitionVersion", { ...definition("{}"), kind: "", id: "" }),
    of("the end of a load that never began", "LoadEnd", { sourceId: "poison", sourcePartition: 9 }),
    of("a piece of a sweep that never began", "SweepApply", {
      ...person,
      sweep: "poison",
      features: junk,
      subjects: 1,
    }),
    of("pieces of a sweep that never began", "SweepBatch", {
      sweep: "poison",
      subjects: 2,
      applies: [
        { ...person, features: junk },
        { ...person, features: junk },
      ],
    }),
    of("the end of a sweep that never began", "SweepEnd", { sweep: "poison" }),
    of("a merge into itself", "Merge", { ...person, into: "poison", mergedAt: 1, source }),
  ];
}

/** For segment-changes: what others write there. */
export function inSegmentChanges(codec: Codec): readonly Poison[] {
  const change = codec.encode("tidemark.changes.Fence", { epoch: 0, token: "nobody" });
  return [
    {
      kind: "an event",
      record: { key: null, value: codec.encode("tidemark.log.CustomerEvent", customerEvent({})) },
    },
    { kind: "a fence of nobody", record: { key: null, value: change } },
  ];
}

/** For segment-definitions, under the keys of ours. */
export function inDefinitions(codec: Codec): readonly Poison[] {
  const record = (kind: string, id: string, document: string): Poison => ({
    kind: `${kind}/${id}`,
    record: {
      key: Buffer.from(`${kind}/${id}`),
      value: codec.encode("tidemark.definitions.DefinitionRecord", {
        kind,
        id,
        filling: false,
        document,
        writtenAt: 1,
      }),
    },
  });
  const keys = ["load/orders/3", "segment/poison", "automation/poison", "/", "segment/", ""];
  return [
    record("automation", "no-json", "{bad"),
    record("automation", "number", "5"),
    record("automation", "none", '{"kind":"automation","id":"none","on":{"enters":5}}'),
    ...keys.map((key) => ({
      kind: `text under ${key}`,
      record: { key: Buffer.from(key), value: Buffer.from("text") },
    })),
    { kind: "no key", record: { key: null, value: Buffer.from("text") } },
  ];
}

function customerEvent(given: object): object {
  return {
    subject: "poison",
    subjectKind: "customer",
    name: "poison.event",
    occurredAt: 1_700_000_000_000,
    eventId: null,
    sourceId: "poison",
    sourcePartition: 0,
    sourceOffset: 0,
    ordinal: 0,
    count: 1,
    attributes: null,
    properties: "{}",
    order: null,
    ...given,
  };
}

function definition(document: string): object {
  return { kind: "segment", id: "poison", version: 1, filling: false, document };
}
