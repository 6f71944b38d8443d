import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { type Fault, parseDefinitions } from "../src/index.ts";
import { wrongConditions, wrongDefinitions } from "./definition-wrong.ts";

const day = 86_400_000;
const documentsOf = (text: string): unknown[] => parseAllDocuments(text).map((document) => document.toJS());
const parse = (text: string) => parseDefinitions(documentsOf(text));

function told({ definition, path, found, nearest }: Fault): string {
  return `${definition} ${path}: ${found}${nearest === undefined ? "" : ` (${nearest}?)`}`;
}
const faultsOf = (text: string) => parse(text).faults.map(told);

function conditionOf(condition: string): unknown {
  const { definitions, faults } = parse(`{ kind: segment, id: s, when: ${condition} }`);
  expect(faults).toEqual([]);
  return definitions[0]?.kind === "segment" ? definitions[0].when : undefined;
}
const conditionFaults = (condition: string) =>
  parse(`{ kind: segment, id: s, when: ${condition} }`).faults.map((fault) =>
    told(fault).slice("segment/s ".length),
  );

const order = { event: "order.placed" };
const attribute = (...path: string[]) => ({ from: "attribute", path });

describe("what definitions become", () => {
  it("given only what must be there, then the rest is filled in", () => {
    expect(parse("{ kind: metric, id: orders, count: order.placed }")).toEqual({
      definitions: [
        {
          kind: "metric",
          id: "orders",
          name: "orders",
          tags: [],
          subject: "customer",
          zone: "workspace",
          aggregate: { function: "count", of: order, during: { type: "all" } },
        },
      ],
      faults: [],
    });
  });

  it("given everything, then everything is kept", () => {
    const [segment] = parse(`
      kind: segment
      id: loyal
      name: Loyal
      description: Long
      tags: [a, b]
      owner: crm
      subject: company
      zone: Europe/Berlin
      when: { all: [] }
      mark: { color: "#A0b1c2", icon: crown, label: VIP }`).definitions;
    expect(segment).toEqual({
      kind: "segment",
      id: "loyal",
      name: "Loyal",
      description: "Long",
      tags: ["a", "b"],
      owner: "crm",
      subject: "company",
      zone: { name: "Europe/Berlin" },
      when: { op: "all", of: [] },
      mark: { color: "#A0b1c2", icon: "crown", label: "VIP" },
    });
  });

  it.each([
    ["{ last: 60 days }", { type: "rolling", lastMs: 60 * day, endingBeforeMs: 0 }],
    ["{ last: 1 week }", { type: "rolling", lastMs: 7 * day, endingBeforeMs: 0 }],
    [
      "{ last: 90 days, endingBefore: 12 hours }",
      { type: "rolling", lastMs: 90 * day, endingBeforeMs: day / 2 },
    ],
    ["{ this: month }", { type: "calendar", which: "this", period: "month" }],
    ["{ previous: quarter }", { type: "calendar", which: "previous", period: "quarter" }],
    // 2024-02-29 is day 19,782 since 1970-01-01.
    ["{ since: 2024-02-29 }", { type: "fixed", from: { day: 19_782 }, to: null }],
    ["{ since: '1970-01-02T02:00:00+02:00' }", { type: "fixed", from: { instant: day }, to: null }],
    // Both ends are in, so the window ends where the day after begins.
    ["{ between: [1970-01-01, 1970-01-31] }", { type: "fixed", from: { day: 0 }, to: { day: 31 } }],
    [
      "{ between: ['1970-01-01T00:00:00Z', '1970-01-01T00:00:01.500Z'] }",
      { type: "fixed", from: { instant: 0 }, to: { instant: 1_501 } },
    ],
  ])("given during: %s, then the window is spelled out", (during, window) => {
    expect(conditionOf(`{ count: order.placed, during: ${during}, atLeast: 1 }`)).toEqual({
      op: "aggregate",
      aggregate: { function: "count", of: order, during: window },
      compare: { op: "atLeast", value: 1 },
    });
  });

  it.each([
    ["{ is: gold }", { op: "is", value: "gold", ignoreCase: false }],
    ["{ isNot: Gold, ignoreCase: true }", { op: "isNot", value: "Gold", ignoreCase: true }],
    ["{ in: [1, a, true] }", { op: "in", values: [1, "a", true], ignoreCase: false }],
    ["{ notIn: [a], ignoreCase: true }", { op: "notIn", values: ["a"], ignoreCase: true }],
    ["{ above: 1.5 }", { op: "above", value: 1.5 }],
    ["{ atMost: -2 }", { op: "atMost", value: -2 }],
    ["{ between: [1, 1] }", { op: "between", from: 1, to: 1 }],
    ["{ contains: x }", { op: "contains", value: "x", ignoreCase: false }],
    ["{ startsWith: x, ignoreCase: false }", { op: "startsWith", value: "x", ignoreCase: false }],
    ["{ matches: ^a+$ }", { op: "matches", pattern: "^a+$", ignoreCase: false }],
    ["{ includes: 7 }", { op: "includes", value: 7, ignoreCase: false }],
    ["{ includesAny: [a, b] }", { op: "includesAny", values: ["a", "b"], ignoreCase: false }],
    ["{ includesAll: [a] }", { op: "includesAll", values: ["a"], ignoreCase: false }],
    ["{ exists: false }", { op: "exists", value: false }],
    ["{ is: -0 }", { op: "is", value: 0, ignoreCase: false }],
  ])("given an attribute that %s, then the comparison is spelled out", (comparator, compare) => {
    const given = `{ attribute: a.b, ${comparator.slice(1)}`;
    expect(conditionOf(given)).toEqual({ op: "attribute", path: attribute("a", "b"), compare });
  });

  it.each([
    [
      "{ sum: total, of: { event: order.placed, where: { any: [{ property: items.sku, is: A }, { not: { all: [] } }] } }, above: 5 }",
      {
        op: "aggregate",
        aggregate: {
          function: "sum",
          path: ["total"],
          of: {
            event: "order.placed",
            where: {
              op: "any",
              of: [
                {
                  op: "property",
                  path: ["items", "sku"],
                  compare: { op: "is", value: "A", ignoreCase: false },
                },
                { op: "not", of: { op: "all", of: [] } },
              ],
            },
          },
          during: { type: "all" },
        },
        compare: { op: "above", value: 5 },
      },
    ],
    [
      "{ attribute: { first: order.placed, take: channel }, is: web }",
      {
        op: "attribute",
        path: { from: "first", of: order, take: ["channel"] },
        compare: { op: "is", value: "web", ignoreCase: false },
      },
    ],
    [
      "{ date: endsAt, withinNext: 14 days }",
      { op: "date", path: attribute("endsAt"), test: { op: "withinNext", span: { ms: 14 * day, days: 14 } } },
    ],
    [
      "{ date: { last: order.placed }, olderThan: 36 hours }",
      {
        op: "date",
        path: { from: "last", of: order },
        test: { op: "olderThan", span: { ms: 1.5 * day } },
      },
    ],
    [
      "{ date: endsAt, before: 1970-01-03 }",
      { op: "date", path: attribute("endsAt"), test: { op: "before", date: { day: 2 } } },
    ],
    [
      "{ age: birthDate, between: [18, 25], leapDay: march-1 }",
      {
        op: "age",
        path: attribute("birthDate"),
        compare: { op: "between", from: 18, to: 25 },
        leapDay: "march-1",
      },
    ],
    [
      "{ anniversary: birthDate, today: true }",
      { op: "anniversary", path: attribute("birthDate"), direction: "next", days: 0, leapDay: "february-28" },
    ],
    [
      "{ anniversary: { first: order.placed }, withinLast: 1 week, years: [1, 5] }",
      {
        op: "anniversary",
        path: { from: "first", of: order },
        direction: "last",
        days: 7,
        years: [1, 5],
        leapDay: "february-28",
      },
    ],
    [
      "{ since: last, of: order.placed, between: [1 day, 2 days] }",
      {
        op: "since",
        edge: "last",
        of: order,
        compare: { op: "between", from: day, to: 2 * day },
      },
    ],
    [
      "{ rhythm: stopped, of: order.placed, every: month, times: 3 }",
      { op: "rhythm", state: "stopped", of: order, every: "month", times: 3 },
    ],
  ])("given %s, then the condition is spelled out", (condition, expected) => {
    expect(conditionOf(condition)).toEqual(expected);
  });

  it("given a score card, then thresholds are in ms and in units of 1/10,000", () => {
    const { definitions, faults } = parse(`
kind: metric
id: revenue
sum: total
of: order.placed
---
kind: scoring
id: rfm
recency: { since: last, of: order.placed, thresholds: [30 days, 60 days] }
monetary: { metric: revenue, thresholds: [0.5, 100] }
---
kind: segment
id: best
when: { score: rfm, recency: { is: 3 }, total: { atLeast: 5 } }`);
    expect(faults).toEqual([]);
    expect(definitions[1]).toMatchObject({
      parts: {
        recency: {
          value: { type: "since", edge: "last", of: order },
          cuts: { type: "thresholds", bounds: [30 * day, 60 * day] },
        },
        monetary: {
          value: { type: "metric", metric: "revenue" },
          cuts: { type: "thresholds", bounds: [5_000, 1_000_000] },
        },
      },
    });
    expect(definitions[2]).toMatchObject({
      when: {
        op: "all",
        of: [
          { op: "score", scoring: "rfm", part: "recency", compare: { op: "is", value: 3 } },
          { op: "score", scoring: "rfm", part: "total", compare: { op: "atLeast", value: 5 } },
        ],
      },
    });
  });

  it("given a classification and automations, then they name each other", () => {
    const { definitions, faults } = parse(`
kind: classification
id: tier
categories: [{ id: vip, when: { all: [] }, mark: { label: VIP } }]
otherwise: plain
---
kind: segment
id: vips
when: { classification: tier, in: [vip, plain] }
---
kind: automation
id: a
on: { moves: tier, to: [plain] }
do: [{ webhook: crm }]
---
kind: automation
id: b
on: { leaves: vips }
historic: true
do: [{ webhook: crm, data: { any: [json] } }]`);
    expect(faults).toEqual([]);
    expect(definitions[0]).toMatchObject({
      categories: [{ id: "vip", name: "vip", when: { op: "all", of: [] }, mark: { label: "VIP" } }],
      otherwise: "plain",
    });
    expect(definitions[1]).toMatchObject({
      when: { op: "classification", classification: "tier", in: ["vip", "plain"] },
    });
    expect(definitions.slice(2)).toEqual([
      {
        kind: "automation",
        id: "a",
        name: "a",
        tags: [],
        on: { moves: "tier", to: ["plain"] },
        historic: false,
        do: [{ webhook: "crm" }],
      },
      {
        kind: "automation",
        id: "b",
        name: "b",
        tags: [],
        on: { leaves: "vips" },
        historic: true,
        do: [{ webhook: "crm", data: { any: ["json"] } }],
      },
    ]);
  });
});

