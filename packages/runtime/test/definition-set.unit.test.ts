import type { DefinitionVersion } from "@tidemark/contracts";
import { describe, expect, it } from "vitest";
import { definitionSets } from "../src/index.ts";

const bought = {
  kind: "segment",
  id: "bought",
  name: "Bought",
  when: { count: "order.placed", atLeast: 1 },
};
const tiers = {
  kind: "classification",
  id: "tiers",
  name: "Tiers",
  categories: [{ id: "vip", when: { count: "order.placed", atLeast: 9 } }],
  otherwise: "none",
};

function version(number: number, document: object | string | null): DefinitionVersion {
  const { kind, id } =
    typeof document === "object" && document !== null ? (document as typeof bought) : bought;
  const text = typeof document === "object" && document !== null ? JSON.stringify(document) : document;
  return { kind, id, version: number, filling: false, document: text };
}

/** The set after a definition before any event, and another version once there were events. */
function afterEdit(before: object, after: object | string | null) {
  const sets = definitionSets("UTC");
  const first = sets.apply(sets.unpack(null), [version(1, before)], false);
  return sets.apply(first, [version(2, after)], true);
}

describe("a definition that is written again once events exist", () => {
  it.each([
    ["its name", bought, { ...bought, name: "Has bought" }],
    ["its mark", bought, { ...bought, mark: { color: "#30a46c", label: "Active" } }],
    ["its owner, tags and description", bought, { ...bought, owner: "crm", tags: ["a"], description: "why" }],
    ["the order of its keys", bought, Object.fromEntries(Object.entries(bought).reverse())],
    [
      "the mark of a category",
      tiers,
      { ...tiers, categories: [{ ...tiers.categories[0], name: "VIP", mark: { icon: "crown" } }] },
    ],
  ])("given that only %s changed, then it goes on as it was, under its new version", (_, before, after) => {
    const set = afterEdit(before, after);
    expect(set.plan.status(before.kind, before.id)).toBe("active");
    expect(set.definitions).toMatchObject([{ version: 2, filling: false, document: JSON.stringify(after) }]);
  });

  it.each([
    ["its condition", bought, { ...bought, when: { count: "order.placed", atLeast: 2 } }],
    ["its zone", bought, { ...bought, zone: "Asia/Tokyo" }],
    ["the id of a category", tiers, { ...tiers, categories: [{ ...tiers.categories[0], id: "best" }] }],
  ])("given that %s changed, then it is filling", (_, before, after) => {
    expect(afterEdit(before, after).plan.status(before.kind, before.id)).toBe("filling");
  });

  it("given a text that is no JSON, then it is left out and nothing fails", () => {
    expect(afterEdit(bought, "{no json").plan.status("segment", "bought")).toBeUndefined();
  });

  it("given that it is deleted, then it is gone", () => {
    expect(afterEdit(bought, null).plan.status("segment", "bought")).toBeUndefined();
  });
});
