import type { SegmentChange } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { controlRecordRow, segmentChangeRow } from "../src/rows.ts";
import { type ChdbWarehouse, chdbWarehouse } from "./chdb-warehouse.ts";
import { segmentChange } from "./samples.ts";

const at = (day: number, hour = 0) => Date.UTC(2026, 4, day, hour);
const day = 86_400;

/** An archive that is told of changes and versions of definitions, place by place of `customer-events`. */
function archive(warehouse: ChdbWarehouse) {
  const sequences = new Map<number, number>();
  let rows = 0;
  const recordOf = (topic: string, partition: number, offset: number, timestamp: number): LogRecord => {
    return { topic, partition, offset, timestamp, key: null, value: null, headers: [] };
  };
  return {
    async version(
      kind: string,
      id: string,
      version: number,
      document: string | null,
      places: readonly (readonly [partition: number, offset: number, appendedAt: number])[],
    ) {
      for (const [partition, offset, appendedAt] of places) {
        rows += 1;
        const record = recordOf("customer-events", partition, offset, appendedAt);
        const value = { kind, id, version, filling: false, document };
        await warehouse.insert(
          "control_records",
          [controlRecordRow(record, "tidemark.log.DefinitionVersion", value)],
          `control-${rows}`,
        );
      }
    },
    async changes(partition: number, changes: readonly Partial<SegmentChange>[]) {
      const told = changes.map((change) => {
        const sequence = (sequences.get(partition) ?? 0) + 1;
        sequences.set(partition, sequence);
        const record = recordOf("segment-changes", partition, sequence, change.effectiveAt ?? 0);
        return segmentChangeRow(
          record,
          segmentChange({ sequence, changeId: `${partition}-${sequence}`, ...change }),
        );
      });
      rows += 1;
      await warehouse.insert("segment_changes", told, `changes-${rows}`);
    },
  };
}

const segment = (definition: string, definitionVersion: number) => {
  const move =
    (from: string, to: string) =>
    (subject: string, effectiveAt: number, causeOffset: number): Partial<SegmentChange> => {
      return { subject, definition, definitionVersion, from, to, effectiveAt, causeOffset };
    };
  return { enters: move("out", "in"), leaves: move("in", "out") };
};

