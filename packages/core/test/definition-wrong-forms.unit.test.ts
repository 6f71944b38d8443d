import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { type Fault, parseDefinitions } from "../src/index.ts";
import { justRight, known, wrongFormConditions, wrongFormDefinitions } from "./definition-wrong-forms.ts";

const documentsOf = (text: string): unknown[] => parseAllDocuments(text).map((document) => document.toJS());
const context = documentsOf(known);
const faultsOf = (text: string) => parseDefinitions([...context, ...documentsOf(text)]).faults;

function told({ path, found, expected, nearest }: Fault): string {
  return `${path}: ${found}${nearest === undefined ? "" : ` (${nearest}?)`}; ${expected}`;
}

it("given the definitions that the others name, then nothing is wrong with them", () => {
  expect(parseDefinitions(context).faults).toEqual([]);
});

describe("what is wrong with a condition of a newer form", () => {
  it.each(wrongFormConditions)("given %s, then all of it is told", (condition, expected) => {
    const faults = faultsOf(`{ kind: segment, id: s, when: ${condition} }`);
    expect(faults.map(told)).toEqual(expected);
    expect(faults.map(({ definition }) => definition)).toEqual(expected.map(() => "segment/s"));
  });
});

describe("what is wrong with a definition of a newer kind, or with newer keys", () => {
  it.each(wrongFormDefinitions)("given %s, then all of it is told", (definition, expected) => {
    expect(faultsOf(definition).map((fault) => `${fault.definition} ${told(fault)}`)).toEqual(expected);
  });

  it("given several of them at once, then each is told of, and those without a fault are kept", () => {
    const { definitions, faults } = parseDefinitions([
      ...context,
      ...documentsOf(`
{ kind: list, id: Fair }
---
{ kind: engagement, id: e, points: [{ of: a, weight: 0 }], halfLife: 1 day }
---
{ kind: segment, id: t, when: { engagement: e, above: 1 } }
---
{ kind: segment, id: u, enter: { top: 5, by: revenue }, leave: { list: trade-fair } }`),
    ]);
    expect(faults.map((fault) => `${fault.definition} ${fault.path}: ${fault.found}`)).toEqual([
      'document 10 id: "Fair"',
      "engagement/e points.0.weight: 0",
      "segment/u enter.top: 5",
    ]);
    // The engagement that t names is there, if wrong: told of once, at the engagement.
    expect(definitions.slice(context.length).map(({ id }) => id)).toEqual(["t"]);
  });
});

describe("what is right, if only just", () => {
  it.each(justRight)("given %s, then nothing is wrong with it", (definition) => {
    expect(faultsOf(definition)).toEqual([]);
  });
});
