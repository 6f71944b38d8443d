import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseMapping, readMappingText, sourceShapes } from "../../src/index.ts";

const faultsOf = (text: string) => readMappingText(text, "m.yaml").faults;

const order = "orderId: a, customerId: b, occurredAt: c";

describe("given the text of a mapping file", () => {
  test("when it holds several documents or a list, then each is a mapping", () => {
    const documents = readMappingText(
      "source: orders\nignore: true\n---\nsource: lifecycle\npass: true\n",
      "m",
    );
    const list = readMappingText(
      '[{"source":"orders","ignore":true},{"source":"lifecycle","pass":true}]',
      "m",
    );
    expect(documents.faults).toEqual([]);
    expect(documents.mapping).toHaveLength(2);
    expect(list).toEqual(documents);
  });

  test("when things are wrong all over, then every fault is told with its line and the nearest name", () => {
    const text = `source: order
fields: { ${order} }
---
source: orders
when: { propery: type, is: x }
fields:
  orderId: id
  customer: who
  occurredAt: at@dd/MM
  total: { path: sum, scale: 0 }
  type: { path: kind, values: { new: order.place } }
  properties.when: { path: seen, zone: Europe/Berln }
---
source: lifecycle
ignored: true
`;
    expect(faultsOf(text)).toEqual([
      'm.yaml:1: document 1: source: found "order", expected one of orders, interactions, lifecycle; is orders meant?',
      "m.yaml:5: document 2: when: found a mapping of propery, is, expected one of property, all, any, not",
      'm.yaml:8: document 2: fields.customer: found the field "customer", expected one of type, orderId, customerId, companyId, occurredAt, eventId, properties, previousCustomerId, version, total, refund, currency, channel, country, items; is customerId meant?',
      expect.stringMatching(
        /^m\.yaml:9: document 2: fields\.occurredAt: found "dd\/MM", which lacks year, expected a format of /,
      ),
      "m.yaml:10: document 2: fields.total.scale: found 0, expected a number that is not 0, such as 0.01 for cents",
      'm.yaml:11: document 2: fields.type: found "order.place", expected one of order.placed, order.updated, order.cancelled, order.refunded; is order.placed meant?',
      'm.yaml:12: document 2: fields.properties.when.zone: found "Europe/Berln", expected an IANA zone such as Europe/Berlin; is Europe/Berlin meant?',
      'm.yaml:15: document 3: ignored: found the key "ignored", expected one of source, when, each, fields, ignore, pass; is ignore meant?',
    ]);
  });

  test.each([
    ["", "m.yaml: found nothing, expected at least one document"],
    ["source: orders", "m.yaml:1: found no fields, expected one of fields, ignore: true, pass: true"],
    ["[1]", "m.yaml:1: found 1, expected a mapping of source, when, each, fields, ignore, pass"],
    [
      `source: orders\nfields: { orderId: a, customerId: b }`,
      "m.yaml:2: fields: found no occurredAt, expected occurredAt, which orders need",
    ],
    [
      `source: orders\nfields: { order: a, customer: b, colour: c }`,
      /order.*is orderId meant[\s\S]*customer.*is customerId meant[\s\S]*colour[\s\S]*found no occurredAt/,
    ],
    [
      `source: interactions\nfields: { occurredAt: a, companyId: b }`,
      "m.yaml:2: fields: found no name, expected name, which interactions need",
    ],
    [
      `source: orders\nignore: true\nfields: { ${order} }`,
      "m.yaml:1: found fields and ignore, expected one of fields, ignore: true, pass: true",
    ],
    [
      "source: orders\nignore: yes please",
      'm.yaml:2: ignore: found "yes please", expected true, or leave it out',
    ],
    ["source: orders\npass: true\neach: a", "m.yaml:3: each: found each, expected nothing beside pass"],
    [
      "source: orders\nwhen: { property: $.a, is: 1 }\npass: true",
      'm.yaml:2: when: found "$.a", expected it without `$.`: a condition is over the record',
    ],
    ["a: 'b", "m.yaml:1: Missing closing 'quote"],
  ])("when it is %j, then it says what is wrong", (text, expected) => {
    if (typeof expected === "string") expect(faultsOf(text)).toEqual([expected]);
    else expect(faultsOf(text).join("\n")).toMatch(expected);
  });

  test("when a mapping stands behind one that takes every record, then it is told that it is never reached", () => {
    expect(
      faultsOf(
        "source: orders\npass: true\n---\nsource: lifecycle\npass: true\n---\nsource: orders\nignore: true",
      ),
    ).toEqual([
      "m.yaml:7: document 3: found a mapping behind document 1, which takes every record, expected it before that, or `when` there",
    ]);
  });

  test.each([
    [
      "{ a: 1 }",
      /^found a mapping of a, expected a path such as customer.id, or a mapping with one of path, /,
    ],
    ["{ pth: a }", /; is path meant\?$/],
    ["{ path: a, value: 1 }", /^found path and value, expected a path/],
    [
      "{ path: a, format: M/d/yyyy, as: number }",
      /^found format and as, expected one way to convert a value$/,
    ],
    ["{ path: a, format: M/d/yyyy, values: { b: 1 } }", /^found values and format, expected one way/],
    ["{ path: a, otherwise: 1 }", /^found otherwise without values, expected values beside it$/],
    ["{ value: 1, scale: 2 }", /^found the key "scale", expected value$/],
    ["{ path: a, as: numbr }", /expected one of text, number, boolean, name; is number meant\?$/],
    ["{ path: [] }", /^found an empty list, expected a path such as customer.id/],
    ["a..b", /^found "a\.\.b", expected a path/],
    ["$", /\$ alone is no field$/],
    ["a@", /^found "", expected a format/],
    ["a@soon", /^found "soon", which has oo, which means nothing here, expected a format/],
    ["{ first: [a] }", /^found a list of 1, expected a list of 2 to 20 paths$/],
    ["{ first: [a, { fields: { b: c } }] }", /^found fields, expected one value$/],
    ["{ path: a, values: {} }", /^found an empty mapping, expected a mapping from values to values/],
    ["{ path: a, nothing: [[]] }", /^found an empty list, expected a text, a number, true or false$/],
    ["{ fields: {} }", /^found an empty mapping, expected a mapping from the event's fields/],
  ])("when a field is %s, then it says what is wrong", (field, expected) => {
    const [fault, ...more] = faultsOf(`source: orders\nfields: { ${order}, properties.x: ${field} }`);
    expect(fault?.replace(/^m\.yaml:2: fields\.properties\.x[^:]*: /, "")).toMatch(expected);
    expect(more).toEqual([]);
  });

  test.each([
    ["total.x: a", /^m.yaml:2: fields.total.x: found "total.x", expected total alone/],
    ["total: { fields: { a: b } }", /fields.total: found fields, expected one value$/],
    [
      "items: { fields: { sku: b } }",
      /fields.items: found fields without each, expected each: the path of the list$/,
    ],
    [
      "items: { each: l, fields: { prise: b } }",
      /fields.items.fields.prise: found the field "prise", .*; is price meant\?$/,
    ],
    ["properties.a: b, properties.a.c: d", /found a field below properties.a, expected one of the two$/],
    ["properties.: b", /found "properties.", expected a dotted name/],
    ["traits: b", /found the field "traits", expected one of /],
  ])("when a field is named %s, then it says what is wrong", (field, expected) => {
    const [fault, ...more] = faultsOf(`source: orders\nfields: { ${order}, ${field} }`);
    expect(fault).toMatch(expected);
    expect(more).toEqual([]);
  });

  test.each([null, 5, "text", [[]], { source: { a: 1 } }, new Date(0), { fields: null, source: "orders" }])(
    "when a document is %j, then there are faults and nothing is thrown",
    (document) => {
      const { mapping, faults } = parseMapping([document]);
      expect(mapping).toEqual([]);
      expect(faults.length).toBeGreaterThan(0);
    },
  );
});

describe("given a setting for the file", () => {
  const settings = { MAPPING_FILE: "", WORKSPACE_ZONE: "UTC" };
  const normalise = () => ({ outcome: "admitted", events: [] }) as const;
  const ready = fileURLToPath(new URL("../../mappings/shopify.yaml", import.meta.url));

  test("when there is none, or none for this source, then records are in the source's own shape", () => {
    expect(sourceShapes("orders", settings, normalise).takesOtherShapes).toBe(false);
    expect(readFileSync(ready, "utf8")).toContain("source: orders");
    expect(sourceShapes("orders", { ...settings, MAPPING_FILE: ready }, normalise).takesOtherShapes).toBe(
      true,
    );
  });

  test("when it cannot be read or is wrong, then the configuration is wrong, and it says why", () => {
    const missing = { ...settings, MAPPING_FILE: "nowhere.yaml" };
    expect(() => sourceShapes("orders", missing, normalise)).toThrow(
      /MAPPING_FILE is "nowhere.yaml", which cannot be read: ENOENT/,
    );
    const wrong = { ...settings, MAPPING_FILE: fileURLToPath(import.meta.url) };
    expect(() => sourceShapes("orders", wrong, normalise)).toThrow(
      /The configuration is wrong:\n {2}MAPPING_FILE: /,
    );
    const zone = { MAPPING_FILE: ready, WORKSPACE_ZONE: "Mars" };
    expect(() => sourceShapes("orders", zone, normalise)).toThrow(
      /WORKSPACE_ZONE is "Mars"; expected an IANA zone/,
    );
  });
});
