import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { archiveChanges, type ChdbWarehouse, chdbWarehouse } from "./chdb-warehouse.ts";

let warehouse: ChdbWarehouse;

const dayMs = 86_400_000;
const at = (day: number, hour = 0) => Date.UTC(2026, 4, day, hour);
const rows = (sql: string) => warehouse.rows(sql);

beforeAll(async () => {
  warehouse = await chdbWarehouse();
  const loyal = (subject: string, to: string, effectiveAt: number, more = {}) => ({
    subject,
    definition: "loyal",
    from: to === "in" ? "out" : "in",
    to,
    effectiveAt,
    ...more,
  });
  const tier = (subject: string, from: string | null, to: string, effectiveAt: number) => ({
    subject,
    definitionKind: "classification" as const,
    definition: "tier",
    from,
    to,
    effectiveAt,
  });
  const byTime = { cause: "time" as const, causeEvent: null };
  await archiveChanges(warehouse, [
    loyal("ann", "in", at(1)),
    loyal("bob", "in", at(1, 12)),
    loyal("cat", "in", at(2)),
    loyal("ann", "out", at(3), byTime),
    loyal("bob", "out", at(4, 12), byTime),
    loyal("cat", "out", at(5), { causeEvent: "order.refunded" }),
    loyal("ann", "in", at(6)),
    tier("ann", null, "low", at(1)),
    tier("bob", null, "low", at(1)),
    tier("cat", null, "low", at(2)),
    tier("dan", null, "high", at(2)),
    tier("ann", "low", "high", at(4)),
    tier("bob", "low", "mid", at(4)),
    tier("bob", "mid", "low", at(5)),
    tier("eve", null, "mid", at(6)),
    tier("dan", "high", "out", at(6)),
  ]);
});
afterAll(() => warehouse.close());

describe("flows and sizes", () => {
  test("given changes, then sizes are what came in less what went out", async () => {
    expect(await rows("SELECT definition, category, members FROM segment_sizes ORDER BY ALL")).toEqual([
      { definition: "loyal", category: "in", members: 1 },
      { definition: "tier", category: "high", members: 1 },
      { definition: "tier", category: "low", members: 2 },
      { definition: "tier", category: "mid", members: 1 },
    ]);
    expect(
      await rows(
        "SELECT toString(day) AS day, members FROM segment_sizes_by_day WHERE definition = 'loyal' AND day <= '2026-05-07' ORDER BY day",
      ),
    ).toEqual([
      { day: "2026-05-01", members: 2 },
      { day: "2026-05-02", members: 3 },
      { day: "2026-05-03", members: 2 },
      { day: "2026-05-04", members: 1 },
      { day: "2026-05-05", members: 0 },
      { day: "2026-05-06", members: 1 },
      { day: "2026-05-07", members: 1 },
    ]);
  });

  test("given a block that is archived again, then nothing counts twice", async () => {
    const before = await rows("SELECT * FROM segment_flow_by_day ORDER BY ALL");
    const row = {
      ...{ kafka_partition: 7, offset: 1, appended_at: "2026-05-01 00:00:00", sequence: 1, epoch: 1 },
      ...{ change_id: "7-1", subject_kind: "customer", subject: "zoe", definition_kind: "segment" },
      ...{ definition: "other", definition_version: 1, from_state: "out", to_state: "in", cause: "event" },
      ...{ effective_at: "2026-05-01 00:00:00", detected_at: "2026-05-01 00:00:00", cause_offset: 1 },
    };
    await warehouse.insert("segment_changes", [row], "block");
    await warehouse.insert("segment_changes", [row], "block");
    expect(await rows("SELECT entered FROM segment_flow_by_day WHERE definition = 'other'")).toEqual([
      { entered: 1 },
    ]);
    expect(await rows("SELECT count() AS n FROM segment_steps WHERE definition = 'other'")).toEqual([
      { n: 1 },
    ]);
    expect(await rows("SELECT * FROM segment_flow_by_day WHERE definition != 'other' ORDER BY ALL")).toEqual(
      before,
    );
  });
});

describe("category_matrix", () => {
  test("given two days, then each pair of categories has those who were there on both", async () => {
    // On 3 May low has ann, bob and cat, high has dan. On 6 May ann is high, bob (over mid) and cat are low, dan is
    // in none, eve is new in mid.
    expect(
      await rows(
        "SELECT * FROM category_matrix(definition = 'tier', from = '2026-05-03', to = '2026-05-06') ORDER BY ALL",
      ),
    ).toEqual([
      { from_category: "", to_category: "mid", subjects: 1, share: 1 },
      { from_category: "high", to_category: "", subjects: 1, share: 1 },
      { from_category: "low", to_category: "high", subjects: 1, share: 1 / 3 },
      { from_category: "low", to_category: "low", subjects: 2, share: 2 / 3 },
    ]);
  });
});

describe("segment_exits", () => {
  test("given stays that ended, then each cause has its number, its share and how long they had lasted", async () => {
    // ann 2 days and bob 3 days ended by time, cat 3 days by a refund; ann's second stay goes on.
    const day = dayMs / 1000;
    expect(
      await rows(
        "SELECT * EXCEPT (definition_kind) FROM segment_exits(definition = 'loyal', from = '2026-05-01', to = '2026-05-31') ORDER BY cause",
      ),
    ).toEqual([
      {
        ...{ definition: "loyal", category: "in", cause: "event", cause_event: "order.refunded" },
        ...{ stays: 1, share: 1 / 3, average_seconds: 3 * day },
        ...{ quarter_seconds: 3 * day, median_seconds: 3 * day, three_quarters_seconds: 3 * day },
      },
      {
        ...{ definition: "loyal", category: "in", cause: "time", cause_event: "" },
        ...{ stays: 2, share: 2 / 3, average_seconds: 2.5 * day },
        ...{ quarter_seconds: 2.25 * day, median_seconds: 2.5 * day, three_quarters_seconds: 2.75 * day },
      },
    ]);
  });

  test("given days, then the stays that ended in them are told, the last day with them", async () => {
    expect(
      await rows(
        "SELECT definition, category, stays FROM segment_exits(definition = '', from = '2026-05-04', to = '2026-05-05') ORDER BY ALL",
      ),
    ).toEqual([
      // ann and bob left low on the 4th, bob left mid on the 5th.
      { definition: "loyal", category: "in", stays: 1 },
      { definition: "loyal", category: "in", stays: 1 },
      { definition: "tier", category: "low", stays: 2 },
      { definition: "tier", category: "mid", stays: 1 },
    ]);
  });
});

describe("segment_overlap", () => {
  test("given more segments than a number has bits, then pairs have their common share", async () => {
    const enters = (definition: string, subject: string) => ({ definition, subject, from: "out", to: "in" });
    await archiveChanges(warehouse, [
      ...Array.from({ length: 70 }, (_, at) => enters(`many-${at + 10}`, `only-${at}`)),
      enters("many-10", "kim"),
      enters("many-79", "kim"),
      enters("many-79", "lee"),
      { ...enters("many-79", "lee"), from: "in", to: "out" },
    ]);
    // many-10 has kim and only-0, many-79 has kim and only-69; lee came and went.
    expect(await rows("SELECT * FROM segment_overlap WHERE startsWith(one, 'many')")).toEqual([
      {
        ...{ one: "many-10", other: "many-79", one_members: 2, other_members: 2, both: 1 },
        ...{ jaccard: 1 / 3, overlap: 0.5 },
      },
    ]);
  });
});
