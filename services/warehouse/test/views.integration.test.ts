import type { CustomerEvent, SegmentChange } from "@tidemark/contracts";
import type { LogRecord, Warehouse } from "@tidemark/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { controlRecordRow, customerEventRow, rejectedEventRow, segmentChangeRow } from "../src/rows.ts";
import { customerEvent, segmentChange } from "./samples.ts";
import { testWarehouse } from "./test-warehouse.ts";

let warehouse: Warehouse;
let remove: () => Promise<void>;

const at = (day: number, hour = 12) => Date.UTC(2026, 4, day, hour);
const record = (topic: string, offset: number): LogRecord => ({
  topic,
  partition: 0,
  offset,
  timestamp: at(20),
  key: null,
  value: null,
  headers: [],
});

type Step = readonly [
  SegmentChange["definition"],
  subject: string,
  from: string | null,
  to: string,
  when: number,
];

/** Three customers in a segment and in a classification, told in the order of sequence numbers. */
const steps: readonly Step[] = [
  ["loyal", "ann", "out", "in", at(1, 0)],
  ["loyal", "bob", "out", "in", at(1, 12)],
  ["loyal", "cat", "out", "in", at(2, 23)],
  ["loyal", "ann", "in", "out", at(3, 0)],
  ["loyal", "bob", "in", "out", at(3, 13)],
  ["loyal", "ann", "out", "in", at(5, 6)],
  ["loyal", "ann", "in", "out", at(5, 7)],
  ["loyal", "ann", "out", "in", at(5, 8)],
  ["value", "ann", null, "low", at(1)],
  ["value", "bob", null, "low", at(1)],
  ["value", "cat", null, "otherwise", at(2)],
  ["value", "ann", "low", "high", at(4)],
  ["value", "bob", "low", "high", at(4)],
  ["value", "ann", "high", "low", at(4, 18)],
  ["value", "ann", "low", "high", at(4, 19)],
  // Merged or erased: in no category any more.
  ["rank", "dan", null, "low", at(6)],
  ["rank", "dan", "low", "out", at(7)],
];

beforeAll(async () => {
  ({ warehouse, remove } = await testWarehouse());
  const changes = steps.map(([definition, subject, from, to, effectiveAt], index) =>
    segmentChangeRow(
      record("segment-changes", index),
      segmentChange({
        sequence: index + 1,
        definitionKind: definition === "loyal" ? "segment" : "classification",
        definition,
        subject,
        from,
        to,
        effectiveAt,
      }),
    ),
  );
  // Two blocks, the later first: nothing depends on the order in which rows came.
  await warehouse.insert("segment_changes", changes.slice(7), "b");
  await warehouse.insert("segment_changes", changes.slice(0, 7), "a");
});
afterAll(() => remove());