describe("what is wrong with a condition", () => {
  it.each(wrongConditions)("given %s, then it says so", (condition, expected) => {
    expect(conditionFaults(condition)).toEqual(expected);
  });
});

describe("what is wrong with a definition", () => {
  it.each(wrongDefinitions)("given %s, then it says so", (definition, expected) => {
    expect(faultsOf(definition)).toEqual(expected);
  });

  it("given several documents with faults, then all are told, and those without are kept", () => {
    const { definitions, faults } = parse(`
{ kind: segment, id: good, when: { all: [] } }
---
{ kind: segment, id: bad, zone: nowhere, when: { count: A, atLeast: x } }
---
{ kind: segment, id: good, when: { any: [] } }
---
{ kind: nothing }`);
    expect(definitions.map(({ id }) => id)).toEqual(["good"]);
    expect(faults.map(told)).toEqual([
      'segment/bad zone: "nowhere"',
      'segment/bad when.count: "A" (a?)',
      'segment/bad when.atLeast: "x"',
      'segment/good id: "good", as in document 1',
      'document 4 kind: "nothing"',
    ]);
  });

  it("given one id in two kinds, then both are kept", () => {
    expect(
      faultsOf(
        "{ kind: metric, id: a, count: b }\n---\n{ kind: segment, id: a, when: { metric: a, above: 1 } }",
      ),
    ).toEqual([]);
  });
});

