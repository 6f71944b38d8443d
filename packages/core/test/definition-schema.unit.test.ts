import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { goldenFiles } from "../../../test/golden/golden-case.ts";
import { parseDefinitions } from "../src/index.ts";
import { spoiltDocuments, validDocuments } from "./definition-documents.ts";
import { wrongConditions, wrongDefinitions } from "./definition-wrong.ts";
import { justRight, wrongFormConditions, wrongFormDefinitions } from "./definition-wrong-forms.ts";

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
  "{ ratio: { of: revenue, to: orders }, above: 1.00005 }",
  "{ sequence: [a, b], within: 36526 days }",
  "{ did: a, without: b, for: 2 hours, forget: 1 hour }",
  "{ did: a, without: b, for: 2 hours, forget: 120 minutes }",
  "{ split: { of: a, from: 10, to: 10 } }",
  "{ split: { of: a, from: 20, to: 10 } }",
  "{ split: { of: a, from: 0, to: 0.00001 } }",
  "{ near: { attribute: a, of: [0, 0], within: 0.5 m } }",
  "{ near: { attribute: a, of: [0, 0], within: 20017 km } }",
  "{ kind: scoring, id: c, monetary: { metric: revenue, thresholds: [100, 100] } }",
  // What else is defined.
  "{ ratio: { of: revenu, to: ordres }, above: 1 }",
  "{ ratio: { of: loyalty, to: company-orders }, above: 1 }",
  "{ engagement: loyalti, atLeast: 5 }",
  "{ engagement: revenue, atLeast: 5 }",
  "{ engagement: company-loyalty, above: 1 }",
  "{ score: rfm, frequency: { is: 1 } }",
  "{ score: rmf, total: { is: 1 } }",
  "{ bottom: 5 percent, by: revneue }",
  "{ bottom: 5 percent, by: loyalty }",
  "{ top: 5 percent, by: company-orders }",
  "{ lapsing: buyrs, within: 2 days }",
  "{ lapsing: s, within: 2 days }",
  "{ list: trade-fare }",
  "{ list: partners }",
  "{ kind: list, id: trade-fair }",
  "{ kind: scoring, id: c, frequency: { metric: ordrs, quantiles: 5 }, monetary: { metric: company-orders, quantiles: 5 } }",
  "{ kind: segment, id: s, enter: { all: [] }, leave: { not: { segment: s } } }",
  "{ metric: revnue, above: 1 }",
  "{ kind: segment, id: s, when: { all: [] }, zone: Europe/Berln }",
  "{ kind: automation, id: a, do: [{ webhook: crm }], on: { enters: s } }",
  "{ kind: classification, id: c, categories: [{ id: a, when: { all: [] } }, { id: a, when: { all: [] } }], otherwise: a }",
]);

/** What is expected where a schema had to give in: other definitions, order, decimals, days, patterns, zones, no JSON. */
const cannotSay =
  /that is defined$|lead back|of its own|more than|less than|low not above high|from not after to|decimal places|no such day|36525 days|whole number of days|regular expression|IANA zone|20016000 m|JSON has/;

