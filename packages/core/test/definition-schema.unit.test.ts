import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseDefinitions } from "../src/index.ts";
import { spoiltDocuments, validDocuments } from "./definition-documents.ts";
import { wrongConditions, wrongDefinitions } from "./definition-wrong.ts";

interface Part {
  readonly examples?: readonly unknown[];
}

const schema = JSON.parse(
  readFileSync(new URL("../../../schemas/definition.schema.json", import.meta.url), "utf8"),
) as { readonly $id: string; readonly $defs: Readonly<Record<string, Part>> };
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
const accepts = ajv.compile(schema);
const acceptsPart = (name: string, value: unknown): boolean =>
  ajv.validate({ $ref: `${schema.$id}#/$defs/${name}` }, value);

/** Wrong in ways that a JSON Schema cannot say. */
const beyondSchema: ReadonlySet<string> = new Set([
  // How many decimal places, how large a duration, what order, which days exist.
  "{ count: order.placed, above: 0.12345 }",
  "{ count: a, above: 1, during: { last: 36526 days } }",
  "{ count: a, above: 1, during: { last: 1 day, endingBefore: 24 hours } }",
  "{ count: a, above: 1, during: { since: 2023-02-29 } }",
  "{ count: a, above: 1, during: { between: [2024-01-02, 2024-01-01] } }",
  "{ count: a, above: 1, during: { between: [2024-01-02, '2024-01-03T00:00:00Z'] } }",
  "{ attribute: a, between: [2, 1] }",
  "{ attribute: a, matches: 'a(?=b)' }",
  "{ date: endsAt, before: 2024-02-30 }",
  "{ anniversary: birthDate, withinNext: 12 hours }",
  "{ anniversary: birthDate, withinNext: 36 hours }",
  "{ kind: scoring, id: c, recency: { since: last, of: a, thresholds: [2 days, 48 hours] } }",
  // What else is defined.
  "{ metric: revnue, above: 1 }",
  "{ kind: segment, id: s, when: { all: [] }, zone: Europe/Berln }",
  "{ kind: automation, id: a, do: [{ webhook: crm }], on: { enters: s } }",
  "{ kind: classification, id: c, categories: [{ id: a, when: { all: [] } }, { id: a, when: { all: [] } }], otherwise: a }",
]);

describe("the JSON Schema of definitions", () => {
  it("given valid definitions, then it accepts each", () => {
    fc.assert(
      fc.property(validDocuments, (documents) => {
        for (const document of documents) expect([document, accepts(document)]).toEqual([document, true]);
      }),
      { numRuns: 500 },
    );
  });

  it("given definitions spoilt somewhere, then it accepts whatever parses", () => {
    fc.assert(
      fc.property(spoiltDocuments, (documents) => {
        for (const document of documents) {
          if (accepts(document)) continue;
          expect(parseDefinitions([document]).faults).not.toEqual([]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ...wrongConditions.map(([yaml]) => [yaml, `{ kind: segment, id: s, when: ${yaml} }`] as const),
    ...wrongDefinitions.map(([yaml]) => [yaml, yaml] as const),
  ])("given %s, then it refuses what a schema can", (yaml, document) => {
    expect(accepts(parseYaml(document))).toBe(beyondSchema.has(yaml));
  });
});

describe("the examples in the schema", () => {
  const parts = Object.entries(schema.$defs);
  const kinds = ["metric", "segment", "classification", "scoring", "automation"];
  const examples = parts.flatMap(([name, { examples: given = [] }]) =>
    given.map((example) => [name, example] as const),
  );
  const context = examples.flatMap(([name, example]) => (kinds.includes(name) ? [example] : []));

  it("given every part that is no mere list of forms, then it has an example", () => {
    const without = parts.filter(([, { examples: given }]) => given === undefined).map(([name]) => name);
    expect(without).toEqual([
      "condition",
      "comparison",
      "numberComparison",
      "yearsComparison",
      "durationComparison",
    ]);
  });

  it("given those of the kinds, then they parse together", () => {
    expect(parseDefinitions(context).faults).toEqual([]);
  });

  it.each(examples)("given one of %s, %j, then the schema accepts it", (name, example) => {
    expect(acceptsPart(name, example)).toBe(true);
  });

  it.each(examples.filter(([name]) => name.endsWith("Condition") && name !== "eventCondition"))(
    "given one of %s, %j, then it parses",
    (_, when) => {
      expect(parseDefinitions([...context, { kind: "segment", id: "example", when }]).faults).toEqual([]);
    },
  );

  const inPlace: Readonly<Record<string, (example: unknown) => unknown>> = {
    selector: (of) => ({ count: of, above: 1 }),
    eventCondition: (where) => ({ count: { event: "order.placed", where }, above: 1 }),
    path: (date) => ({ date, withinNext: "1 day" }),
    window: (during) => ({ count: "order.placed", during, above: 1 }),
    scoreComparison: (total) => ({ score: "rfm", total }),
    duration: (last) => ({ count: "order.placed", during: { last }, above: 1 }),
    durationOrZero: (withinNext) => ({ date: "endsAt", withinNext }),
    days: (withinNext) => ({ anniversary: "birthDate", withinNext }),
    period: (period) => ({ count: "order.placed", during: { this: period }, above: 1 }),
    moment: (before) => ({ date: "endsAt", before }),
    leapDay: (leapDay) => ({ age: "birthDate", above: 17, leapDay }),
    number: (above) => ({ metric: "revenue-1y", above }),
    scalar: (is) => ({ attribute: "level", is }),
    comparedText: (contains) => ({ attribute: "level", contains }),
    pattern: (matches) => ({ attribute: "sku", matches }),
    reference: (metric) => ({ metric, above: 1 }),
    eventName: (count) => ({ count, above: 1 }),
    attributePath: (attribute) => ({ attribute, exists: true }),
    propertyPath: (sum) => ({ sum, of: "order.placed", above: 1 }),
  };
  it.each(examples.filter(([name]) => name in inPlace))(
    "given one of %s, %j, then it parses in its place",
    (name, example) => {
      const when = inPlace[name]?.(example);
      expect(parseDefinitions([...context, { kind: "segment", id: "example", when }]).faults).toEqual([]);
    },
  );
});
