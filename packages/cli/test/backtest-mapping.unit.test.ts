import { describe, expect, test } from "vitest";
import { runOn } from "./backtest-support.ts";

const metrics = `
kind: metric
id: orders
count: order.placed
---
kind: metric
id: revenue
sum: total
of: order.placed
---
kind: metric
id: refunds
count: order.refunded
---
kind: metric
id: kinds
distinct: items.category
of: order.placed
---
kind: segment
id: spender
when: { metric: revenue, atLeast: 50 }
`;

const metric = (rows: readonly string[][], name: string) =>
  rows.filter(([, metricName]) => metricName === name).map(([id, , value]) => [id, value]);
const lines = (records: readonly unknown[]): string =>
  records.map((record) => JSON.stringify(record)).join("\n");

describe("files read by the mapping of intake", () => {
  test("given CSV lines of orders, when the mapping names no version, then lines of one order are one, as with a map", async () => {
    const mapping = `
source: orders
fields:
  orderId: InvoiceNo
  customerId: { path: CustomerID, nothing: [0] }
  occurredAt: InvoiceDate@M/d/yyyy H:mm
  total: Quantity*UnitPrice
  country: Country
  properties.note: Note
`;
    const csv = [
      "InvoiceNo,CustomerID,InvoiceDate,Quantity,UnitPrice,Country,Note",
      "536365,17850,12/1/2010 8:26,6,2.55,United Kingdom,",
      "536366,17850,12/1/2010 8:28,3,1.1,France,gift",
      "536365,17850,12/1/2010 8:26,2,3.39,United Kingdom,gift",
      "536367,0,12/1/2010 8:34,1,1,Norway,",
      "536368,13047,1.12.2010,1,x,Norway,",
    ].join("\n");
    const definitions = `${metrics}---
kind: segment
id: gifts
when: { count: { event: order.placed, where: { all: [{ property: note, is: gift }, { property: country, is: United Kingdom }] } }, is: 1 }
`;
    const ran = await runOn(
      { "definitions.yaml": definitions, "o.csv": csv, "mapping.yaml": mapping },
      { orders: "o.csv", mapping: "mapping.yaml", zone: "Europe/Berlin", "as-of": "2011-01-01" },
    );
    // 6 x 2.55 + 2 x 3.39 = 15.3 + 6.78, and 3 x 1.1.
    expect(metric(ran.metrics, "orders")).toEqual([["17850", "2"]]);
    expect(ran.json).toMatchObject({ customers: 1, events: 2 });
    expect(metric(ran.metrics, "revenue")).toEqual([["17850", "25.38"]]);
    expect(ran.json.segments).toEqual({ spender: 0, gifts: 1 });
    // Berlin is an hour ahead in December.
    expect(ran.members.map(([, , , , since]) => since)).toEqual(["2010-12-01T07:26:00.000Z"]);
    expect(ran.said[0]).toBe("o.csv: 2 rows cannot be read");
    expect(ran.said[1]).toBe("  o.csv:5: customerId: is empty");
    expect(ran.said[2]).toBe(
      '  o.csv:6: occurredAt from InvoiceDate: found "1.12.2010", expected a date; it is no date as M/d/yyyy H:mm; total from Quantity*UnitPrice: found "x", expected a number',
    );
  });

  test("given orders that change, when they are read, then what they gave is taken back from the time of the change on", async () => {
    const order = (at: string, type: string, more: object = {}) => ({
      type,
      orderId: "A",
      customerId: "ann",
      occurredAt: at,
      ...more,
    });
    const records = [
      order("2026-01-01T10:00:00Z", "order.placed", { total: 100, items: [{ category: "a" }] }),
      order("2026-01-03T10:00:00Z", "order.refunded", { refund: 30 }),
      order("2026-01-05T10:00:00Z", "order.updated", { total: 60, items: [{ category: "b" }] }),
      order("2026-01-07T10:00:00Z", "order.cancelled"),
      { ...order("2026-01-01T10:00:00Z", "order.placed", { total: 20 }), customerId: "bob", version: 1 },
      { ...order("2026-01-01T10:00:00Z", "order.placed", { total: 70 }), customerId: "bob", version: 3 },
      { ...order("2026-01-01T10:00:00Z", "order.placed", { total: 90 }), customerId: "bob", version: 2 },
      { ...order("2026-04-02T10:00:00Z", "order.refunded", { refund: 70 }), customerId: "bob" },
    ];
    const files = {
      "definitions.yaml": metrics,
      "o.ndjson": lines(records),
      "mapping.yaml": "source: orders\npass: true\n",
    };
    const at = (instant: string) =>
      runOn(files, { orders: "o.ndjson", mapping: "mapping.yaml", "as-of": instant });
    const revenue = async (instant: string) => metric((await at(instant)).metrics, "revenue");
    expect(await revenue("2026-01-02")).toEqual([
      ["ann", "100"],
      ["bob", "70"],
    ]);
    expect(await revenue("2026-01-04")).toEqual([
      ["ann", "70"],
      ["bob", "70"],
    ]);
    // 60 in its place, and 30 of them paid back.
    expect(await revenue("2026-01-06")).toEqual([
      ["ann", "30"],
      ["bob", "70"],
    ]);
    const end = await at("2026-05-01");
    expect(metric(end.metrics, "revenue")).toEqual([
      ["ann", "0"],
      ["bob", "70"],
    ]);
    expect(metric(end.metrics, "orders")).toEqual([
      ["ann", "0"],
      ["bob", "1"],
    ]);
    // Different values are remembered; bob's refund came 91 days after his order.
    expect(metric(end.metrics, "kinds")).toEqual([
      ["ann", "1"],
      ["bob", "0"],
    ]);
    expect(metric(end.metrics, "refunds")).toEqual([
      ["ann", "1"],
      ["bob", "0"],
    ]);
    expect(end.said).toEqual(["o.ndjson: 1 correction more than 90 days after the order left out"]);
    expect(end.history.map(([id, , , , to, instant]) => [id, to, instant])).toEqual([
      ["ann", "in", "2026-01-01T10:00:00.000Z"],
      ["ann", "out", "2026-01-05T10:00:00.000Z"],
      ["bob", "in", "2026-01-01T10:00:00.000Z"],
    ]);
  });

  test("given one file of three kinds of records, when the mapping tells them apart, then it can be all three inputs", async () => {
    const mapping = `
- source: orders
  when: { property: kind, is: order }
  fields: { orderId: no, customerId: who, occurredAt: at, items: { each: lines, fields: { sku: s, quantity: q, price: p } } }
- { source: orders, ignore: true }
- source: interactions
  when: { property: kind, is: visit }
  fields: { name: { value: page.viewed }, customerId: who, occurredAt: at, properties.path: path }
- { source: interactions, ignore: true }
- source: lifecycle
  when: { property: kind, is: person }
  fields: { customerId: who, occurredAt: at, attributes.city: city }
- { source: lifecycle, ignore: true }
`;
    const definitions = `${metrics}---
kind: segment
id: all-three
when: { all: [{ metric: revenue, is: 7.5 }, { attribute: city, is: Bern }, { count: { event: page.viewed, where: { property: path, is: /a } }, is: 1 }] }
`;
    const records = [
      {
        kind: "order",
        no: 1,
        who: 5,
        at: "2026-01-02T00:00Z",
        lines: [
          { s: "x", q: 2, p: 2.5 },
          { s: "y", q: 1, p: 2.5 },
        ],
      },
      { kind: "visit", who: 5, at: "2026-01-03T00:00Z", path: "/a" },
      { kind: "person", who: 5, at: "2026-01-01T00:00Z", city: "Bern" },
    ];
    const ran = await runOn(
      { "definitions.yaml": definitions, "all.ndjson": lines(records), "mapping.yaml": mapping },
      {
        orders: "all.ndjson",
        events: "all.ndjson",
        customers: "all.ndjson",
        mapping: "mapping.yaml",
        "as-of": "2026-02-01",
      },
    );
    expect(ran.said).toEqual([]);
    expect(ran.json).toMatchObject({ customers: 1, events: 3, segments: { "all-three": 1 } });
    expect(ran.members.map(([id, , segment, , since]) => [id, segment, since])).toEqual([
      ["5", "all-three", "2026-01-03T00:00:00.000Z"],
    ]);
  });

  test("given a record of several events, when one of them is at fault, then none of them counts; an empty cell unsets an attribute", async () => {
    const mapping = `
- source: orders
  each: batch
  fields: { orderId: no, customerId: $.who, occurredAt: at, total: sum }
- source: lifecycle
  fields: { customerId: who, occurredAt: at, attributes.level: level }
`;
    const at = "2026-01-01T00:00Z";
    const batch = (...sums: readonly unknown[]) => ({
      who: "ann",
      batch: sums.map((sum, no) => ({ no, at, sum })),
    });
    const ran = await runOn(
      {
        "definitions.yaml": `${metrics}---\nkind: segment\nid: gold\nwhen: { attribute: level, is: gold }\n`,
        "o.ndjson": lines([batch(1, 2), batch(3, "x")]),
        "c.csv": "who,at,level\nann,2026-01-01T00:00Z,gold\nann,2026-01-05T00:00Z,\n",
        "mapping.yaml": mapping,
      },
      { orders: "o.ndjson", customers: "c.csv", mapping: "mapping.yaml", "as-of": "2026-02-01" },
    );
    expect(metric(ran.metrics, "revenue")).toEqual([["ann", "3"]]);
    expect(ran.history.map(([, , , , to, when]) => [to, when])).toEqual([
      ["in", "2026-01-01T00:00:00.000Z"],
      ["out", "2026-01-05T00:00:00.000Z"],
    ]);
    expect(ran.said).toEqual([
      "o.ndjson: 1 row cannot be read",
      '  o.ndjson:2: total: found "x", expected a number',
    ]);
  });

  test("given a mapping with faults, or that says nothing of a file, when it is read, then it is told", async () => {
    const files = {
      "definitions.yaml": metrics,
      "o.csv": "a\n1\n",
      "m.yaml": "source: orders\nfields: { orderid: a }\n",
    };
    const options = { orders: "o.csv", customers: "o.csv", mapping: "m.yaml", "as-of": "2026-02-01" };
    const error = await runOn(files, options).catch(String);
    expect(error).toContain('m.yaml:2: fields.orderid: found the field "orderid"');
    expect(error).toContain("--map-customers MAP is missing, and the mapping has no rules for lifecycle");
  });
});