/** Ajv takes keys that every object inherits for known where a schema says `unevaluatedProperties: false`. */
function hasInheritedName(document: unknown): boolean {
  const text = JSON.stringify(document, (_, value) => (typeof value === "bigint" ? 0 : value));
  return /"(__proto__|constructor)":/.test(text);
}

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

  it("given definitions spoilt somewhere, when it accepts one that does not parse, then for what a schema cannot say", () => {
    fc.assert(
      fc.property(spoiltDocuments, (documents) => {
        for (const document of documents) {
          if (!accepts(document) || hasInheritedName(document)) continue;
          for (const { expected } of parseDefinitions([document]).faults) expect(expected).toMatch(cannotSay);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ...[...wrongConditions, ...wrongFormConditions].map(
      ([yaml]) => [yaml, `{ kind: segment, id: s, when: ${yaml} }`] as const,
    ),
    ...[...wrongDefinitions, ...wrongFormDefinitions].map(([yaml]) => [yaml, yaml] as const),
  ])("given %s, then it refuses what a schema can", (yaml, document) => {
    expect(accepts(parseYaml(document))).toBe(beyondSchema.has(yaml));
  });

  it.each(justRight)("given %s, which is as far as the parser goes, then it accepts it", (document) => {
    expect(accepts(parseYaml(document))).toBe(true);
  });

  it("given what is wrong in ways that a schema cannot say, then that is still a case", () => {
    const wrong = [wrongConditions, wrongFormConditions, wrongDefinitions, wrongFormDefinitions].flat();
    const yamls = new Set(wrong.map(([yaml]) => yaml));
    expect([...beyondSchema].filter((yaml) => !yamls.has(yaml))).toEqual([]);
  });

  it("given the definitions of all golden cases, then it accepts each, as the parser does", () => {
    const cases = goldenFiles().flatMap(({ content }) => content.cases);
    expect(cases.length).toBeGreaterThan(300);
    for (const { name, definitions } of cases) {
      expect([name, parseDefinitions(definitions).faults]).toEqual([name, []]);
      for (const document of definitions)
        expect([name, document, accepts(document)]).toEqual([name, document, true]);
    }
  });
});

describe("the examples in the schema", () => {
  const parts = Object.entries(schema.$defs);
  const kinds = ["metric", "segment", "classification", "scoring", "engagement", "list", "automation"];
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
    ratioParts: (ratio) => ({ ratio, above: 1 }),
    splitRange: (split) => ({ split }),
    nearPlace: (near) => ({ near }),
    share: (top) => ({ top, by: "revenue-1y" }),
    percent: (from) => ({ split: { of: "a", from, to: 100 } }),
    distance: (within) => ({ near: { attribute: "location", of: [0, 0], within } }),
    coordinates: (of) => ({ near: { attribute: "location", of, within: "1 km" } }),
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
  const inDefinition: Readonly<Record<string, (example: unknown) => unknown>> = {
    scoreRule: (recency) => ({ kind: "scoring", id: "example", recency }),
    engagementPoints: (points) => ({
      kind: "engagement",
      id: "example",
      points: [points],
      halfLife: "1 day",
    }),
    weight: (weight) => ({
      kind: "engagement",
      id: "example",
      points: [{ of: "order.placed", weight }],
      halfLife: "1 day",
    }),
    category: (category) => ({
      kind: "classification",
      id: "example",
      categories: [category],
      otherwise: "example-rest",
    }),
    mark: (mark) => ({ kind: "segment", id: "example", when: { all: [] }, mark }),
    zone: (zone) => ({ kind: "segment", id: "example", when: { all: [] }, zone }),
    id: (id) => ({ kind: "list", id }),
    categoryId: (otherwise) => ({
      kind: "classification",
      id: "example",
      categories: [{ id: "example-first", when: { all: [] } }],
      otherwise,
    }),
    trigger: (on) => ({ kind: "automation", id: "example", on, do: [{ webhook: "crm" }] }),
    action: (action) => ({
      kind: "automation",
      id: "example",
      on: { enters: "bought-60" },
      do: [action],
    }),
  };
  it.each(examples.filter(([name]) => name in inDefinition))(
    "given one of %s, %j, then it parses in a definition",
    (name, example) => {
      expect(parseDefinitions([...context, inDefinition[name]?.(example)]).faults).toEqual([]);
    },
  );

  it("given all parts, then each is a kind or a condition, or is parsed in its place", () => {
    const looked = [...kinds, ...Object.keys(inPlace), ...Object.keys(inDefinition)];
    const other = parts.filter(
      ([name, { examples: given }]) =>
        given !== undefined && !name.endsWith("Condition") && !looked.includes(name),
    );
    expect(other.map(([name]) => name)).toEqual([]);
  });

  it.each(examples.filter(([name]) => name in inPlace))(
    "given one of %s, %j, then it parses in its place",
    (name, example) => {
      const when = inPlace[name]?.(example);
      expect(parseDefinitions([...context, { kind: "segment", id: "example", when }]).faults).toEqual([]);
    },
  );
});
