import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parseDefinitions } from "../../packages/core/src/index.ts";
import { answersTo } from "./answers.ts";
import { type GoldenCase, goldenFiles } from "./golden-case.ts";
import { logOf, ordersOf } from "./log.ts";
import { seenAt } from "./seen.ts";

const files = goldenFiles();
const schema = JSON.parse(readFileSync(new URL("golden-cases.schema.json", import.meta.url), "utf8"));
const isGoldenFile = new Ajv2020({
  strict: true,
  strictRequired: false,
  strictTypes: false,
  allErrors: true,
});
const accepts = isGoldenFile.compile(schema);

describe("the files of golden cases", () => {
  for (const { name, content } of files)
    it(`given ${name}.json, then it is as the schema says, and named after its form`, () => {
      accepts(content);
      expect(accepts.errors ?? []).toEqual([]);
      expect(content.form).toBe(name);
    });

  it("given all files, then no two cases have the same name", () => {
    const names = files.flatMap(({ content }) => content.cases.map(({ name }) => name));
    expect(names.filter((name, place) => names.indexOf(name) !== place)).toEqual([]);
  });

  it("given the instants of all cases, then each is one that exists", () => {
    const instants = files.flatMap(({ content }) => content.cases.flatMap(instantsOf));
    const wrong = instants.filter((instant) => {
      const read = new Date(instant);
      return Number.isNaN(read.getTime()) || !read.toISOString().startsWith(instant.slice(0, -1));
    });
    expect(wrong).toEqual([]);
  });
});

for (const { name, content } of files)
  describe(`golden cases: ${name}`, () => {
    for (const golden of content.cases)
      it(`given ${golden.name}, then all comes out as worked out by hand`, () => check(golden));
  });

function check(golden: GoldenCase): void {
  const { definitions, faults } = parseDefinitions(golden.definitions);
  expect(faults).toEqual([]);
  for (const order of ordersOf(logOf(golden.events), golden.inOrder === true)) {
    for (const expectation of golden.expect) {
      const sight = seenAt(definitions, golden.zone ?? "UTC", order, Date.parse(expectation.at));
      const answers = answersTo(expectation, definitions, sight);
      for (const [way, answer] of Object.entries(answers))
        expect.soft(answer, `${way}, events ${order.name}`).toEqual(expectation);
    }
  }
}

function instantsOf({ events, expect: expectations }: GoldenCase): string[] {
  return [
    ...events.flatMap(({ at, givenAt = at }) => [at, givenAt]),
    ...expectations.flatMap((expectation) => [
      expectation.at,
      ...("changesAt" in expectation ? Object.values(expectation.changesAt ?? {}) : []),
    ]),
  ].filter((instant) => instant !== null);
}
