import { zoneCalendar } from "@tidemark/core";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type MappedRecord, parseMapping, recordMapper, type SourceName } from "../../src/index.ts";

const berlin = zoneCalendar("Europe/Berlin")!;

/** The rules of a document in YAML; fails where it has a fault. */
function mapper(text: string, source: SourceName = "orders") {
  const { mapping, faults } = parseMapping([parse(text)]);
  expect(faults).toEqual([]);
  return recordMapper(mapping, { source, zone: berlin });
}

const needed = "orderId: id, customerId: customer.id, occurredAt: at";

/** What a single field becomes, and the faults as `path from source: found, expected`. */
function mapped(
  field: string,
  record: object,
): { readonly event: object; readonly faults: readonly string[] } {
  const map = mapper(
    `{ source: lifecycle, fields: { customerId: id, occurredAt: at, ${field} } }`,
    "lifecycle",
  );
  return only(map({ id: "c", at: 1, ...record }));
}

function only(result: MappedRecord) {
  if (result.outcome !== "mapped") throw new Error(result.outcome);
  const [one, ...more] = result.events;
  expect(more).toEqual([]);
  const { customerId: _, occurredAt: __, name: ___, ...event } = one!.event;
  return {
    event,
    faults: one!.faults.map(
      ({ path, from, found, expected }) => `${path} from ${from}: found ${found}, expected ${expected}`,
    ),
  };
}

describe("given a mapping of orders", () => {
  test("when a record has other names and nests them, then it is an order in our shape, placed unless it says otherwise", () => {
    const map = mapper(`
      source: orders
      fields:
        orderId: id
        customerId: customer.id
        occurredAt: created@d.M.yyyy H:mm
        total: { path: sum, scale: 0.01 }
        channel: { value: web }
        properties.coupon: codes.0
        items: { each: lines, fields: { sku: article, quantity: n, price: each, category: $.department } }`);
    const record = {
      id: 7,
      customer: { id: "c-1" },
      created: "1.7.2026 12:30",
      sum: 1999,
      codes: ["SPRING", "MORE"],
      department: "games",
      lines: [{ article: "a", n: 2, each: "4.50" }, { article: "b" }],
    };
    expect(map(record)).toMatchObject({
      outcome: "mapped",
      events: [
        {
          event: {
            type: "order.placed",
            orderId: 7,
            customerId: "c-1",
            // 12:30 in Berlin is 10:30 UTC in July.
            occurredAt: Date.UTC(2026, 6, 1, 10, 30),
            total: 19.99,
            channel: "web",
            properties: { coupon: "SPRING" },
            items: [
              { sku: "a", quantity: 2, price: "4.50", category: "games" },
              { sku: "b", category: "games" },
            ],
          },
          faults: [],
        },
      ],
    });
  });

  test("when rows have a quantity and a price, then the total is their product, with four places", () => {
    const map = mapper(`{ source: orders, fields: { ${needed}, total: Quantity*UnitPrice } }`);
    expect(map({ id: 1, at: 0, Quantity: "6", UnitPrice: "2.55" })).toMatchObject({
      events: [{ event: { total: 15.3 } }],
    });
    expect(map({ id: 1, at: 0, Quantity: "3", UnitPrice: "0.33333" })).toMatchObject({
      // 0.99999 is 1.0000 with four places.
      events: [{ event: { total: 1 } }],
    });
    expect(map({ id: 1, at: 0, Quantity: "3" })).toMatchObject({ events: [{ faults: [] }] });
  });

  test("when a list makes several orders, then each item is one, and knows the record around it", () => {
    const map = mapper(`
      source: orders
      each: batch
      fields: { orderId: no, customerId: $.customer, occurredAt: at }`);
    const result = map({
      customer: "c",
      batch: [
        { no: 1, at: 5 },
        { no: 2, at: 6 },
      ],
    });
    expect(result).toMatchObject({
      events: [
        { item: "batch[0]", event: { orderId: 1, customerId: "c", occurredAt: 5 } },
        { item: "batch[1]", event: { orderId: 2, customerId: "c", occurredAt: 6 } },
      ],
    });
    expect(map({ customer: "c" })).toMatchObject({
      outcome: "refused",
      faults: [{ path: "batch", found: "nothing", expected: "a list" }],
    });
    expect(map({ batch: [] })).toEqual({ outcome: "mapped", events: [] });
  });
});

