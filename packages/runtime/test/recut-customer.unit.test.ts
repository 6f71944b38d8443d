import { emptyCustomer, foldEvent, packCustomer, unpackCustomer } from "@tidemark/core";
import { describe, expect, it } from "vitest";
import {
  type DefinitionEntry,
  type DefinitionSet,
  definitionSets,
  passCuts,
  planFor,
  recutCustomer,
} from "../src/index.ts";

const noon = Date.UTC(2026, 4, 1, 12);
const spent = { kind: "metric", id: "spent", name: "Spent", sum: "total", of: "order.placed" };
const best = { kind: "segment", id: "best", name: "Best", when: { top: "25 percent", by: "spent" } };
const other = { kind: "segment", id: "other", name: "Other", when: { count: "page.viewed", atLeast: 1 } };
const sets = definitionSets("UTC");

let versions = 0;
const defined = (document: typeof spent | typeof best | typeof other): DefinitionEntry => {
  versions += 1;
  const { kind, id } = document;
  const definition = { kind, id, version: versions, filling: false, document: JSON.stringify(document) };
  return { type: "definition", definition };
};
/** The best spent at least so much; null for no cuts. At so many ms after noon. */
const cuts = (ms: number, least: number | null): DefinitionEntry => {
  const values = least === null ? {} : { "metric/spent/0.75": [least * 10_000] };
  return { type: "cuts", offset: ms, appendedAt: noon + ms, cuts: { version: ms, cuts: values } };
};

/** Somebody who spent 100 a second before noon. */
function bytesBy(set: DefinitionSet): Uint8Array {
  const state = emptyCustomer("customer", "ann");
  foldEvent(set.plan, state, {
    occurredAt: noon - 1_000,
    partition: 0,
    offset: 0,
    contributions: [
      {
        name: "order.placed",
        occurredAt: noon - 1_000,
        sign: 1,
        properties: { total: 100 },
        remembered: true,
      },
    ],
  });
  return packCustomer(set.plan, state).slice();
}

/** What the cuts of a set bring, as [to, ms after noon], and the customer then. */
function looked(set: DefinitionSet, bytes: Uint8Array) {
  const plan = planFor(set, bytes);
  const state = unpackCustomer(plan, bytes, "ann");
  const told = recutCustomer(set, plan, state).flatMap(({ transitions }) => transitions);
  return {
    told: told.map(({ to, effectiveAt }) => [to, effectiveAt - noon]),
    bytes: packCustomer(plan, state).slice(),
  };
}

const start = sets.fold(sets.unpack(null), [defined(spent), defined(best), defined(other)], false);
const fold = (set: DefinitionSet, ...entries: readonly DefinitionEntry[]) => sets.fold(set, entries, true);
const renamed = () => defined({ ...other, name: `Other ${versions}` });
const begun: DefinitionEntry = {
  type: "sweep",
  offset: 50,
  sweep: { id: "s", generation: 9, definitions: [{ kind: "segment", id: "other", version: 100 }] },
};
const changed = (): DefinitionEntry => {
  const document = JSON.stringify({ ...other, when: { count: "page.viewed", atLeast: 2 } });
  return {
    type: "definition",
    definition: { kind: "segment", id: "other", version: 100, filling: false, document },
  };
};

describe("a customer that is looked at by cuts in force", () => {
  it("given cuts that followed each other, then each is told at its own instant", () => {
    const set = fold(start, cuts(10, 60), cuts(20, 160), cuts(30, null));
    expect(looked(set, bytesBy(start)).told).toEqual([
      ["in", 10],
      ["out", 20],
    ]);
  });

  it.each([
    ["a definition that was renamed", [renamed()]],
    ["one that changed", [changed()]],
    ["a sweep that began", [changed(), begun]],
    ["many at once", [renamed(), changed(), begun, renamed()]],
  ])("given that it was looked at by some of them before %s, then those are not told again", (_, edits) => {
    const before = fold(start, cuts(10, 60), cuts(20, 160));
    const { told, bytes } = looked(before, bytesBy(start));
    expect(told).toEqual([
      ["in", 10],
      ["out", 20],
    ]);
    // By the last ones, and then by those that follow.
    expect(looked(fold(before, ...edits), bytes).told).toEqual([]);
    expect(looked(fold(before, ...edits, cuts(60, null)), bytes).told).toEqual([]);
    expect(looked(fold(before, cuts(60, 50), ...edits), bytes).told).toEqual([["in", 60]]);
    // Kept, and read again.
    const kept = sets.unpack(sets.pack(fold(before, cuts(60, null), ...edits)));
    expect(looked(kept, bytes).told).toEqual([]);
  });

  it("given that those near them are named, then who was not has its clock where they came, whenever definitions changed", () => {
    const over: DefinitionEntry = { type: "rescore-end", end: { version: 10 } };
    const clockIn = (set: DefinitionSet, bytes: Uint8Array): number => {
      const state = unpackCustomer(planFor(set, bytes), bytes, "ann");
      passCuts(set, state);
      return (state.clock ?? 0) - noon;
    };
    const set = fold(start, renamed(), cuts(10, 160), renamed(), over, renamed());
    expect(clockIn(set, bytesBy(start))).toBe(10);
    // Who was looked at since, by the same cuts, keeps its own.
    const since = fold(start, cuts(10, 160), over);
    expect(clockIn(fold(since, renamed()), bytesBy(since))).toBe(-1_000);
  });
});
