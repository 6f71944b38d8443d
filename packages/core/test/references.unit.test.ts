/** Which definitions can be evaluated, and in which order: plan/references.ts. */
import { describe, expect, it } from "vitest";
import { activeInOrder, buildPlan, parseDefinitions } from "../src/index.ts";

const orders = { count: "order", atLeast: 1 };
const segment = (id: string, when: unknown = orders) => ({ kind: "segment", id, when });
const metric = { kind: "metric", id: "revenue", sum: "total", of: "order" };
const other = { kind: "metric", id: "visits", count: "visit" };
const list = { kind: "list", id: "fair" };
const engagement = {
  kind: "engagement",
  id: "heat",
  points: [{ of: "visit", weight: 1 }],
  halfLife: "7 days",
};
const scoring = {
  kind: "scoring",
  id: "card",
  monetary: { metric: "revenue", thresholds: [10] },
};
const tier = {
  kind: "classification",
  id: "tier",
  categories: [{ id: "big", when: { metric: "revenue", atLeast: 30 } }],
  otherwise: "small",
};
const all = [segment("base"), metric, other, list, engagement, scoring, tier];

function inputsOf(documents: readonly unknown[], filling: readonly string[] = []) {
  const { definitions, faults } = parseDefinitions(documents);
  expect(faults).toEqual([]);
  return definitions.map((definition) => ({
    definition,
    version: 1,
    filling: filling.includes(`${definition.kind}/${definition.id}`),
  }));
}
const namesOf = (inputs: ReturnType<typeof inputsOf>) =>
  activeInOrder(inputs).map(({ definition: { kind, id } }) => `${kind}/${id}`);

describe("what a definition names", () => {
  it.each([
    ["metric/revenue", { metric: "revenue", atLeast: 1 }],
    ["metric/revenue", { top: "5 percent", by: "revenue" }],
    ["metric/visits", { bottom: "5 percent", by: "visits" }],
    ["metric/revenue", { ratio: { of: "revenue", to: "visits" }, atLeast: 1 }],
    ["metric/visits", { ratio: { of: "revenue", to: "visits" }, atLeast: 1 }],
    ["engagement/heat", { engagement: "heat", atLeast: 1 }],
    ["list/fair", { list: "fair" }],
    ["scoring/card", { score: "card", monetary: { is: 1 } }],
    ["metric/revenue", { score: "card", monetary: { is: 1 } }],
    ["segment/base", { segment: "base" }],
    ["segment/base", { lapsing: "base", within: "2 days" }],
    ["classification/tier", { classification: "tier", is: "big" }],
    ["metric/revenue", { classification: "tier", is: "big" }],
    ["engagement/heat", { all: [orders, { any: [orders, { not: { engagement: "heat", atLeast: 1 } }] }] }],
  ])("given that %s is filling, then who rests on it by %j waits", (name, when) => {
    const asking = segment("asking", when);
    expect(namesOf(inputsOf([asking, ...all]))).toContain("segment/asking");
    expect(namesOf(inputsOf([asking, ...all], [name]))).not.toContain("segment/asking");
    // Nobody else's filling concerns it.
    const asked = inputsOf([asking, ...all, segment("beside")], ["segment/beside"]);
    expect(namesOf(asked)).toContain("segment/asking");
    expect(namesOf(asked)).not.toContain("segment/beside");
  });

  it("given a segment that waits to be left, then what its leaving names counts too", () => {
    const held = { kind: "segment", id: "held", enter: orders, leave: { metric: "revenue", atLeast: 9 } };
    expect(namesOf(inputsOf([held, metric]))).toEqual(["metric/revenue", "segment/held"]);
    expect(namesOf(inputsOf([held, metric], ["metric/revenue"]))).toEqual([]);
  });
});

describe("the order of definitions", () => {
  it("given any order, then each comes after those that it names, and once", () => {
    const asked = [
      segment("c", { all: [{ segment: "b" }, { segment: "a" }] }),
      segment("b", { segment: "a" }),
      segment("a"),
    ];
    expect(namesOf(inputsOf(asked))).toEqual(["segment/a", "segment/b", "segment/c"]);
  });

  it("given a cycle, an unknown name or one of another kind of subject, then who rests on it is left out, and nobody else", () => {
    const inputs = [
      ...inputsOf([segment("base"), segment("a", { segment: "base" })]),
      ...inputsOf([segment("b"), segment("loop", { segment: "b" })]),
    ];
    const when = (id: string, named: string) =>
      inputs.map(({ definition, ...rest }) =>
        definition.id === id
          ? { ...rest, definition: { ...definition, when: { op: "segment" as const, segment: named } } }
          : { ...rest, definition },
      ) as ReturnType<typeof inputsOf>;
    expect(namesOf(when("b", "loop"))).toEqual(["segment/base", "segment/a"]);
    expect(namesOf(when("b", "nobody"))).toEqual(["segment/base", "segment/a"]);
    const ofCompanies = inputs.map(({ definition, ...rest }) =>
      definition.id === "base"
        ? { ...rest, definition: { ...definition, subject: "company" as const } }
        : { ...rest, definition },
    ) as ReturnType<typeof inputsOf>;
    expect(namesOf(ofCompanies)).toEqual(["segment/base", "segment/b", "segment/loop"]);
  });
});