describe("what definitions say of each other", () => {
  it("given an unknown metric, then the nearest is named", () => {
    const { faults } = parse(`
{ kind: metric, id: revenue-1y, sum: total, of: order.placed }
---
{ kind: segment, id: s, when: { metric: revenue-y1, above: 1 } }`);
    expect(faults.map(told)).toEqual(['segment/s when.metric: "revenue-y1" (revenue-1y?)']);
  });

  it("given another kind of subject, then it is refused; automations have none", () => {
    expect(
      faultsOf(`
{ kind: segment, id: s, subject: company, when: { all: [] } }
---
{ kind: segment, id: t, when: { not: { segment: s } } }
---
{ kind: automation, id: a, on: { enters: s }, do: [{ webhook: crm }] }`),
    ).toEqual(['segment/t when.not.segment: "s", whose subject is company']);
  });

  it("given a category or part that is not there, then those that are are named", () => {
    const { faults } = parse(`
{ kind: classification, id: tier, categories: [{ id: vip, when: { all: [] } }], otherwise: plain }
---
{ kind: scoring, id: card, recency: { since: last, of: a, thresholds: [1 day] } }
---
{ kind: segment, id: s, when: { all: [{ classification: tier, in: [vip, vpi] }, { score: card, monetary: { is: 1 } }] } }
---
{ kind: automation, id: a, on: { moves: tier, to: [plan] }, do: [{ webhook: crm }] }`);
    expect(faults.map(told)).toEqual([
      'segment/s when.all.0.in.1: "vpi" (vip?)',
      'segment/s when.all.1.monetary: "monetary"',
      'automation/a on.to.0: "plan" (plain?)',
    ]);
    expect(faults.map(({ expected }) => expected)).toEqual([
      "what classification tier has: one of vip, plain",
      "what scoring card has: recency",
      "what classification tier has: one of vip, plain",
    ]);
  });

  it("given definitions that lead back to themselves, then each says how, and those that rest on them do not", () => {
    const { definitions, faults } = parse(`
{ kind: segment, id: a, when: { any: [{ count: x, above: 1 }, { segment: b }] } }
---
{ kind: segment, id: b, when: { classification: c, is: d } }
---
{ kind: classification, id: c, categories: [{ id: d, when: { segment: a } }], otherwise: e }
---
{ kind: segment, id: self, when: { segment: self } }
---
{ kind: segment, id: above, when: { segment: a } }`);
    expect(faults.map(told)).toEqual([
      "segment/a when.any.1.segment: segment/a -> segment/b -> classification/c -> segment/a",
      "segment/b when.classification: segment/b -> classification/c -> segment/a -> segment/b",
      "classification/c categories.0.when.segment: classification/c -> segment/a -> segment/b -> classification/c",
      "segment/self when.segment: segment/self -> segment/self",
    ]);
    expect(definitions.map(({ id }) => id)).toEqual(["above"]);
  });

  it("given a chain of 101 definitions, then the last is refused", () => {
    const chain = Array.from({ length: 101 }, (_, index) => ({
      kind: "segment",
      id: `s${index}`,
      when: index === 0 ? { all: [] } : { segment: `s${index - 1}` },
    }));
    const { faults } = parseDefinitions(chain.toReversed());
    expect(faults.map(told)).toEqual(["segment/s100 : a chain of 101 definitions"]);
  });
});

