/** Previews over the warehouse's tables, in ClickHouse's engine. */
import type { Warehouse } from "@tidemark/runtime";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { openArchive, type Row } from "../../../packages/sql/test/archive.ts";
import { day, noon, scene } from "./scene.ts";

const archive = openArchive(true);
const warehouse = archive.warehouse as Warehouse;
afterAll(() => archive.close());

const text = (at: number): string => new Date(at).toISOString().replace("T", " ").slice(0, 23);

let offset = 0;
beforeEach(() => {
  offset = 0;
});

function event(subject: string, name: string, at: number, more: Row = {}): Row {
  offset += 1;
  return {
    ...{ kafka_partition: 0, offset, appended_at: text(at), subject_kind: "customer", subject, name },
    ...{ occurred_at: text(at), source_id: "s", ordinal_count: 1, properties: "{}", ...more },
  };
}

const order = (subject: string, daysAgo: number, total: number): Row =>
  event(subject, "order.placed", noon - daysAgo * day, {
    ...{ properties: JSON.stringify({ total }), order_id: `o${offset + 1}`, order_action: "placed" },
  });

/** Published of a definition, as `segment-changes` has it. */
function change(subject: string, definition: string, to: string, daysAgo: number): Row {
  offset += 1;
  const [definitionKind, id] = definition.split("/");
  return {
    ...{ kafka_partition: 0, offset, sequence: offset, appended_at: text(noon - daysAgo * day) },
    ...{ subject_kind: "customer", subject, definition_kind: definitionKind, definition: id },
    ...{ from_state: null, to_state: to, effective_at: text(noon - daysAgo * day), cause: "event" },
  };
}

const recent = (days: number) => ({
  ...{ kind: "segment", id: "recent", name: "Bought lately" },
  when: { since: "last", of: "order.placed", below: `${days} days` },
});
const viewers = { kind: "segment", id: "viewers", when: { count: "page.viewed", atLeast: 1 } };
const spent = { kind: "metric", id: "spent", sum: "total", of: "order.placed" };
const tier = {
  ...{ kind: "classification", id: "tier", otherwise: "none" },
  categories: [
    { id: "high", when: { metric: "spent", atLeast: 100 } },
    { id: "low", when: { metric: "spent", above: 0 } },
  ],
};

/**
 * ann bought 1 and 40 days ago, bob 20, cid 45, dan only looked, eve bought 20 days ago and looked: five customers.
 * Published as recent: ann, cid. Viewers: dan, eve.
 */
function shop() {
  const events = [
    order("ann", 40, 60),
    order("ann", 1, 60),
    order("bob", 20, 30),
    order("cid", 45, 200),
    event("dan", "page.viewed", noon - 3 * day),
    event("eve", "page.viewed", noon - 21 * day),
    order("eve", 20, 10.5),
  ];
  const changes = [
    change("ann", "segment/recent", "in", 40),
    change("cid", "segment/recent", "in", 45),
    change("bob", "segment/recent", "in", 19),
    change("bob", "segment/recent", "out", 2),
    change("dan", "segment/viewers", "in", 3),
    change("eve", "segment/viewers", "in", 21),
  ];
  archive.fill({ customer_events: events, segment_changes: changes });
  return { events, changes };
}

const exact = (value: number) => ({ value, low: value, high: value });

