import { topicNames } from "@tidemark/contracts";
import { describe, expect, test } from "vitest";
import { scene } from "./scene.ts";

interface Expected {
  readonly path: string;
  readonly found: string;
  /** Part of it. */
  readonly expected: string;
  readonly nearest?: string;
}

const segment = (when: string) => `kind: segment\nid: a\nwhen: ${when}\n`;
const metric = (rest: string) => `kind: metric\nid: a\n${rest}\n`;

/** What a marketer may write, and what is wrong with it. */
const table: readonly (readonly [kind: string, text: string, faults: readonly Expected[]])[] = [
  [
    "an unknown kind",
    "kind: segmnt\nid: a",
    [{ path: "kind", found: '"segmnt"', expected: "one of metric, segment", nearest: "segment" }],
  ],
  ["no kind", "id: a", [{ path: "kind", found: "nothing", expected: "one of metric, segment" }]],
  ["text in place of a definition", "hello", [{ path: "", found: '"hello"', expected: "a definition" }]],
  [
    "an id that is not in kebab-case",
    "kind: segment\nid: Big Spender\nwhen: { all: [] }",
    [{ path: "id", found: '"Big Spender"', expected: "kebab-case", nearest: "big-spender" }],
  ],
  ["no id", "kind: segment\nwhen: { all: [] }", [{ path: "id", found: "nothing", expected: "kebab-case" }]],
  [
    "a key that nobody knows",
    "kind: segment\nid: a\nwhn: { all: [] }\nwhen: { all: [] }",
    [{ path: "whn", found: 'the key "whn"', expected: "one of", nearest: "when" }],
  ],
  [
    "a segment without a condition",
    "kind: segment\nid: a",
    [{ path: "when", found: "nothing", expected: "" }],
  ],
  [
    "a condition that nobody knows",
    segment("{ cnt: order.placed, atLeast: 1 }"),
    [{ path: "when", found: "a mapping of cnt, atLeast", expected: "a condition: one of all, any" }],
  ],
  [
    "a metric that does not exist",
    segment("{ metric: revenue-1y, atLeast: 5 }"),
    [{ path: "when.metric", found: '"revenue-1y"', expected: "a metric that is defined" }],
  ],
  [
    "the name of a metric misspelt",
    `${segment("{ metric: revenu-1y, atLeast: 5 }")}---\nkind: metric\nid: revenue-1y\ncount: order.placed\n`,
    [
      {
        path: "when.metric",
        found: '"revenu-1y"',
        expected: "a metric that is defined",
        nearest: "revenue-1y",
      },
    ],
  ],
  [
    "a segment that refers to itself",
    segment("{ segment: a }"),
    [{ path: "when.segment", found: "segment/a -> segment/a", expected: "" }],
  ],
  [
    "a negative window",
    metric("count: order.placed\nduring: { last: -5 days }"),
    [{ path: "during.last", found: '"-5 days"', expected: "a duration" }],
  ],
  [
    "a window without a unit",
    metric("count: order.placed\nduring: { last: 90 }"),
    [{ path: "during.last", found: "90", expected: "a duration" }],
  ],
  [
    "a window in months",
    metric("count: order.placed\nduring: { last: 3 months }"),
    [{ path: "during.last", found: '"3 months"', expected: "calendar periods" }],
  ],
  [
    "a calendar period that does not exist",
    metric("count: order.placed\nduring: { this: fortnight }"),
    [{ path: "during.this", found: '"fortnight"', expected: "one of day, week, month, quarter, year" }],
  ],
  [
    "a sum of nothing",
    metric("sum: total"),
    [{ path: "of", found: "nothing", expected: "the name of an event" }],
  ],
  [
    "two aggregates in one metric",
    metric("sum: total\naverage: total\nof: order.placed"),
    [{ path: "", found: "sum and average", expected: "one of" }],
  ],
  [
    "an event's name in upper case",
    metric("count: Order Placed"),
    [{ path: "count", found: '"Order Placed"', expected: "lower case such as order.placed" }],
  ],
  [
    "text where a number belongs",
    segment("{ count: order.placed, atLeast: three }"),
    [{ path: "when.atLeast", found: '"three"', expected: "a number" }],
  ],
  [
    "no comparison",
    segment("{ count: order.placed }"),
    [{ path: "when", found: "no comparator", expected: "atLeast" }],
  ],
  [
    "a regular expression that does not compile",
    segment('{ attribute: email, matches: "([a-z" }'),
    [{ path: "when.matches", found: '"([a-z"', expected: "a closed class" }],
  ],
  [
    "a date that does not exist",
    segment("{ date: birthDate, before: 2026-02-30 }"),
    [{ path: "when.before", found: '"2026-02-30"', expected: "there is no such day" }],
  ],
  [
    "an unknown zone",
    "kind: segment\nid: a\nzone: Europe/Berln\nwhen: { all: [] }",
    [{ path: "zone", found: '"Europe/Berln"', expected: "an IANA zone", nearest: "Europe/Berlin" }],
  ],
  [
    "a colour that is none",
    "kind: segment\nid: a\nwhen: { all: [] }\nmark: { color: red }",
    [{ path: "mark.color", found: '"red"', expected: "a colour such as" }],
  ],
  [
    "a classification without a remainder",
    "kind: classification\nid: a\ncategories: [{ id: vip, when: { all: [] } }]",
    [{ path: "otherwise", found: "nothing", expected: "kebab-case" }],
  ],
  [
    "a category twice",
    "kind: classification\nid: a\ncategories: [{ id: vip, when: { all: [] } }, { id: vip, when: { any: [] } }]\notherwise: rest",
    [{ path: "categories.1.id", found: '"vip", as in categories.0.id', expected: "an id of its own" }],
  ],
  [
    "an automation on what does not exist",
    "kind: automation\nid: a\non: { enters: loyal }\ndo: [{ webhook: crm }]",
    [{ path: "on.enters", found: '"loyal"', expected: "a segment that is defined" }],
  ],
  [
    "an automation that does nothing",
    `${segment("{ all: [] }").replace("id: a", "id: loyal")}---\nkind: automation\nid: a\non: { enters: loyal }\ndo: []`,
    [{ path: "do", found: "an empty list", expected: "1 to 20 actions" }],
  ],
  [
    "about companies what is about customers",
    `${metric("count: order.placed")}---\nkind: segment\nid: b\nsubject: company\nwhen: { metric: a, atLeast: 1 }`,
    [{ path: "when.metric", found: "customer", expected: "company" }],
  ],
  [
    "points of nothing that never fade",
    "kind: engagement\nid: a\npoints: []",
    [
      { path: "points", found: "an empty list", expected: "events with their weight" },
      { path: "halfLife", found: "nothing", expected: "a duration" },
    ],
  ],
  [
    "one definition twice",
    `${metric("count: order.placed")}---\n${metric("count: page.viewed")}`,
    [{ path: "id", found: '"a", as in document 1', expected: "an id of its own" }],
  ],
  [
    "a number that JSON has not",
    segment("{ count: order.placed, atLeast: .inf }"),
    [{ path: "when.atLeast", found: "Infinity", expected: "a value that JSON has" }],
  ],
  [
    "several things at once",
    "kind: segment\nid: A\nnmae: x\nwhen:\n  all:\n    - { count: order.placed, atLeast: many }\n    - { metric: none, above: 1 }\n    - { attribute: city, is: [1] }\nmark: { colour: red }",
    [
      { path: "nmae", found: 'the key "nmae"', expected: "one of", nearest: "name" },
      { path: "mark.colour", found: 'the key "colour"', expected: "one of", nearest: "color" },
      { path: "id", found: '"A"', expected: "kebab-case", nearest: "a" },
      { path: "when.all.0.atLeast", found: '"many"', expected: "a number" },
      { path: "when.all.2.is", found: "a list of 1", expected: "a text" },
    ],
  ],
];

