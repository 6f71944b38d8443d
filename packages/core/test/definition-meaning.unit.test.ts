import { describe, expect, it } from "vitest";
import { meaningOf, needsCuts, parseDefinitions } from "../src/index.ts";

describe("what a document means", () => {
  const labels = { name: "A", description: "B", tags: ["c"], owner: "d", mark: { color: "#e5484d" } };

  it("given labels of a document and of its categories, then they mean nothing, and all else does", () => {
    const document = {
      ...labels,
      kind: "classification",
      id: "tier",
      categories: [{ ...labels, id: "vip", when: { all: [] } }, "x", null],
      otherwise: "other",
    };
    expect(meaningOf(document)).toEqual({
      kind: "classification",
      id: "tier",
      categories: [{ id: "vip", when: { all: [] } }, "x", null],
      otherwise: "other",
    });
  });

  it.each([
    [
      { ...labels, id: "a", categories: { name: "kept" } },
      { id: "a", categories: { name: "kept" } },
    ],
    [
      { id: "a", when: { name: "kept" } },
      { id: "a", when: { name: "kept" } },
    ],
    [[{ name: "kept" }], [{ name: "kept" }]],
    ["name", "name"],
    [null, null],
    [7, 7],
  ])("%j means %j", (document, meaning) => {
    expect(meaningOf(document)).toEqual(meaning);
  });
});

describe("whether a definition needs cuts of the population", () => {
  const metric = { kind: "metric", id: "revenue", sum: "total", of: "order" };
  const top = { top: "5 percent", by: "revenue" };
  const bottom = { bottom: "5 percent", by: "revenue" };
  const segment = (when: unknown) => ({ kind: "segment", id: "asked", when });
  const scoring = (monetary: object) => ({
    kind: "scoring",
    id: "asked",
    recency: { since: "last", of: "order", thresholds: ["30 days"] },
    monetary: { metric: "revenue", ...monetary },
  });

  it.each([
    [segment(top), true],
    [segment(bottom), true],
    [segment({ all: [{ attribute: "a", is: 1 }, { not: top }] }), true],
    [segment({ metric: "revenue", atLeast: 5 }), false],
    [scoring({ quantiles: 5 }), true],
    [scoring({ thresholds: [100, 500] }), false],
    [{ ...metric, id: "asked" }, false],
  ])("%j: %s", (document, expected) => {
    const { definitions, faults } = parseDefinitions([metric, document]);
    expect(faults).toEqual([]);
    expect(definitions.filter(({ id }) => id === "asked").map(needsCuts)).toEqual([expected]);
  });
});
