import { describe, expect, it } from "vitest";
import { buildPlan, emptyCustomer, evaluateDefinition, foldEvent, parseDefinitions } from "../src/index.ts";

const noon = Date.UTC(2026, 4, 1, 12);

/** Whether a condition holds of a customer after one order with these properties. */
function holds(when: unknown, properties: Readonly<Record<string, unknown>>): boolean {
  const { definitions, faults } = parseDefinitions([{ kind: "segment", id: "s", when }]);
  expect(faults).toEqual([]);
  const plan = buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: false })),
    { zone: "UTC" },
  );
  const state = emptyCustomer("customer", "ann");
  const order = { name: "order.placed", occurredAt: noon, sign: 1 as const, properties, remembered: true };
  foldEvent(plan, state, {
    occurredAt: noon,
    partition: 0,
    offset: 0,
    contributions: [order],
    attributes: properties,
  });
  return evaluateDefinition(plan, state, "segment", "s", noon)?.value === "in";
}

const items = (...categories: string[]) => ({ items: categories.map((category) => ({ category })) });
const taken = { last: "order.placed", take: "items.category" };
const where = (compare: object) => ({
  count: { event: "order.placed", where: { property: "items.category", ...compare } },
  is: 1,
});

describe("comparisons of lists", () => {
  it.each([
    [{ attribute: taken, includes: "Toys" }, items("Toys"), true],
    [{ attribute: taken, includes: "Toys" }, items("Books", "Toys"), true],
    [{ attribute: taken, includes: "Toys" }, items("Books"), false],
    [{ attribute: taken, includesAll: ["Toys", "Books"] }, items("Books", "Toys"), true],
    [{ attribute: taken, includesAll: ["Toys", "Books"] }, items("Toys"), false],
    [{ attribute: taken, includes: "Toys" }, {}, false],
    [where({ includes: "Toys" }), items("Books", "Toys"), true],
    [where({ includesAll: ["Toys", "Books"] }), items("Books", "Toys"), true],
    [where({ includesAny: ["Toys", "Games"] }), items("Books"), false],
    [where({ includesAny: ["toys"], ignoreCase: true }), items("Toys"), true],
    [where({ isNot: "Toys" }), items("Books", "Toys"), false],
    [where({ is: "Toys" }), items("Books", "Toys"), true],
    [{ attribute: "tags", includes: "a" }, { tags: ["a", "b"] }, true],
    [{ attribute: "tags", includes: "a" }, { tags: "a" }, true],
    [{ attribute: "tags", includes: 5 }, { tags: ["5.0"] }, true],
  ])("given %j and %j, then it is %s", (when, properties, expected) => {
    expect(holds(when, properties)).toBe(expected);
  });

  it.each([
    [{ address: { city: "Bonn" } }, true],
    [{ address: {} }, false],
    [{ address: { city: null } }, false],
    [{ address: [] }, true],
    [{ address: "" }, true],
    [{}, false],
  ])(
    "given an order with %j, then whether it has an address is %s, as it is for attributes",
    (properties, expected) => {
      expect(holds({ attribute: { last: "order.placed", take: "address" }, exists: true }, properties)).toBe(
        expected,
      );
      expect(holds({ attribute: "address", exists: true }, properties)).toBe(expected);
    },
  );
});