describe("wrong definitions answer 422 with every fault, its path, what was found and what was expected", () => {
  test.each(table)("given %s", async (_, text, expected) => {
    const { yaml, log } = await scene();
    const response = await yaml("POST", "/v1/definitions", text);
    expect(response.statusCode).toBe(422);
    expect(response.headers["content-type"]).toContain("application/problem+json");
    const problem = response.json();
    expect(problem).toMatchObject({ status: 422, type: "urn:tidemark:problem:wrong-definitions" });
    const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
    const told = [...problem.faults].sort(byPath);
    const sorted = [...expected].sort(byPath);
    expect(told.map(({ path }: Expected) => path)).toEqual(sorted.map(({ path }) => path));
    for (const [index, fault] of sorted.entries()) {
      expect(told[index].found).toContain(fault.found);
      expect(told[index].expected).toContain(fault.expected);
      if (fault.nearest !== undefined) expect(told[index].nearest).toBe(fault.nearest);
      expect(told[index]).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
    }
    expect(log.records(topicNames.segmentDefinitions, 0)).toHaveLength(0);
  });

  test("given a fault deep in the third document, then its line and column are told", async () => {
    const { yaml } = await scene();
    const text = [
      "# a comment",
      "kind: metric",
      "id: one",
      "count: order.placed",
      "---",
      "kind: metric",
      "id: two",
      "count: order.placed",
      "---",
      "kind: segment",
      "id: three",
      "when:",
      "  all:",
      "    - { metric: one, atLeast: 1 }",
      "    - any:",
      "        - { metric: tow, atLeast: 1 }",
    ].join("\n");
    const { faults } = (await yaml("POST", "/v1/definitions", text)).json();
    expect(faults).toEqual([
      {
        definition: "segment/three",
        path: "when.all.1.any.0.metric",
        found: '"tow"',
        expected: "a metric that is defined",
        nearest: "two",
        line: 16,
        column: 13,
      },
    ]);
  });
});
