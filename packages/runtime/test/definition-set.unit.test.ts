import type { DefinitionVersion } from "@tidemark/contracts";
import { describe, expect, it } from "vitest";
import { type DefinitionSet, definitionSets, planFor } from "../src/index.ts";

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
  ])(
    "given that %s changed, then it is filling, and the version before stays in force",
    (_, before, after) => {
      const set = afterEdit(before, after);
      expect(set.definitions).toMatchObject([{ version: 2, filling: true, inForce: { version: 1 } }]);
      expect(set.plan.status(before.kind, before.id)).toBe("active");
    },
  );

  it("given a text that is no JSON, then it is left out once it is swept, and nothing fails", () => {
    const sets = definitionSets("UTC");
    const edited = afterEdit(bought, "{no json");
    expect(edited.plan.status("segment", "bought")).toBe("active");
    const definitions = [{ kind: "segment", id: "bought", version: 2 }];
    const open = sets.fold(
      edited,
      [{ type: "sweep", offset: 9, sweep: { id: "s1", generation: 2, definitions } }],
      true,
    );
    expect(open.swept?.status("segment", "bought")).toBeUndefined();
  });

  it("given that it is deleted, then it is gone", () => {
    expect(afterEdit(bought, null).plan.status("segment", "bought")).toBeUndefined();
  });
});

/** Version 1 before any event, version 2 after some; then what is done to it. */
function sweeping() {
  const sets = definitionSets("UTC");
  const twice = { ...bought, when: { count: "order.placed", atLeast: 2 } };
  const edited = afterEdit(bought, twice);
  const write = (set: DefinitionSet, number: number, document: object | null) =>
    sets.apply(set, [version(number, document)], true);
  const begin = (set: DefinitionSet, number: number, id = "s1", offset = 40) => {
    const definitions = [{ kind: "segment", id: "bought", version: number }];
    return sets.fold(set, [{ type: "sweep", offset, sweep: { id, generation: number, definitions } }], true);
  };
  const end = (set: DefinitionSet, id = "s1", begunAt = -1) =>
    sets.fold(set, [{ type: "sweep-end", end: { sweep: id, begunAt } }], true);
  return { sets, twice, edited, write, begin, end };
}

/** The version of the segment that a plan evaluates. */
function inForce({ plan }: Pick<DefinitionSet, "plan">): number | undefined {
  return plan.subjects.customer.definitions.find(({ id }) => id === "bought")?.version;
}