describe("a preview of a segment", () => {
  test("given one that nobody wrote yet, then it has size, share, members and overlap, and nothing to compare with", async () => {
    shop();
    const { json } = await scene({ warehouse });
    await json("POST", "/v1/definitions", [viewers]);
    const answer = await json("POST", "/v1/definitions/preview", [recent(30)]);
    expect(answer.statusCode).toBe(200);
    const { previews, ...around } = answer.json();
    expect(around).toMatchObject({ asOf: "2026-05-01T12:00:00.000Z", mode: "exact", fraction: 1 });
    expect(previews).toHaveLength(1);
    const [one] = previews;
    expect(one).toMatchObject({
      ...{ kind: "segment", id: "recent", name: "Bought lately", notes: [] },
      base: exact(5),
      size: exact(3),
      share: exact(0.6),
      against: null,
    });
    expect([...one.members].sort()).toEqual(["ann", "bob", "eve"]);
    // Eve is in both; ann, bob, dan in one.
    expect(one.overlap).toEqual([
      {
        ...{ definition: "segment/viewers", category: "in" },
        ...{ size: exact(2), shared: exact(1), jaccard: exact(0.25) },
      },
    ]);
  });

  test("given one that is live, then it says who would enter, leave and stay", async () => {
    shop();
    const { json } = await scene({ warehouse });
    await json("POST", "/v1/definitions", [recent(60)]);
    const [one] = (await json("POST", "/v1/definitions/preview", [recent(30)])).json().previews;
    expect([...one.against.entering.members].sort()).toEqual(["bob", "eve"]);
    expect(one.against).toMatchObject({
      entering: { size: exact(2) },
      leaving: { size: exact(1), members: ["cid"] },
      staying: exact(1),
    });
  });

  test("given an instant of before, then it is asked then, against what was published then", async () => {
    shop();
    const { json } = await scene({ warehouse });
    await json("POST", "/v1/definitions", [recent(60)]);
    // 10 days ago: ann's order of 40 days ago is 30 days old, which is not below 30; bob's and eve's are 10 days old.
    const asOf = new Date(noon - 10 * day).toISOString();
    const answer = await json("POST", `/v1/definitions/preview?asOf=${asOf}`, [recent(30)]);
    const [one] = answer.json().previews;
    expect([...one.members].sort()).toEqual(["bob", "eve"]);
    expect(one).toMatchObject({
      base: exact(4),
      against: {
        entering: { members: ["eve"] },
        leaving: { size: exact(2) },
        staying: exact(1),
      },
    });
  });

  test("given one that refers to others, sent with it or written, then they count", async () => {
    shop();
    const { json } = await scene({ warehouse });
    await json("POST", "/v1/definitions", [viewers, spent]);
    const both = {
      ...{ kind: "segment", id: "both" },
      when: { all: [{ segment: "viewers" }, { metric: "spent", atLeast: 10.5 }, { segment: "recent" }] },
    };
    const { previews } = (await json("POST", "/v1/definitions/preview", [both, recent(30)])).json();
    expect(previews.map(({ id, members }: Row) => [id, members])).toEqual([
      ["both", ["eve"]],
      ["recent", expect.any(Array)],
    ]);
    const only = await json("POST", "/v1/definitions/preview?only=segment/both", [both, recent(30)]);
    expect(only.json().previews.map(({ id }: Row) => id)).toEqual(["both"]);
  });
});

describe("a preview of other kinds", () => {
  test("given a classification, then each category has its size, and moves against what is published", async () => {
    const { changes } = shop();
    const published = [
      change("ann", "classification/tier", "low", 5),
      change("bob", "classification/tier", "low", 5),
    ];
    await archive.warehouse.insert("segment_changes", published, "more");
    expect(changes).not.toHaveLength(0);
    const { json } = await scene({ warehouse });
    await json("POST", "/v1/definitions", [spent, tier]);
    const [one] = (await json("POST", "/v1/definitions/preview", [tier])).json().previews;
    // ann 120 and cid 200 high; bob 30 and eve 10.5 low; dan none.
    const sizes = one.categories.map(({ category, size, share }: Row) => [category, size, share]);
    expect(sizes.sort()).toEqual([
      ["high", exact(2), exact(0.4)],
      ["low", exact(2), exact(0.4)],
      ["none", exact(1), exact(0.2)],
    ]);
    const moves = one.moves.map(({ from, to, members }: Row) => [from, to, members]);
    expect(moves.sort()).toEqual([
      ["", "high", ["cid"]],
      ["", "low", ["eve"]],
      ["", "none", ["dan"]],
      ["low", "high", ["ann"]],
    ]);
  });

  test("given a metric, then it has its distribution", async () => {
    shop();
    const { json } = await scene({ warehouse });
    const average = { kind: "metric", id: "order-value", average: "total", of: "order.placed" };
    const [one] = (await json("POST", "/v1/definitions/preview", [average])).json().previews;
    // 60, 30, 200 and 10.5; dan has none. At p the quantile lies at place 3p of 10.5, 30, 60, 200.
    expect(one.distribution).toEqual({
      present: exact(4),
      share: exact(0.8),
      mean: exact(75.125),
      lowest: 10.5,
      highest: 200,
      quantiles: [
        { share: 0.05, number: exact(13.425) },
        { share: 0.25, number: exact(25.125) },
        { share: 0.5, number: exact(45) },
        { share: 0.75, number: exact(95) },
        { share: 0.95, number: exact(179) },
      ],
    });
  });
});