describe("hostile documents", () => {
  const told1 = (document: unknown) => parseDefinitions([document]).faults.map(told);

  it("given nesting without end, then it is refused", () => {
    let when: unknown = { all: [] };
    for (let depth = 0; depth < 100_000; depth += 1) when = { not: when };
    const [fault, ...more] = parseDefinitions([{ kind: "segment", id: "s", when }]).faults;
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ definition: "segment/s", found: "deeper nesting" });
  });

  it("given an object that holds itself, then it is refused", () => {
    const when: Record<string, unknown> = {};
    when.all = [when, when];
    expect(told1({ kind: "segment", id: "s", when })[0]).toContain("deeper nesting");
  });

  it("given aliases that multiply, then they are refused", () => {
    let when: unknown = { count: "a", above: 1 };
    for (let depth = 0; depth < 20; depth += 1) when = { all: Array(10).fill(when) };
    expect(told1({ kind: "segment", id: "s", when })[0]).toContain("more than 20000 values");
  });

  it("given a huge list, then it is refused", () => {
    const values = Array.from({ length: 15_000 }, (_, index) => index);
    expect(told1({ kind: "segment", id: "s", when: { attribute: "a", in: values } })).toEqual([
      "segment/s when.in: a list of 15000",
    ]);
  });

  it("given keys of the object prototype, then they are unknown keys like any other", () => {
    const document = JSON.parse(
      '{"kind":"segment","id":"s","__proto__":{"when":{"all":[]}},"constructor":1}',
    );
    expect(told1(document)).toEqual([
      'segment/s __proto__: the key "__proto__"',
      'segment/s constructor: the key "constructor"',
      "segment/s when: nothing",
    ]);
    expect(told1(JSON.parse('{"kind":"segment","id":"s","when":{"toString":1}}'))).toEqual([
      "segment/s when: a mapping of toString",
    ]);
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
    5n,
    () => 1,
    new Date(0),
    Symbol("a"),
    new Map(),
  ])("given a value that JSON does not have, then it is refused", (value) => {
    const [fault] = parseDefinitions([
      { kind: "segment", id: "s", when: { attribute: "a", is: value } },
    ]).faults;
    expect(fault).toMatchObject({ path: "when.is", expected: "a value that JSON has; dates are texts" });
  });

  it("given texts without end, then they are refused and shown in short", () => {
    const [fault] = parseDefinitions([
      { kind: "segment", id: "s", when: { attribute: "a", is: "x".repeat(1_000_000) } },
    ]).faults;
    expect(fault?.found.length).toBeLessThan(100);
    const [long] = parseDefinitions([
      { kind: "segment", id: "s", when: { attribute: "a", is: "x".repeat(5_000) } },
    ]).faults;
    expect(long?.found.length).toBeLessThan(100);
    const key = "k".repeat(1_000_000);
    const [unknown] = parseDefinitions([{ kind: "segment", id: "s", when: { all: [] }, [key]: 1 }]).faults;
    expect(unknown?.path.length).toBeLessThan(100);
  });

  it("given a thousand faults in one document, then a hundred are told, and that there are more", () => {
    const any = Array.from({ length: 1_000 }, () => ({ count: "A", above: 1 }));
    const { faults } = parseDefinitions([{ kind: "segment", id: "s", when: { any } }]);
    expect(faults).toHaveLength(101);
    expect(faults.at(-1)?.found).toBe("further faults");
  });
});
