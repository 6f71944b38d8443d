/** The ready packs: they parse, their worked examples come out, and their READMEs say the same. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parseDefinitions } from "../../packages/core/src/index.ts";
import { answersTo } from "../golden/answers.ts";
import type { Expectation, GoldenCase } from "../golden/golden-case.ts";
import { logOf, ordersOf } from "../golden/log.ts";
import { seenAt } from "../golden/seen.ts";
import { documentsOf, packNames, readPack } from "./pack.ts";
import { exampleTables, expectationsOf } from "./readme-table.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const schemaOf = (path: string) =>
  new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(
    JSON.parse(read(path)),
  );
const acceptsDefinition = schemaOf("schemas/definition.schema.json");
const goldenSchema = JSON.parse(read("test/golden/golden-cases.schema.json")) as Readonly<
  Record<string, unknown>
>;
const acceptsCase = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
}).compile({
  ...goldenSchema,
  $ref: "#/$defs/case",
  required: [],
  properties: {},
  additionalProperties: true,
});

const packs = packNames.filter((name) => name !== "demo").map(readPack);

describe("the packs together", () => {
  it("given all of them, the demo too, then they parse side by side: no two definitions share a name", () => {
    const documents = packNames.flatMap(documentsOf);
    const { definitions, faults } = parseDefinitions(documents);
    expect(faults).toEqual([]);
    expect(definitions).toHaveLength(documents.length);
  });

  it("given all of them, then each form of a condition and each kind but the automation is in one", () => {
    const text = JSON.stringify(packs.map(({ documents }) => parseDefinitions(documents).definitions));
    const forms =
      "all any not attribute date age anniversary aggregate metric since rhythm sequence did ratio engagement " +
      "top bottom lapsing list split near score segment classification";
    for (const op of forms.split(" ")) expect(text).toContain(`"op":"${op}"`);
    for (const name of ["count", "sum", "average", "minimum", "maximum", "distinct"])
      expect(text).toContain(`"function":"${name}"`);
    for (const kind of ["metric", "segment", "classification", "scoring", "engagement", "list"])
      expect(text).toContain(`"kind":"${kind}"`);
  });

  it("given packs/README.md, then it has a line for each", () => {
    const listed = [...read("packs/README.md").matchAll(/^\| \[?`([a-z0-9-]+)\/`/gm)].map(([, name]) => name);
    expect(listed.toSorted()).toEqual(packNames.toSorted());
  });
});

describe.each(packs)("the pack $name", ({ name, documents, readme, cases }) => {
  const { definitions } = parseDefinitions(documents);

  it("given it alone, then it parses, and the schema accepts each definition", () => {
    expect(packNames).toContain(name);
    expect(parseDefinitions(documents).faults).toEqual([]);
    for (const document of documents) {
      acceptsDefinition(document);
      expect([document, acceptsDefinition.errors?.at(0)?.message]).toEqual([document, undefined]);
    }
  });

  it("given its segments and classifications, then each has a name for people, and each segment a mark", () => {
    for (const definition of definitions) {
      expect(definition.name).not.toBe(definition.id);
      if (definition.kind !== "segment") continue;
      const { mark } = definition;
      expect([definition.id, Object.keys(mark ?? {}).toSorted()]).toEqual([
        definition.id,
        ["color", "icon", "label"],
      ]);
    }
  });

  it("given its README, then it names each segment and classification, and whom it is for", () => {
    for (const { kind, id } of definitions)
      if (kind === "segment" || kind === "classification") expect(readme).toContain(id);
    for (const part of ["**For**", "**Needs**", "## Adapt it", "## A worked example"])
      expect(readme).toContain(part);
  });

  it("given its example, then it is a golden case as the schema of golden cases says", () => {
    expect(cases.length).toBeGreaterThan(0);
    for (const example of cases) {
      acceptsCase(example);
      expect(acceptsCase.errors ?? []).toEqual([]);
    }
  });

  it("given the tables of its README, then they say what the example says", () => {
    const tables = exampleTables(readme);
    expect(tables).toHaveLength(cases.length);
    tables.forEach((rows, place) => {
      const example = cases[place]!;
      expect(expectationsOf(rows, definitions)).toEqual(example.expect);
      for (const [at, group] of Map.groupBy(rows, (row) => row.at)) {
        const there = example.events.filter((event) => Date.parse(event.at) <= Date.parse(at));
        const subjects = new Set(there.map(({ customer, company }) => customer ?? company));
        expect(group.map(({ subject }) => subject).toSorted()).toEqual([...subjects].toSorted());
      }
    });
  });

  it("given all its examples, then somebody is in each segment and somebody is not, and each classification is asked", () => {
    const expectations = cases.flatMap((example) => example.expect);
    for (const { kind, id } of definitions) {
      if (kind === "segment") expect([id, sidesOf(id, cases)]).toEqual([id, { in: true, out: true }]);
      if (kind !== "classification") continue;
      const asked = expectations.filter((one) => "classification" in one && one.classification === id);
      expect([id, asked.length > 0]).toEqual([id, true]);
    }
  });

  it.each(cases)("given the example '$name', then all comes out as worked out by hand", (example) => {
    for (const order of ordersOf(logOf(example.events), example.inOrder === true)) {
      for (const expectation of example.expect) {
        const sight = seenAt(definitions, example.zone ?? "UTC", order, Date.parse(expectation.at));
        for (const [way, answer] of Object.entries(answersTo(expectation, definitions, sight)))
          expect.soft(answer, `${way}, events ${order.name}`).toEqual(expectation);
      }
    }
  });
});

/** Whether anybody who is there is in the segment, and whether anybody is out, at some instant of some example. */
function sidesOf(segment: string, cases: readonly GoldenCase[]): { in: boolean; out: boolean } {
  const sides = { in: false, out: false };
  for (const { events, expect: expectations } of cases)
    for (const expectation of expectations) {
      if (!isAbout(expectation, segment)) continue;
      const there = events.filter((event) => Date.parse(event.at) <= Date.parse(expectation.at));
      const subjects = new Set(there.map(({ customer, company }) => customer ?? company));
      if (expectation.members.length > 0) sides.in = true;
      if (expectation.members.length < subjects.size) sides.out = true;
    }
  return sides;
}

function isAbout(
  expectation: Expectation,
  segment: string,
): expectation is Extract<Expectation, { readonly segment: string }> {
  return "segment" in expectation && expectation.segment === segment;
}
