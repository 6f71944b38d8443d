import avro from "avsc";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundedType } from "../src/bounded-avro.ts";
import { createLocalCodec, UnreadableError } from "../src/codec.ts";

const schema = {
  type: "record",
  name: "Box",
  fields: [
    { name: "items", type: { type: "array", items: { type: "array", items: "long" } } },
    { name: "labels", type: ["null", { type: "map", values: "string" }] },
    { name: "inner", type: ["null", "Box"], default: null },
  ],
};

/** avsc itself loses an entry of that name. */
const key = fc.string().filter((name) => name !== "__proto__");

const leaf = fc.record({
  items: fc.array(fc.array(fc.integer())),
  labels: fc.option(fc.dictionary(key, fc.string()).map((map) => ({ ...map }))),
  inner: fc.constant(null),
});
const box = fc.oneof(
  leaf,
  fc.record({ ...{ items: fc.constant([[1]]), labels: fc.constant(null) }, inner: leaf }),
);

/** Zigzag and base 128, as Avro writes a long. */
function long(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value) * 2n;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

describe("given bytes of lists and maps", () => {
  it("whatever avsc wrote is read as avsc reads it", () => {
    const plain = avro.Type.forSchema(schema as avro.Schema);
    const bounded = boundedType(schema);
    const resolver = bounded.createResolver(bounded);
    fc.assert(
      fc.property(box, (value) => {
        const bytes = plain.toBuffer(value);
        expect(bounded.fromBuffer(bytes)).toEqual(plain.fromBuffer(bytes));
        expect(bounded.fromBuffer(bytes, resolver)).toEqual(plain.fromBuffer(bytes));
      }),
    );
  });

  it.each([
    ["a list", [long(2 ** 31)]],
    ["a list in a list", [long(1), long(2 ** 31)]],
    ["a list in blocks", [long(1), long(0), long(2 ** 31)]],
    ["a map", [long(0), long(1), long(2 ** 31)]],
  ])("%s of more items than there are bytes is refused at once", (_, parts) => {
    const type = boundedType(schema);
    const bytes = Buffer.concat(parts);
    expect(() => type.fromBuffer(bytes)).toThrow("items in");
    expect(() => type.fromBuffer(bytes, type.createResolver(type))).toThrow("items in");
  });

  it("a list that the reader leaves out is bounded too", () => {
    const { fields, ...rest } = schema;
    const reader = boundedType({ ...rest, fields: fields.slice(1) });
    const writer = boundedType(schema);
    const bytes = long(2 ** 31);
    expect(() => reader.fromBuffer(bytes, reader.createResolver(writer))).toThrow("items in");
  });
});

describe("given the codec", () => {
  it("an order that claims two thousand million items is unreadable at once", async () => {
    const codec = createLocalCodec();
    await codec.prepare("", ["tidemark.source.OrderEvent"]);
    const good = codec.encode("tidemark.source.OrderEvent", {
      type: "order.placed",
      orderId: "o",
      occurredAt: 1,
      items: [],
    });
    // The last two bytes are the end of the items, and no properties.
    const bomb = Buffer.concat([good.subarray(0, -2), long(2 ** 31), long(0)]);
    expect(() => codec.decodeSync(bomb)).toThrow(UnreadableError);
    expect(codec.decodeSync(good)?.value).toMatchObject({ orderId: "o", items: [] });
  });
});