describe("a plan", () => {
  const definitions = [
    segment("first", { metric: "revenue", atLeast: 5 }),
    segment("parent", { not: { segment: "first" } }),
    { kind: "segment", id: "stays", when: { metric: "revenue", atLeast: 9 }, stay: "1 day" },
    segment("over", { segment: "stays" }),
    segment("top", { any: [{ segment: "over" }, { segment: "stays" }, { segment: "holds" }] }),
    { kind: "segment", id: "holds", enter: { segment: "stays" }, leave: { segment: "parent" } },
    tier,
    metric,
  ];
  const made = () => buildPlan(inputsOf(definitions), { zone: "UTC" });

  it("given who reads a feature, then all that may change with it come once, children before parents", () => {
    const { definitions: planned, features } = made().subjects.customer;
    expect(planned.map(({ id }) => id)).toEqual(["first", "parent", "stays", "over", "holds", "top", "tier"]);
    expect(features).toHaveLength(1);
    expect(features[0]?.readers).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("given latches, then each definition knows those that it rests on, those below first", () => {
    const { definitions: planned, latches } = made().subjects.customer;
    const named = (indexes: readonly number[] = []) => indexes.map((index) => planned[index]?.id);
    expect(planned.map(({ id, index }) => [id, named(latches[index])])).toEqual([
      ["first", []],
      ["parent", []],
      ["stays", ["stays"]],
      ["over", ["stays"]],
      ["holds", ["stays", "holds"]],
      ["top", ["stays", "holds"]],
      ["tier", []],
    ]);
  });

  it("given a classification, then each category has a number of its own, and segments have none but theirs", () => {
    const plan = made();
    const slots = [
      "classification/tier",
      "category/classification/tier/big",
      "category/classification/tier/small",
    ].map((name) => plan.slotOf(name));
    expect(new Set(slots).size).toBe(3);
    expect(slots).not.toContain(undefined);
    expect(slots.map((slot) => plan.nameAt(slot!))).toEqual([
      "classification/tier",
      "category/classification/tier/big",
      "category/classification/tier/small",
    ]);
    expect([...plan.membershipSlots].map((slot) => plan.nameAt(slot)).toSorted()).toEqual([
      "classification/tier",
      "segment/first",
      "segment/holds",
      "segment/over",
      "segment/parent",
      "segment/stays",
      "segment/top",
    ]);
    expect(Object.keys(plan.slots).filter((name) => name.startsWith("category/"))).toHaveLength(2);
  });

  it("given an unknown zone, then there is none", () => {
    expect(() => buildPlan([], { zone: "Mars/Olympus" })).toThrow(
      new RangeError("unknown zone Mars/Olympus"),
    );
  });

  it("given the same definitions, then its fingerprint is the same, and another where anything in it is", () => {
    const of = (version: number, zone = "UTC", cuts = {}, generation = 0) =>
      buildPlan(
        inputsOf([segment("a")]).map((input) => ({ ...input, version, generation })),
        { zone, cuts },
      ).fingerprint;
    expect(of(1)).toBe(of(1));
    const others = [
      of(1),
      of(2),
      of(1, "Europe/Berlin"),
      of(1, "UTC", { "metric/m/0.5": [1] }),
      of(1, "UTC", {}, 1),
    ];
    expect(new Set(others).size).toBe(others.length);
    for (const fingerprint of others) expect(fingerprint).toBeLessThan(2 ** 24);
    // Cuts are a mapping: their order says nothing.
    expect(of(1, "UTC", { a: [1], b: [2] })).toBe(of(1, "UTC", { b: [2], a: [1] }));
    // What is kept beside for a sweep answers nothing.
    const inputs = inputsOf([segment("a")]);
    const beside = { inputs, generation: 1 };
    expect(buildPlan(inputs, { zone: "UTC", beside }).fingerprint).toBe(of(1));
  });

  it("given who is filling, then its slots are kept though it answers nothing", () => {
    const filled = buildPlan(inputsOf([segment("a"), segment("b")], ["segment/b"]), { zone: "UTC" });
    expect(filled.status("segment", "a")).toBe("active");
    expect(filled.status("segment", "b")).toBe("filling");
    expect(filled.status("classification", "a")).toBeUndefined();
    expect([...filled.membershipSlots].map((slot) => filled.nameAt(slot))).toEqual([
      "segment/a",
      "segment/b",
    ]);
  });
});