describe("segment views", () => {
  test("given changes, then the members now are those whose last change let them in", async () => {
    expect(
      await warehouse.query(
        "SELECT definition, category, subject, toString(since) AS since FROM segment_members ORDER BY definition, subject",
      ),
    ).toEqual([
      { definition: "loyal", category: "in", subject: "ann", since: "2026-05-05 08:00:00.000" },
      { definition: "loyal", category: "in", subject: "cat", since: "2026-05-02 23:00:00.000" },
      { definition: "value", category: "high", subject: "ann", since: "2026-05-04 19:00:00.000" },
      { definition: "value", category: "high", subject: "bob", since: "2026-05-04 12:00:00.000" },
      { definition: "value", category: "otherwise", subject: "cat", since: "2026-05-02 12:00:00.000" },
    ]);
    expect(
      await warehouse.query(
        "SELECT definition, category, members FROM segment_sizes ORDER BY definition, category",
      ),
    ).toEqual([
      { definition: "loyal", category: "in", members: 2 },
      { definition: "value", category: "high", members: 2 },
      { definition: "value", category: "otherwise", members: 1 },
    ]);
  });

  test("given changes, then who left is still known in the states", async () => {
    expect(
      await warehouse.query(
        "SELECT subject, state, sequence FROM segment_states WHERE definition = 'loyal' ORDER BY subject",
      ),
    ).toEqual([
      { subject: "ann", state: "in", sequence: 8 },
      { subject: "bob", state: "out", sequence: 5 },
      { subject: "cat", state: "in", sequence: 3 },
    ]);
  });

  test("given changes, then each day says how often a segment was entered and left", async () => {
    expect(
      await warehouse.query(
        "SELECT toString(day) AS day, entered, left, net FROM segment_flow_by_day WHERE definition = 'loyal' ORDER BY day",
      ),
    ).toEqual([
      { day: "2026-05-01", entered: 2, left: 0, net: 2 },
      { day: "2026-05-02", entered: 1, left: 0, net: 1 },
      { day: "2026-05-03", entered: 0, left: 2, net: -2 },
      { day: "2026-05-05", entered: 2, left: 1, net: 1 },
    ]);
    expect(
      await warehouse.query(
        "SELECT toString(day) AS day, category, entered, left FROM segment_flow_by_day WHERE definition = 'value' ORDER BY day, category",
      ),
    ).toEqual([
      { day: "2026-05-01", category: "low", entered: 2, left: 0 },
      { day: "2026-05-02", category: "otherwise", entered: 1, left: 0 },
      { day: "2026-05-04", category: "high", entered: 3, left: 1 },
      { day: "2026-05-04", category: "low", entered: 1, left: 3 },
    ]);
  });

  test("given days without a change, then they have the size of the day before", async () => {
    expect(
      await warehouse.query(
        "SELECT toString(day) AS day, members FROM segment_sizes_by_day WHERE definition = 'loyal' AND day <= '2026-05-06' ORDER BY day",
      ),
    ).toEqual([
      { day: "2026-05-01", members: 2 },
      { day: "2026-05-02", members: 3 },
      { day: "2026-05-03", members: 1 },
      { day: "2026-05-04", members: 1 },
      { day: "2026-05-05", members: 2 },
      { day: "2026-05-06", members: 2 },
    ]);
    expect(
      await warehouse.query(
        "SELECT category, members FROM segment_sizes_by_day WHERE definition = 'value' AND day = '2026-05-04' ORDER BY category",
      ),
    ).toEqual([
      { category: "high", members: 2 },
      { category: "low", members: 0 },
      { category: "otherwise", members: 1 },
    ]);
    expect(
      await warehouse.query(
        "SELECT category, members FROM segment_sizes_by_day WHERE definition = 'loyal' AND day = toDate(now('UTC'))",
      ),
    ).toEqual([{ category: "in", members: 2 }]);
  });

  test("given moves between categories, then they are counted, the first sight is not", async () => {
    expect(
      await warehouse.query(
        "SELECT toString(day) AS day, definition, from_category, to_category, moves, subjects FROM category_migration ORDER BY from_category DESC",
      ),
    ).toEqual([
      {
        day: "2026-05-04",
        definition: "value",
        from_category: "low",
        to_category: "high",
        moves: 3,
        subjects: 2,
      },
      {
        day: "2026-05-04",
        definition: "value",
        from_category: "high",
        to_category: "low",
        moves: 1,
        subjects: 1,
      },
    ]);
  });

  test("given who was merged or erased, then the stay in its category ended and no category has it", async () => {
    const of = (view: string, columns: string) =>
      warehouse.query(`SELECT ${columns} FROM ${view} WHERE definition = 'rank' ORDER BY ALL`);
    expect(await of("segment_members", "category")).toEqual([]);
    expect(await of("segment_sizes", "category")).toEqual([]);
    expect(await of("segment_flow_by_day", "toString(day) AS day, category, entered, left")).toEqual([
      { day: "2026-05-06", category: "low", entered: 1, left: 0 },
      { day: "2026-05-07", category: "low", entered: 0, left: 1 },
    ]);
    expect(await of("memberships", "category, seconds")).toEqual([{ category: "low", seconds: 86_400 }]);
  });

  test("given stays that ended, then their median and average are theirs alone", async () => {
    // loyal: ann 48 h and 1 h, bob 49 h, which makes 98 h; cat and ann's last stay go on.
    const hour = 3600;
    expect(await warehouse.query("SELECT * FROM time_in_segment WHERE definition = 'loyal'")).toEqual([
      {
        definition_kind: "segment",
        definition: "loyal",
        category: "in",
        completed: 3,
        median_seconds: 48 * hour,
        average_seconds: 117_600,
      },
    ]);
    // value: low lasted 72 h (ann), 72 h (bob), 1 h (ann again); high 6 h (ann).
    expect(
      await warehouse.query(
        "SELECT category, completed, median_seconds, average_seconds FROM time_in_segment WHERE definition = 'value' ORDER BY category",
      ),
    ).toEqual([
      { category: "high", completed: 1, median_seconds: 6 * hour, average_seconds: 6 * hour },
      { category: "low", completed: 3, median_seconds: 72 * hour, average_seconds: (145 / 3) * hour },
    ]);
    expect(
      await warehouse.query(
        "SELECT subject, left_at FROM memberships WHERE left_at IS NULL ORDER BY definition, subject",
      ),
    ).toEqual(["ann", "cat", "ann", "bob", "cat"].map((subject) => ({ subject, left_at: null })));
  });
});