describe("a definition that is deleted and written anew", () => {
  let warehouse: ChdbWarehouse;
  const rows = <Row>(sql: string) => warehouse.rows<Row>(sql);

  beforeAll(async () => {
    warehouse = await chdbWarehouse();
    const { version, changes } = archive(warehouse);
    const [loyal, vip, anew, group, groupAnew, mail] = [
      segment("loyal", 1),
      segment("vip", 1),
      segment("loyal", 7),
      segment("group", 1),
      segment("group", 9),
      segment("mail", 1),
    ];
    const tier = (subject: string, to: string, effectiveAt: number): Partial<SegmentChange> => {
      return {
        subject,
        definitionKind: "classification",
        definition: "tier",
        definitionVersion: 2,
        from: null,
        to,
        effectiveAt,
        causeOffset: 20,
      };
    };
    for (const id of ["loyal", "vip", "group", "mail"])
      await version("segment", id, 1, "{}", [
        [0, 1, at(1)],
        [1, 1, at(1)],
      ]);
    await version("classification", "tier", 2, "{}", [
      [0, 2, at(1)],
      [1, 2, at(1)],
    ]);
    await changes(0, [
      loyal.enters("ann", at(1), 10),
      loyal.enters("fay", at(1), 11),
      vip.enters("ann", at(1), 12),
      vip.enters("fay", at(1), 13),
      group.enters("gus", at(1), 14),
      loyal.enters("bob", at(2), 15),
      loyal.leaves("bob", at(3), 16),
      tier("ann", "low", at(1)),
      tier("dan", "high", at(2)),
    ]);
    await changes(1, [loyal.enters("cat", at(2), 10)]);
    await version("segment", "loyal", 5, null, [
      [0, 100, at(10, 12)],
      [1, 90, at(10, 18)],
    ]);
    await version("classification", "tier", 6, null, [
      [0, 101, at(10)],
      [1, 91, at(10)],
    ]);
    await version("segment", "group", 8, null, [
      [0, 102, at(10)],
      [1, 92, at(10)],
    ]);
    await changes(0, [mail.enters("gus", at(11), 103)]);
    await version("segment", "loyal", 7, "{}", [
      [0, 110, at(12)],
      [1, 110, at(12)],
    ]);
    await version("segment", "group", 9, "{}", [
      [0, 111, at(12)],
      [1, 111, at(12)],
    ]);
    // Told again, late and behind a newer version: they delete nothing.
    await version("segment", "loyal", 5, null, [[0, 112, at(12)]]);
    await version("segment", "vip", 0, null, [[0, 113, at(12)]]);
    await changes(0, [
      anew.enters("ann", at(13), 120),
      anew.enters("fay", at(13), 121),
      groupAnew.enters("hal", at(13), 122),
      mail.enters("hal", at(14), 123),
      anew.leaves("ann", at(15), 124),
    ]);
    await changes(1, [anew.enters("eve", at(13), 120), anew.enters("cat", at(16), 121)]);
  }, 60_000);
  afterAll(() => warehouse.close());

  const sizes =
    "SELECT members FROM segment_sizes_by_day WHERE definition = 'loyal' AND day <= '2026-05-17' ORDER BY day";
  // From 1 May: ann and fay; bob and cat; bob goes; nobody from the 10th on; ann, fay and eve anew; ann goes; cat comes.
  const sizesByHand = [2, 4, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 3, 3, 2, 3, 3];

  test("given its members, then the flow says that they left by the deletion, and none of them counts twice", async () => {
    expect(
      await rows(
        "SELECT toString(day) AS day, entered, left, net FROM segment_flow_by_day WHERE definition = 'loyal' ORDER BY day",
      ),
    ).toEqual([
      { day: "2026-05-01", entered: 2, left: 0, net: 2 },
      { day: "2026-05-02", entered: 2, left: 0, net: 2 },
      { day: "2026-05-03", entered: 0, left: 1, net: -1 },
      { day: "2026-05-10", entered: 0, left: 3, net: -3 },
      { day: "2026-05-13", entered: 3, left: 0, net: 3 },
      { day: "2026-05-15", entered: 0, left: 1, net: -1 },
      { day: "2026-05-16", entered: 1, left: 0, net: 1 },
    ]);
    expect((await rows<{ members: number }>(sizes)).map(({ members }) => members)).toEqual(sizesByHand);
    expect(await rows("SELECT definition, category, members FROM segment_sizes ORDER BY ALL")).toEqual([
      { definition: "group", category: "in", members: 1 },
      { definition: "loyal", category: "in", members: 3 },
      { definition: "mail", category: "in", members: 2 },
      { definition: "vip", category: "in", members: 2 },
    ]);
  });

  test("given its members, then each stay ends when its partition had the deletion", async () => {
    expect(
      await rows(
        `SELECT definition, category, subject, toString(entered_at) AS entered, toString(left_at) AS left, seconds / ${day} AS days
         FROM memberships WHERE definition IN ('loyal', 'tier') ORDER BY definition, entered_at, subject`,
      ),
    ).toEqual(
      [
        ["loyal", "in", "ann", "01 00", "10 12", 9.5],
        ["loyal", "in", "fay", "01 00", "10 12", 9.5],
        ["loyal", "in", "bob", "02 00", "03 00", 1],
        ["loyal", "in", "cat", "02 00", "10 18", 8.75],
        ["loyal", "in", "ann", "13 00", "15 00", 2],
        ["loyal", "in", "eve", "13 00", null, null],
        ["loyal", "in", "fay", "13 00", null, null],
        ["loyal", "in", "cat", "16 00", null, null],
        ["tier", "low", "ann", "01 00", "10 00", 9],
        ["tier", "high", "dan", "02 00", "10 00", 8],
      ].map(([definition, category, subject, entered, left, days]) => {
        const instant = (text: unknown) => (text === null ? null : `2026-05-${text}:00:00.000`);
        return { definition, category, subject, entered: instant(entered), left: instant(left), days };
      }),
    );
    expect(
      await rows("SELECT completed, average_seconds FROM time_in_segment WHERE definition = 'loyal'"),
    ).toEqual([{ completed: 5, average_seconds: ((9.5 + 9.5 + 1 + 8.75 + 2) / 5) * day }]);
  });

  test("given the new one, then its members are those who entered since", async () => {
    expect(
      await rows(
        "SELECT definition, groupArray(subject) AS subjects FROM (SELECT definition, subject FROM segment_members ORDER BY subject) GROUP BY definition ORDER BY definition",
      ),
    ).toEqual([
      { definition: "group", subjects: ["hal"] },
      { definition: "loyal", subjects: ["cat", "eve", "fay"] },
      { definition: "mail", subjects: ["gus", "hal"] },
      { definition: "vip", subjects: ["ann", "fay"] },
    ]);
    expect(
      await rows(
        "SELECT subject, state, toString(since) AS since, cause, definition_version FROM segment_states WHERE definition IN ('tier', 'group') ORDER BY subject",
      ),
    ).toEqual([
      {
        subject: "ann",
        state: "out",
        since: "2026-05-10 00:00:00.000",
        cause: "deleted",
        definition_version: 6,
      },
      {
        subject: "dan",
        state: "out",
        since: "2026-05-10 00:00:00.000",
        cause: "deleted",
        definition_version: 6,
      },
      {
        subject: "gus",
        state: "out",
        since: "2026-05-10 00:00:00.000",
        cause: "deleted",
        definition_version: 8,
      },
      {
        subject: "hal",
        state: "in",
        since: "2026-05-13 00:00:00.000",
        cause: "event",
        definition_version: 9,
      },
    ]);
  });

  test("given days, then stays that the deletion ended are told with the cause deleted", async () => {
    const stays = (definition: string, from: string, to: string) =>
      rows(
        `SELECT category, cause, cause_event, stays, share, average_seconds / ${day} AS days
         FROM segment_exits(definition = '${definition}', from = '${from}', to = '${to}') ORDER BY category, cause`,
      );
    expect(await stays("loyal", "2026-05-10", "2026-05-10")).toEqual([
      { category: "in", cause: "deleted", cause_event: "", stays: 3, share: 1, days: (9.5 + 9.5 + 8.75) / 3 },
    ]);
    expect(await stays("loyal", "2026-05-11", "2026-05-31")).toEqual([
      { category: "in", cause: "event", cause_event: "order.placed", stays: 1, share: 1, days: 2 },
    ]);
    expect(await stays("", "2026-05-10", "2026-05-10")).toHaveLength(4);
    expect(
      await rows(
        "SELECT * FROM category_matrix(definition = 'tier', from = '2026-05-05', to = '2026-05-11') ORDER BY ALL",
      ),
    ).toEqual([
      { from_category: "high", to_category: "", subjects: 1, share: 1 },
      { from_category: "low", to_category: "", subjects: 1, share: 1 },
    ]);
    expect(
      await rows(
        "SELECT from_category, to_category, subjects FROM category_matrix(definition = 'tier', from = '2026-05-05', to = '2026-05-09') ORDER BY ALL",
      ),
    ).toEqual([
      { from_category: "high", to_category: "high", subjects: 1 },
      { from_category: "low", to_category: "low", subjects: 1 },
    ]);
  });

  test("given who entered anew and who did not, then overlap and review count those who are in now", async () => {
    // Of loyal (cat, eve, fay) and vip (ann, fay) fay is in both.
    expect(await rows("SELECT * FROM segment_overlap WHERE one = 'loyal' AND other = 'vip'")).toEqual([
      {
        one: "loyal",
        other: "vip",
        one_members: 3,
        other_members: 2,
        both: 1,
        jaccard: 1 / 4,
        overlap: 1 / 2,
      },
    ]);
    expect(
      await rows(
        "SELECT definition, members, members_before, entered, left FROM definition_review(day = '2026-05-16', days = 8) WHERE definition = 'loyal'",
      ),
    ).toEqual([{ definition: "loyal", members: 3, members_before: 3, entered: 4, left: 4 }]);
  });

  test("given a holdout that was deleted and written anew, then only its new members are held out", async () => {
    expect(
      await rows(
        `SELECT grouping, customers FROM segment_outcomes(definition = 'mail', category = 'in', days = 1, from = '2026-05-01', to = '2026-05-31', as_of = '2026-06-30 00:00:00',
           holdout = 'group', holdout_category = 'in', control = '', control_category = '') WHERE period = 'after' ORDER BY grouping`,
      ),
    ).toEqual([
      { grouping: "holdout", customers: 1 },
      { grouping: "reached", customers: 1 },
    ]);
  });

  test("given somebody who was a member at the deletion and is erased later, then sizes stay as they were", async () => {
    for (const table of [
      "segment_changes WHERE subject = 'cat'",
      "segment_steps WHERE subject_key = sipHash64('customer', 'cat')",
    ])
      await warehouse.execute(
        `ALTER TABLE ${table.replace(" WHERE", " DELETE WHERE")} SETTINGS mutations_sync = 2`,
      );
    expect((await rows<{ members: number }>(sizes)).map(({ members }) => members)).toEqual(sizesByHand);
  });
});

test("given more segments than a number has bits, then a deletion ends memberships in the overlap too", async () => {
  const warehouse = await chdbWarehouse();
  const { version, changes } = archive(warehouse);
  const others = Array.from({ length: 65 }, (_, number) => segment(`s-${number}`, 1).enters("zoe", at(1), 5));
  const [loyal, anew] = [segment("loyal", 1), segment("loyal", 3)];
  await changes(0, [...others, loyal.enters("zoe", at(1), 6), loyal.enters("ann", at(1), 7)]);
  await version("segment", "loyal", 2, null, [[0, 10, at(2)]]);
  await version("segment", "loyal", 3, "{}", [[0, 11, at(3)]]);
  await changes(0, [anew.enters("zoe", at(4), 12)]);
  expect(
    await warehouse.rows(
      "SELECT both, one_members, other_members FROM segment_overlap WHERE one = 'loyal' AND other = 's-7'",
    ),
  ).toEqual([{ both: 1, one_members: 1, other_members: 1 }]);
  await warehouse.close();
});