describe("given a field of a mapping", () => {
  test.each([
    ["a path", "properties.a: x.y", { x: { y: 1 } }, { properties: { a: 1 } }],
    ["a path that leads nowhere", "properties.a: x.y", { x: 3 }, {}],
    ["a null", "attributes.a: x", { x: null }, { attributes: { a: null } }],
    ["a null on the way", "attributes.a: x.y", { x: null }, {}],
    ["an index", "properties.a: x.1", { x: [1, 2, 3] }, { properties: { a: 2 } }],
    ["an index from the end", "properties.a: x.-1.y", { x: [{ y: 1 }, { y: 2 }] }, { properties: { a: 2 } }],
    [
      "a path through a list",
      "properties.a: x.y",
      { x: [{ y: 1 }, {}, { y: 2 }] },
      { properties: { a: [1, 2] } },
    ],
    [
      "lists in lists",
      "properties.a: x.y.z",
      { x: [{ y: [{ z: 1 }, { z: 2 }] }] },
      { properties: { a: [1, 2] } },
    ],
    ["steps of a path", 'properties.a: { path: ["No.", b] }', { "No.": { b: 1 } }, { properties: { a: 1 } }],
    ["a name with blanks", "properties.a: total billed", { "total billed": 830 }, { properties: { a: 830 } }],
    ["an object", "attributes: traits", { traits: { plan: "pro" } }, { attributes: { plan: "pro" } }],
    [
      "an object and more",
      "attributes: traits, attributes.zone: tz",
      { traits: { plan: "pro" }, tz: "UTC" },
      { attributes: { plan: "pro", zone: "UTC" } },
    ],
    [
      "a field below an object",
      "attributes: traits, attributes.address.city: c",
      { traits: { address: { zip: 1 } }, c: "Bonn" },
      { attributes: { address: { zip: 1, city: "Bonn" } } },
    ],
    ["a constant", "properties.a: { value: [1, x] }", {}, { properties: { a: [1, "x"] } }],
    [
      "a date with a format",
      "attributes.born: BirthDate@M/d/yyyy",
      { BirthDate: "5/14/1965" },
      { attributes: { born: "1965-05-14" } },
    ],
    [
      "a local time",
      "attributes.seen: { path: x, format: d.M.yyyy H:mm, zone: Asia/Kathmandu }",
      { x: "1.1.2026 6:00" },
      { attributes: { seen: "2026-01-01T00:15:00.000Z" } },
    ],
    [
      "an ISO time in a zone",
      "attributes.seen: { path: x, zone: UTC }",
      { x: "2017-03-22T19:28:02" },
      { attributes: { seen: "2017-03-22T19:28:02.000Z" } },
    ],
    [
      "seconds",
      "attributes.ends: x@epoch",
      { x: 1625740918 },
      { attributes: { ends: "2021-07-08T10:41:58.000Z" } },
    ],
    ["a date that is blank", "attributes.born: x@M/d/yyyy", { x: "" }, { attributes: { born: null } }],
    ["a date that is missing", "attributes.born: x@M/d/yyyy", {}, {}],
    ["cents", "properties.a: { path: x, scale: 0.01 }", { x: 1999 }, { properties: { a: 19.99 } }],
    [
      "a number as text",
      "properties.a: { path: x, as: number }",
      { x: "$1,234.50 " },
      { properties: { a: 1234.5 } },
    ],
    ["a decimal comma", "properties.a: x@comma", { x: "1.234,50 €" }, { properties: { a: 1234.5 } }],
    [
      "cents with a decimal comma",
      "properties.a: { path: x, format: comma, scale: 10 }",
      { x: "1,5" },
      { properties: { a: 15 } },
    ],
    ["a number as a text", "properties.a: { path: x, as: text }", { x: 5 }, { properties: { a: "5" } }],
    [
      "words as a name",
      "properties.a: { path: x, as: name }",
      { x: "Email Marked as Spam" },
      { properties: { a: "email.marked.as.spam" } },
    ],
    ["a yes", "attributes.a: { path: x, as: boolean }", { x: "Y" }, { attributes: { a: true } }],
    ["a no", "attributes.a: { path: x, as: boolean }", { x: 0 }, { attributes: { a: false } }],
    [
      "mapped values",
      "properties.a: { path: x, values: { 1: one, true: yes } }",
      { x: true },
      { properties: { a: "yes" } },
    ],
    [
      "a mapped number",
      "properties.a: { path: x, values: { 1: one, true: yes } }",
      { x: 1 },
      { properties: { a: "one" } },
    ],
    [
      "any other value",
      "properties.a: { path: x, values: { 1: one }, otherwise: many }",
      { x: 7 },
      { properties: { a: "many" } },
    ],
    ["what stands for nothing", "properties.a: { path: x, nothing: [0, N/A] }", { x: 0 }, {}],
    [
      "the first that is there",
      "properties.a: { first: [x, y, z] }",
      { x: null, y: " ", z: 3 },
      { properties: { a: 3 } },
    ],
    [
      "the first with a format",
      "attributes.a: { first: [x@epoch, y] }",
      { y: "soon" },
      { attributes: { a: "soon" } },
    ],
    [
      "the first of nothing but a null",
      "attributes.a: { first: [x, y] }",
      { x: null },
      { attributes: { a: null } },
    ],
    [
      "a sum through a list",
      "properties.a: { sum: x.y }",
      { x: [{ y: "75.00" }, { y: "10.00" }] },
      { properties: { a: 85 } },
    ],
    [
      "a difference",
      "properties.a: { sum: [x, { path: y, scale: -1 }], scale: 0.01 }",
      { x: 2500, y: 500 },
      { properties: { a: 20 } },
    ],
    ["a sum of nothing", "properties.a: { sum: [x, y] }", {}, {}],
    // 0.1 + 0.2 is 0.30000000000000004 in binary.
    ["a sum of decimals", "properties.a: { sum: [x, y] }", { x: 0.1, y: 0.2 }, { properties: { a: 0.3 } }],
    [
      "the end of a text",
      "properties.a: { path: x, afterLast: / }",
      { x: "gid://shopify/Customer/1" },
      { properties: { a: "1" } },
    ],
    [
      "a text without that",
      "properties.a: { path: x, afterLast: / }",
      { x: "1" },
      { properties: { a: "1" } },
    ],
    [
      "an object of its own",
      "properties.a: { fields: { b: x, c.d: { value: 1 } } }",
      { x: 2 },
      { properties: { a: { b: 2, c: { d: 1 } } } },
    ],
    [
      "a list of objects",
      "properties.a: { each: x, fields: { b: y } }",
      { x: [{ y: 1 }, { y: 2 }] },
      { properties: { a: [{ b: 1 }, { b: 2 }] } },
    ],
  ])("when it is %s, then its value is set", (_, field, record, expected) => {
    expect(mapped(field, record)).toEqual({ event: expected, faults: [] });
  });

  test.each([
    [
      "no date",
      "attributes.a: x@M/d/yyyy",
      { x: "14.5.1965" },
      'attributes.a from x: found "14.5.1965", expected a date; it is no date as M/d/yyyy',
    ],
    [
      "no number",
      "properties.a: { path: x, scale: 0.01 }",
      { x: "many" },
      'properties.a from x: found "many", expected a number',
    ],
    [
      "no factor",
      "properties.a: x*y",
      { x: "2", y: "b" },
      'properties.a from x*y: found "b", expected a number',
    ],
    [
      "an unknown value",
      "properties.a: { path: x, values: { paid: 1, open: 2 } }",
      { x: "lost" },
      'properties.a from x: found "lost", expected one of paid, open',
    ],
    [
      "several values",
      "eventId: x.y",
      { x: [{ y: 1 }, { y: 2 }] },
      "eventId from x.y: found a list of 2, expected one value: `sum`, or an index such as lines.0.price, makes one of many",
    ],
    [
      "no list",
      "properties.a: { each: x, fields: { b: y } }",
      { x: "text" },
      'properties.a from x: found "text", expected a list',
    ],
    [
      "neither yes nor no",
      "attributes.a: { path: x, as: boolean }",
      { x: "perhaps" },
      'attributes.a from x: found "perhaps", expected true or false, yes or no, 1 or 0',
    ],
    [
      "no object",
      "attributes: x, attributes.b: y",
      { x: "text", y: 1 },
      'attributes from x: found "text", expected an object, for attributes.b',
    ],
  ])("when a record has %s there, then the fault names target and source", (_, field, record, expected) => {
    expect(mapped(field, record).faults).toEqual([expected]);
  });

  test("when several values are at fault, then each is named", () => {
    const field = "attributes.a: x@M/d/yyyy, properties.b: { path: y, as: number }";
    expect(mapped(field, { x: "soon", y: "many" }).faults).toHaveLength(2);
  });
});