describe("a preview that is refused, or answers less", () => {
  test("given definitions that are wrong, then every fault is told, as when they are written", async () => {
    const { json } = await scene({ warehouse });
    const wrong = [
      { kind: "segment", id: "a", when: { metric: "nothing", atLeast: 1 } },
      { kind: "segment", id: "b", when: { since: "last", of: "order.placed", below: "60 moons" } },
    ];
    const [preview, write] = [
      await json("POST", "/v1/definitions/preview", wrong),
      await json("POST", "/v1/definitions", wrong),
    ];
    expect(preview.statusCode).toBe(422);
    expect(preview.json().faults).toHaveLength(2);
    expect(preview.json()).toEqual(write.json());
  });

  test("given one that holds on to its members, then who is published stays until the other threshold", async () => {
    shop();
    const { json } = await scene({ warehouse });
    const holding = {
      ...{ kind: "segment", id: "recent" },
      enter: { since: "last", of: "order.placed", below: "10 days" },
      leave: { attribute: "left", is: true },
    };
    await json("POST", "/v1/definitions", [recent(60)]);
    const [one] = (await json("POST", "/v1/definitions/preview", [holding])).json().previews;
    // Ann enters, cid is published and does not leave.
    expect([...one.members].sort()).toEqual(["ann", "cid"]);
    expect(one.notes).toEqual([expect.stringContaining("holds on to its members")]);
  });

  test("given what only the stream can tell, then it says so", async () => {
    const { json } = await scene({ warehouse });
    const documents = [
      { ...recent(30), stay: "30 days" },
      { kind: "segment", id: "going", when: { lapsing: "recent", within: "48 hours" } },
    ];
    const answer = await json("POST", "/v1/definitions/preview?only=segment/going", documents);
    expect(answer.json().previews).toEqual([
      { kind: "segment", id: "going", name: "going", notes: [expect.stringContaining("only the stream")] },
    ]);
  });

  test("given cut points that are not in force, then a scoring has no codes and says why", async () => {
    shop();
    const { json } = await scene({ warehouse });
    const scoring = { kind: "scoring", id: "money", monetary: { metric: "spent", quantiles: 5 } };
    const [one] = (await json("POST", "/v1/definitions/preview?only=scoring/money", [spent, scoring])).json()
      .previews;
    expect(one.categories).toEqual([expect.objectContaining({ category: "", size: exact(5) })]);
    expect(one.notes).toEqual([expect.stringContaining("scoring/money/monetary")]);
  });

  test.each([
    ["MEMORY_LIMIT_EXCEEDED", "API_PREVIEW_MEMORY_BYTES"],
    ["TIMEOUT_EXCEEDED", "API_PREVIEW_MS"],
    ["connect ECONNREFUSED", "ClickHouse does not answer"],
  ])("given ClickHouse says %s, then it answers 503 and says %s", async (said, told) => {
    const failing = { query: async () => Promise.reject(new Error(said)) } as unknown as Warehouse;
    const { json } = await scene({ warehouse: failing });
    const answer = await json("POST", "/v1/definitions/preview", [recent(30)]);
    expect([answer.statusCode, answer.json().detail]).toEqual([503, expect.stringContaining(told)]);
  });

  test("given as many as may be under way, then another one is sent away, and can come again", async () => {
    shop();
    const held = Promise.withResolvers<void>();
    const slow = {
      async query<Answer>(sql: string, parameters?: Row) {
        await held.promise;
        return warehouse.query<Answer>(sql, parameters);
      },
    } as unknown as Warehouse;
    const { json } = await scene({ warehouse: slow });
    const under = [1, 2].map(() => json("POST", "/v1/definitions/preview", [viewers]));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await json("POST", "/v1/definitions/preview", [viewers])).statusCode).toBe(503);
    held.resolve();
    expect((await Promise.all(under)).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    expect((await json("POST", "/v1/definitions/preview", [viewers])).statusCode).toBe(200);
  });
});