describe("a sweep of a partition", () => {
  it("given one under way, then those it has not reached stay under the version before, those it has and those that come new under the next", () => {
    const { edited, begin, end } = sweeping();
    const open = begin(edited, 2);
    expect(open.sweep).toMatchObject({ id: "s1", number: 1, generation: 2, offset: 40 });
    expect([inForce(open), inForce({ plan: planFor(open, null) })]).toEqual([1, 2]);
    const ended = end(open);
    expect([ended.sweep, inForce(ended)]).toEqual([null, 2]);
    expect(ended.definitions).toMatchObject([{ version: 2, filling: false, generation: 2 }]);
    // Customers whom the sweep reached go on as they were packed.
    expect(ended.plan.fingerprint).toBe(open.swept?.fingerprint);
  });

  it("given a sweep that names a version that is not the newest, or nothing that fills, then none begins", () => {
    const { edited, begin, end } = sweeping();
    expect(begin(edited, 1)).toBe(edited);
    const ended = end(begin(edited, 2));
    expect(begin(ended, 2, "s2")).toBe(ended);
  });

  it("given a definition that a sweep has filled, then no sweep of that generation begins any more, as its features are there", () => {
    const { sets, twice, edited, begin, end } = sweeping();
    const filled = end(begin(edited, 2));
    const later = { ...twice, id: "later" };
    const waiting = sets.apply(filled, [version(3, later)], true);
    const again = (generation: number) => {
      const definitions = [{ kind: "segment", id: "later", version: 3 }];
      const sweep = { id: "s1", generation, definitions };
      return sets.fold(waiting, [{ type: "sweep", offset: 60, sweep }], true);
    };
    expect(again(2)).toBe(waiting);
    expect(again(3).sweep).toMatchObject({ generation: 3, definitions: [{ id: "later", version: 3 }] });
  });

  it("given one that began again as its definition came anew, then the end of the first time changes nothing", () => {
    const { sets, twice, edited, begin, end } = sweeping();
    const first = begin(edited, 2);
    const deleted = sets.apply(first, [version(3, null)], true);
    const over = end(deleted, "s1", 40);
    expect(over.sweep).toBe(null);
    const anew = sets.apply(over, [version(4, twice)], true);
    const again = begin(anew, 4, "s1", 60);
    expect(again.sweep).toMatchObject({ id: "s1", number: 2, offset: 60 });
    expect(end(again, "s1", 40)).toBe(again);
    expect(inForce(end(again, "s1", 60))).toBe(4);
  });

  it("given one under way, then another does not begin, and the end of another changes nothing", () => {
    const { edited, begin, end } = sweeping();
    const open = begin(edited, 2);
    expect(begin(open, 2, "s2", 41)).toBe(open);
    expect(end(open, "s2")).toBe(open);
  });

  it("given another version while one is under way, then it waits: the swept version comes into force first", () => {
    const { edited, write, begin, end, twice } = sweeping();
    const ended = end(write(begin(edited, 2), 3, { ...twice, when: { count: "order.placed", atLeast: 3 } }));
    expect(ended.definitions).toMatchObject([
      { version: 3, filling: true, inForce: { version: 2, generation: 2 } },
    ]);
    expect(inForce(ended)).toBe(2);
    expect(inForce(end(begin(ended, 3, "s2"), "s2"))).toBe(3);
  });

  it("given another version before the first event while one is under way, then it waits as well, and nobody is moved to it in silence", () => {
    const { sets, begin, end, twice } = sweeping();
    const first = sets.apply(sets.unpack(null), [version(2, bought)], false);
    const written = sets.apply(begin(first, 2), [version(3, twice)], false);
    const ended = end(written);
    expect(inForce({ plan: planFor(written, null) })).toBe(2);
    expect(inForce(ended)).toBe(2);
    expect(ended.definitions).toMatchObject([
      { version: 3, filling: true, inForce: { version: 2, generation: 2 } },
    ]);
    expect(inForce(end(begin(ended, 3, "s2"), "s2"))).toBe(3);
  });

  it("given that only other partitions have events, then what is written fills here too, the version before goes on, and the sweep brings it", () => {
    const { sets, begin, end, twice } = sweeping();
    const elsewhere = (number: number, document: object) => ({ ...version(number, document), filling: true });
    const first = sets.apply(sets.unpack(null), [version(1, bought)], false);
    const edited = sets.apply(first, [elsewhere(2, twice), elsewhere(3, tiers)], false);
    expect(inForce({ plan: planFor(edited, null) })).toBe(1);
    expect(edited.plan.status("classification", "tiers")).toBe("filling");
    expect(inForce(end(begin(edited, 2)))).toBe(2);
  });

  it("given that only its name changes while one is under way, then the sweep goes on with it", () => {
    const { edited, write, begin, end, twice } = sweeping();
    const ended = end(write(begin(edited, 2), 3, { ...twice, name: "Has bought twice" }));
    expect(ended.definitions).toMatchObject([{ version: 3, filling: false, generation: 2 }]);
    expect(inForce(ended)).toBe(3);
  });

  it("given that it is deleted while one is under way, then it is gone, and written again it fills anew", () => {
    const { edited, write, begin, end, twice } = sweeping();
    const deleted = write(begin(edited, 2), 3, null);
    expect([inForce(deleted), inForce({ plan: planFor(deleted, null) })]).toEqual([undefined, undefined]);
    const again = end(write(deleted, 4, twice));
    expect(again.definitions).toMatchObject([{ version: 4, filling: true }]);
    expect(again.plan.status("segment", "bought")).toBe("filling");
  });

  it("given an edit that is taken back before it is swept, then nothing is to be filled", () => {
    const { edited, write, begin } = sweeping();
    expect(write(edited, 3, bought).definitions).toEqual([
      { kind: "segment", id: "bought", version: 3, filling: false, document: JSON.stringify(bought) },
    ]);
    // Some customers may be under it already.
    expect(write(begin(edited, 2), 3, bought).definitions).toMatchObject([{ version: 3, filling: true }]);
  });

  it("given a set that is packed while a sweep is under way, then it reads back with the same plans", () => {
    const { sets, edited, begin } = sweeping();
    const open = begin(edited, 2);
    const read = definitionSets("UTC").unpack(sets.pack(open));
    expect([read.sweep, read.sweeps, read.definitions]).toEqual([open.sweep, 1, open.definitions]);
    expect([read.plan.fingerprint, read.swept?.fingerprint]).toEqual([
      open.plan.fingerprint,
      open.swept?.fingerprint,
    ]);
    expect(read.swept?.slots).toEqual(open.swept?.slots);
  });

  it("given another definition that counts the same events, then what is swept has a feature of its own", () => {
    const { edited, begin } = sweeping();
    const open = begin(edited, 2);
    const names = (plan: DefinitionSet["plan"]) => plan.subjects.customer.features.map(({ name }) => name);
    expect(names(open.plan)).toHaveLength(2);
    expect(names(open.swept!)).toEqual(expect.arrayContaining(open.history ? names(open.history) : []));
    // Until it is over: who was reached may become part of somebody who was not.
    expect(names(open.swept!).toSorted()).toEqual(names(open.plan).toSorted());
    expect(names(open.plan)).toEqual(expect.arrayContaining(open.history ? names(open.history) : []));
  });
});