describe("given several documents", () => {
  const documents = [
    { source: "orders", when: { property: "kind", is: "noise" }, ignore: true },
    { source: "orders", when: { property: "occurredAt", exists: true }, pass: true },
    {
      source: "orders",
      when: {
        any: [
          { property: "kind", is: "sale" },
          { property: "$headers.kind", is: "sale" },
        ],
      },
      fields: { orderId: "id", customerId: "who", occurredAt: "$timestamp", eventId: "$key" },
    },
    { source: "interactions", ignore: true },
  ];
  const { mapping, faults } = parseMapping(documents);
  const map = recordMapper(mapping, { source: "orders", zone: berlin });

  test("when a record comes, then the first of its source that fits decides", () => {
    expect(faults).toEqual([]);
    expect(map({ kind: "noise" })).toEqual({ outcome: "ignored" });
    expect(map({ occurredAt: 1 })).toEqual({ outcome: "passed" });
    expect(map({ kind: "sale", id: 3 })).toMatchObject({
      outcome: "mapped",
      events: [{ event: { orderId: 3 } }],
    });
  });

  test("when Kafka knows more of it, then conditions and paths may ask for it", () => {
    const facts = { key: Buffer.from("k"), headers: [["Kind", Buffer.from("sale")]] as const, timestamp: 42 };
    expect(map({ id: 3 }, facts)).toMatchObject({ events: [{ event: { occurredAt: 42, eventId: "k" } }] });
  });

  test("when none fits, then it is refused", () => {
    expect(map({ kind: "other" })).toEqual({
      outcome: "refused",
      faults: [
        {
          path: "",
          found: "a record that no mapping takes",
          expected: "one for which `when` of a mapping holds",
          reason: "invalid",
        },
      ],
    });
  });

  test.each([null, 1, "text", [], undefined])("when it is %s, then it is no record", (record) => {
    expect(map(record)).toMatchObject({ outcome: "refused", faults: [{ expected: "a JSON object" }] });
  });
});