describe("customer views", () => {
  const events: readonly Partial<CustomerEvent>[] = [
    { occurredAt: at(1), attributes: '{"tier":"gold","address":{"city":"Lyon","zip":"69001"}}' },
    { occurredAt: at(3), attributes: '{"tier":null,"tags":["a"]}' },
    // Late: what was written after it stands.
    { occurredAt: at(2), attributes: '{"tier":"silver","address":{"city":"Nice"}}' },
    // Rejected: it never was.
    {
      occurredAt: at(9),
      attributes: '{"tier":"platinum"}',
      properties: '{"total":999}',
      order: placed("o-9"),
    },
    { occurredAt: at(4), name: "order.placed", properties: '{"total":100.1}', order: placed("o-1") },
    { occurredAt: at(4), name: "order.placed", properties: '{"total":50}', order: placed("o-2") },
    { occurredAt: at(5), name: "order.placed", properties: '{"total":70}', order: placed("o-3") },
    {
      occurredAt: at(6),
      name: "order.refunded",
      properties: '{"refund":20.05}',
      order: { orderId: "o-1", action: "refunded", version: null, refund: 20.05 },
    },
    {
      occurredAt: at(6),
      name: "order.cancelled",
      order: { orderId: "o-2", action: "cancelled", version: null, refund: null },
    },
    {
      occurredAt: at(7),
      name: "order.updated",
      properties: '{"total":75.5}',
      order: { orderId: "o-3", action: "updated", version: null, refund: null },
    },
    // Versions decide where a source has them, whatever order they come in; all of it was refunded in two parts.
    {
      subject: "zoe",
      subjectKind: "company",
      occurredAt: at(9),
      name: "order.updated",
      properties: '{"total":40}',
      order: { orderId: "o-4", action: "updated", version: 3, refund: null },
    },
    {
      subject: "zoe",
      subjectKind: "company",
      occurredAt: at(8),
      name: "order.placed",
      properties: '{"total":60}',
      order: { orderId: "o-4", action: "placed", version: 2, refund: null },
    },
    // Nothing but a correction is known of this one.
    {
      subject: "zoe",
      subjectKind: "company",
      occurredAt: at(8),
      name: "order.updated",
      properties: '{"total":1000}',
      order: { orderId: "o-5", action: "updated", version: 1, refund: null },
    },
    ...[15, 25].map((refund) => ({
      subject: "zoe",
      subjectKind: "company" as const,
      occurredAt: at(9),
      name: "order.refunded",
      order: { orderId: "o-4", action: "refunded" as const, version: null, refund },
    })),
    { subject: "zoe", subjectKind: "company", occurredAt: at(8) },
    // The parent replaced what was below it.
    { subject: "zoe", subjectKind: "company", occurredAt: at(8), attributes: '{"plan":{"name":"pro"}}' },
    { subject: "zoe", subjectKind: "company", occurredAt: at(9), attributes: '{"plan":"none"}' },
  ];

  function placed(orderId: string): CustomerEvent["order"] {
    return { orderId, action: "placed", version: null, refund: null };
  }

  beforeAll(async () => {
    await warehouse.insert(
      "customer_events",
      events.map((given, offset) =>
        customerEventRow(record("customer-events", offset), customerEvent(given)),
      ),
      "events",
    );
    const rejected = {
      partition: 0,
      offset: 3,
      sourceId: "orders",
      sourcePartition: 0,
      sourceOffset: 0,
      ordinal: 0,
      reason: "repeat",
    };
    // Told twice, as after a crash.
    await warehouse.insert(
      "rejected_events",
      [rejectedEventRow(record("rejected-events", 0), rejected)],
      "r-0",
    );
    await warehouse.insert(
      "rejected_events",
      [rejectedEventRow(record("rejected-events", 1), rejected)],
      "r-1",
    );
  });

  test("given a rejected event, then it is not among those admitted", async () => {
    expect(
      await warehouse.query("SELECT count() AS events, countIf(offset = 3) AS rejected FROM admitted_events"),
    ).toEqual([{ events: 17, rejected: 0 }]);
  });

  test("given events in any order, then a profile has the last word on each attribute, and what orders are worth", async () => {
    expect(await warehouse.query("SELECT * FROM customer_profiles ORDER BY subject")).toEqual([
      {
        subject_kind: "customer",
        subject: "ann",
        first_seen_at: "2026-05-01 12:00:00.000",
        last_seen_at: "2026-05-07 12:00:00.000",
        events: 9,
        orders: 2,
        // 100.10 - 20.05 + 75.50
        revenue: 155.55,
        attributes: { "address.city": '"Nice"', "address.zip": '"69001"', tags: '["a"]', tier: "null" },
      },
      {
        subject_kind: "company",
        subject: "zoe",
        first_seen_at: "2026-05-08 12:00:00.000",
        last_seen_at: "2026-05-09 12:00:00.000",
        events: 8,
        orders: 0,
        revenue: 0,
        attributes: { plan: '"none"' },
      },
    ]);
  });

  test("given corrections, then an order is what they made of it", async () => {
    expect(
      await warehouse.query("SELECT order_id, total, refunded, cancelled, net FROM orders ORDER BY order_id"),
    ).toEqual([
      { order_id: "o-1", total: 100.1, refunded: 20.05, cancelled: false, net: 80.05 },
      { order_id: "o-2", total: 50, refunded: 0, cancelled: true, net: 0 },
      { order_id: "o-3", total: 75.5, refunded: 0, cancelled: false, net: 75.5 },
      { order_id: "o-4", total: 40, refunded: 40, cancelled: true, net: 0 },
    ]);
  });

  test("given versions of definitions in two partitions, then the newest that is not deleted stands", async () => {
    const version = (id: string, number: number, document: string | null, partition: number) =>
      controlRecordRow(
        { ...record("customer-events", 100 + number), partition },
        "tidemark.log.DefinitionVersion",
        { kind: "segment", id, version: number, filling: false, document },
      );
    await warehouse.insert(
      "control_records",
      [0, 1].flatMap((partition) => [
        version("loyal", 1, '{"v":1}', partition),
        version("loyal", 4, '{"v":4}', partition),
        version("gone", 2, "{}", partition),
        version("gone", 3, null, partition),
      ]),
      "definitions",
    );
    expect(await warehouse.query("SELECT kind, id, version, filling, document FROM definitions")).toEqual([
      { kind: "segment", id: "loyal", version: 4, filling: false, document: '{"v":4}' },
    ]);
    expect(
      await warehouse.query(
        "SELECT id, version, document, partitions FROM definition_versions ORDER BY version",
      ),
    ).toEqual([
      { id: "loyal", version: 1, document: '{"v":1}', partitions: 2 },
      { id: "gone", version: 2, document: "{}", partitions: 2 },
      { id: "gone", version: 3, document: null, partitions: 2 },
      { id: "loyal", version: 4, document: '{"v":4}', partitions: 2 },
    ]);
  });

  test("given definitions that fill, then they do until the sweeps that name them are over in all partitions; a name that changes meanwhile is filled with them", async () => {
    const control = (type: string, value: object, partition: number, offset: number) =>
      controlRecordRow(
        { ...record("customer-events", 300 + offset), timestamp: at(20) + offset, partition },
        `tidemark.log.${type}`,
        value,
      );
    const version = (id: string, number: number, partition: number, offset: number) =>
      control(
        "DefinitionVersion",
        { kind: "metric", id, version: number, filling: true, document: "{}" },
        partition,
        offset,
      );
    const sweep = (
      id: string,
      definitions: readonly (readonly [string, number])[],
      partition: number,
      offset: number,
    ) => {
      const named = definitions.map(([name, number]) => ({ kind: "metric", id: name, version: number }));
      return control("Sweep", { id, definitions: named }, partition, offset);
    };
    const end = (id: string, partition: number, offset: number) =>
      control("SweepEnd", { sweep: id }, partition, offset);
    const both = [0, 1];
    await warehouse.insert(
      "control_records",
      [
        ...both.flatMap((partition) => [
          ...["filled", "half", "renamed", "waiting"].map((id, at) => version(id, 11 + at, partition, at)),
          sweep(
            "s-1",
            [
              ["filled", 11],
              ["half", 12],
              ["renamed", 13],
            ],
            partition,
            4,
          ),
          version("renamed", 15, partition, 5),
        ]),
        end("s-1", 0, 6),
        end("s-1", 1, 6),
        sweep("s-2", [["half", 12]], 1, 7),
      ],
      "sweeps",
    );
    const rows = await warehouse.query<{ id: string; filling: boolean }>(
      "SELECT id, filling FROM definitions WHERE kind = 'metric' ORDER BY id",
    );
    expect(rows.map(({ id, filling }) => [id, filling])).toEqual([
      ["filled", false],
      ["half", true],
      ["renamed", false],
      ["waiting", true],
    ]);
    const [open] = await warehouse.query(
      "SELECT sweep, kafka_partition, id FROM sweeps WHERE ended_at IS NULL",
    );
    expect(open).toEqual({ sweep: "s-2", kafka_partition: 1, id: "half" });
  });

  test("given a definition that is deleted, then nobody is a member of it, and its history stays", async () => {
    const deletion = { kind: "segment", id: "loyal", version: 9, filling: false, document: null };
    await warehouse.insert(
      "control_records",
      [controlRecordRow(record("customer-events", 200), "tidemark.log.DefinitionVersion", deletion)],
      "deletion",
    );
    expect(await warehouse.query("SELECT DISTINCT definition FROM segment_members")).toEqual([
      { definition: "value" },
    ]);
    expect(await warehouse.query("SELECT DISTINCT definition FROM segment_sizes")).toEqual([
      { definition: "value" },
    ]);
    expect(
      await warehouse.query("SELECT count() AS stays FROM memberships WHERE definition = 'loyal'"),
    ).toEqual([{ stays: 5 }]);
  });
});

test("every view and every column carries a comment", async () => {
  expect(
    await warehouse.query(
      `SELECT table, name FROM system.columns
       WHERE database = currentDatabase() AND comment = '' AND table NOT LIKE '%\\_feed' AND table != 'admitted_events'`,
    ),
  ).toEqual([]);
  expect(
    await warehouse.query(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND comment = ''",
    ),
  ).toEqual([]);
});
