/** docs/language.md is up to date, its links lead somewhere, and each example on it does what it says. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { notSet, type Step, subjectOf } from "../../../scripts/language-examples.ts";
import { languageReference, readSources } from "../../../scripts/language-reference.ts";
import { answersTo } from "../../../test/golden/answers.ts";
import type { Expectation, GoldenEvent } from "../../../test/golden/golden-case.ts";
import { logOf, ordersOf } from "../../../test/golden/log.ts";
import { seenAt } from "../../../test/golden/seen.ts";
import { parseDefinitions } from "../src/index.ts";

const page = readFileSync(new URL("../../../docs/language.md", import.meta.url), "utf8");
const sources = readSources();
const { schema, examples } = sources;

const kinds = (schema.oneOf ?? []).map(({ $ref = "" }) => $ref.slice($ref.lastIndexOf("/") + 1));
const forms = (schema.$defs.condition?.oneOf ?? []).map(({ $ref = "" }) =>
  $ref.slice($ref.lastIndexOf("/") + 1),
);
const context = kinds.flatMap((kind) => schema.$defs[kind]?.examples ?? []);

describe("the reference of the language", () => {
  it("given its sources, then docs/language.md is what scripts/language-reference.ts writes", () => {
    expect(page).toBe(languageReference(sources));
  });

  it("given its links, then each leads to a heading", () => {
    const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-"),
    );
    expect(new Set(headings).size).toBe(headings.length);
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.length).toBeGreaterThan(50);
    for (const anchor of links) expect(headings).toContain(anchor);
  });

  it("given its examples of the kinds, then they parse together", () => {
    const shown = page.slice(page.indexOf("## Kinds"), page.indexOf("## Conditions"));
    const blocks = [...shown.matchAll(/```yaml\n(kind: [\s\S]*?)```/g)].map(([, block]) => block);
    const documents = parseAllDocuments(blocks.join("---\n")).map((document) => document.toJS());
    expect(documents).toEqual(context);
    expect(parseDefinitions(documents).faults).toEqual([]);
  });

  it("given each form of a condition, each kind but the automation, and each window, then an example of it is at work", () => {
    const atWork = Object.keys(examples.stories);
    for (const form of forms) expect(atWork).toContain(form);
    for (const kind of kinds) if (kind !== "automation") expect(atWork).toContain(kind);
    const windows = examples.stories.window?.map(({ example }) => example);
    expect(windows).toEqual(schema.$defs.window?.examples?.map((_, place) => place));
  });

  it("given each comparator, and each way to ask for a date, then an example of it is at work", () => {
    const compared = examples.comparisons.flatMap(({ compare }) => Object.keys(compare));
    for (const name of Object.keys(schema.$defs.comparison?.properties ?? {}))
      expect(compared).toContain(name);
    const asked = (examples.stories.dateCondition ?? []).flatMap((story) =>
      Object.keys(subjectOf("dateCondition", story, schema.$defs.dateCondition?.examples ?? [])),
    );
    for (const name of Object.keys(schema.$defs.dateCondition?.properties ?? {}))
      expect(asked).toContain(name);
  });
});

const stories = Object.entries(examples.stories).flatMap(([part, all]) =>
  all.map((story, place) => ({ part, place: place + 1, story })),
);

describe("the examples at work", () => {
  it.each(stories)("given story $place of $part, then all is as it says", ({ part, story }) => {
    const given = subjectOf(part, story, schema.$defs[part]?.examples ?? []);
    const { definitions, faults } = parseDefinitions([...context, ...asked(part, given)]);
    expect(faults).toEqual([]);
    const target = targetOf(part, given);
    for (const order of ordersOf(logOf(story.steps.flatMap(eventOf)), story.remembers === true))
      for (const step of story.steps) {
        const question = questionOf(target, step);
        if (question === undefined) continue;
        const sight = seenAt(definitions, "UTC", order, Date.parse(question.at));
        for (const [way, answer] of Object.entries(answersTo(question, definitions, sight)))
          expect
            .soft([step.at, way, order.name, answerOf(answer, step)])
            .toEqual([step.at, way, order.name, step.holds ?? step.is]);
      }
  });

  it.each(examples.comparisons)(
    "given $compare, then it holds for $holds and not for $not",
    ({ compare, holds, not }) => {
      const { definitions, faults } = parseDefinitions([
        { kind: "segment", id: "example", when: { attribute: "value", ...compare } },
      ]);
      expect(faults).toEqual([]);
      const at = "2026-01-01T12:00Z";
      const isIn = (value: unknown): boolean => {
        const attributes = value === notSet ? { other: 1 } : { value };
        const [order] = ordersOf(logOf([{ customer: "ann", at, attributes }]), false);
        const sight = seenAt(definitions, "UTC", order!, Date.parse(at));
        const question = { at, segment: "example", members: [] };
        return Object.values(answersTo(question, definitions, sight)).every(
          (answer) => "members" in answer && answer.members.length === 1,
        );
      };
      expect(holds.map(isIn)).toEqual(holds.map(() => true));
      expect(not.map(isIn)).toEqual(not.map(() => false));
    },
  );
});

/** What has to be defined beside the examples of the kinds. */
function asked(part: string, given: Readonly<Record<string, unknown>>): unknown[] {
  if (part === "list") return [{ kind: "segment", id: "example", when: { list: given.id } }];
  return kinds.includes(part) ? [] : [{ kind: "segment", id: "example", when: given }];
}

interface Target {
  readonly kind: string;
  readonly id: string;
}

function targetOf(part: string, given: Readonly<Record<string, unknown>>): Target {
  const isAnswered = kinds.includes(part) && part !== "list";
  return isAnswered ? { kind: part, id: String(given.id) } : { kind: "segment", id: "example" };
}

function eventOf(step: Step): GoldenEvent[] {
  const { event, properties, attributes } = step;
  if (event === undefined && attributes === undefined) return [];
  return [
    {
      customer: customerOf(step),
      at: instantOf(step),
      ...(event === undefined ? {} : { event }),
      ...(properties === undefined ? {} : { properties }),
      ...(attributes === undefined ? {} : { attributes }),
    },
  ];
}

function customerOf({ customer = "Ann" }: Step): string {
  return customer;
}

function instantOf({ at }: Step): string {
  return `${at.replace(" ", "T")}Z`;
}

function questionOf({ kind, id }: Target, step: Step): Expectation | undefined {
  const at = instantOf(step);
  const customer = customerOf(step);
  if (step.holds !== undefined) return { at, segment: id, members: [customer] };
  if (step.is === undefined) return undefined;
  switch (kind) {
    case "classification":
      return { at, classification: id, categories: { [customer]: String(step.is) } };
    case "scoring":
      return { at, scoring: id, scores: { [customer]: { code: 0 } } };
    case "engagement":
      return { at, engagement: id, values: { [customer]: 0 } };
    default:
      return { at, metric: id, values: { [customer]: 0 } };
  }
}

function answerOf(answer: Expectation, step: Step): unknown {
  const customer = customerOf(step);
  if ("members" in answer) return answer.members.includes(customer);
  if ("categories" in answer) return answer.categories[customer];
  if ("scores" in answer) return answer.scores[customer]?.code;
  return answer.values[customer];
}
