import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { parseMapping } from "../../src/index.ts";
import { itemTargets, targetsOf } from "../../src/mapping/targets.ts";

const root = new URL("../../../../", import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), "utf8"));
const schema = read("schemas/mapping.schema.json");
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
ajv.addSchema(read("schemas/definition.schema.json"), "definition.schema.json");
const accepts = ajv.compile(schema);

const order = "orderId: a, customerId: b, occurredAt: c";
const field = (value: string) => `{ source: orders, fields: { ${order}, properties.x: ${value} } }`;

describe("the JSON Schema of mappings", () => {
  test.each(readdirSync(new URL("../../mappings/", import.meta.url)))(
    "given %s, then it is accepted",
    (file) => {
      const text = readFileSync(new URL(`../../mappings/${file}`, import.meta.url), "utf8");
      for (const document of parseAllDocuments(text).map((one) => one.toJS()))
        expect([accepts(document), accepts.errors]).toEqual([true, null]);
    },
  );

  test("given its examples, then they are accepted and parse", () => {
    for (const example of schema.$defs.document.examples) {
      expect(accepts(example)).toBe(true);
      expect(parseMapping([example]).faults).toEqual([]);
    }
    for (const value of schema.$defs.value.examples) {
      const document = { source: "orders", fields: { ...parse(`{ ${order} }`), total: value } };
      expect(accepts(document)).toBe(true);
      expect(parseMapping([document]).faults).toEqual([]);
    }
  });

  test("given its fields, then they are those that a mapping can set", () => {
    const names = (definition: string) => Object.keys(schema.$defs[definition].properties).sort();
    expect(names("orderFields")).toEqual(Object.keys(targetsOf.orders).sort());
    expect(names("interactionFields")).toEqual(Object.keys(targetsOf.interactions).sort());
    expect(names("lifecycleFields")).toEqual(Object.keys(targetsOf.lifecycle).sort());
    const items = schema.$defs.items.oneOf[1].properties.fields.properties;
    expect(Object.keys(items).sort()).toEqual(Object.keys(itemTargets).sort());
  });

  test.each([
    field("a.b"),
    field("{ path: [No., b], nothing: [0] }"),
    field("{ path: a, values: { b: 1 }, otherwise: 2 }"),
    field("{ first: [a, { path: b, format: epoch }] }"),
    field("{ sum: a.b }"),
    field("{ product: [a, { sum: [b, c] }], scale: 0.01 }"),
    field("{ each: l, fields: { a: b, c: { fields: { d: e } } } }"),
    `{ source: orders, each: batch, fields: { ${order}, items: { each: l, fields: { sku: s } } } }`,
    "{ source: interactions, when: { not: { property: $headers.x, exists: true } }, pass: true }",
  ])("given what parses: %s, then it is accepted", (text) => {
    expect(parseMapping([parse(text)]).faults).toEqual([]);
    expect(accepts(parse(text))).toBe(true);
  });

  test.each([
    field("{ a: b }"),
    field("{ path: a, value: 1 }"),
    field("{ path: a, otherwise: 1 }"),
    field("{ path: a, as: nmber }"),
    field("{ path: a, values: { b: 1 }, as: text }"),
    field("{ path: a, scale: 0 }"),
    field("{ value: 1, as: text }"),
    field("{ first: [a] }"),
    field("{ fields: {} }"),
    field("5"),
    `{ source: orders, fields: { ${order}, customer: a } }`,
    `{ source: orders, fields: { ${order}, total: { fields: { a: b } } } }`,
    `{ source: orders, fields: { ${order}, items: { each: l, fields: { prise: b } } } }`,
    "{ source: orders, fields: { orderId: a, occurredAt: b } }",
    "{ source: orders, fields: { orderId: a, customerId: b } }",
    "{ source: interactions, fields: { customerId: a, occurredAt: b } }",
    "{ source: orders }",
    "{ source: order, ignore: true }",
    "{ source: orders, ignore: true, pass: true }",
    "{ source: orders, ignore: false }",
    "{ source: orders, ignore: true, each: a }",
    "{ source: orders, when: { attribute: a, is: 1 }, pass: true }",
    "{ source: orders, wen: { property: a, is: 1 }, pass: true }",
  ])("given what has a fault: %s, then it is refused", (text) => {
    expect(parseMapping([parse(text)]).faults).not.toEqual([]);
    expect(accepts(parse(text))).toBe(false);
  });
});
