import { type Codec, createLocalCodec, topicNames } from "@tidemark/contracts";
import { type Log, type Logger, systemClock, type Warehouse } from "@tidemark/runtime";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ArchiverPorts, archivedTopics, startArchiver } from "../src/index.ts";
import { customerEvent, segmentChange } from "./samples.ts";
import { type ScriptedLog, scriptedLog } from "./scripted-log.ts";
import { testWarehouse } from "./test-warehouse.ts";

let codec: Codec;
let warehouse: Warehouse;
let remove: () => Promise<void>;
let log: ScriptedLog;

beforeAll(async () => {
  codec = createLocalCodec();
  await codec.prepare(topicNames.customerEvents, [
    "tidemark.log.CustomerEvent",
    "tidemark.log.Clock",
    "tidemark.log.DefinitionVersion",
    "tidemark.log.RejectedEvent",
  ]);
  await codec.prepare(topicNames.segmentChanges, [
    "tidemark.changes.SegmentChange",
    "tidemark.changes.Fence",
  ]);
});
beforeEach(async () => {
  ({ warehouse, remove } = await testWarehouse());
  log = scriptedLog(archivedTopics, 2);
  return () => remove();
});

const errors: object[] = [];
const logger = {
  info() {},
  warn() {},
  error: (about: object) => void errors.push(about),
} as unknown as Logger;
afterAll(() => errors.splice(0));

function start(ports: Partial<ArchiverPorts> = {}) {
  return startArchiver(
    {
      // The archiver calls nothing else of the log.
      log: log as unknown as Log,
      warehouse,
      codec,
      clock: systemClock,
      logger,
      observe: { inserted: () => {}, failed: () => {}, buffered: () => {} },
      ...ports,
    },
    {
      group: "test",
      topics: archivedTopics,
      flushDelayMs: 10,
      bounds: { maxRecords: 7, maxBytes: 1_000_000 },
      maxBufferedBytes: 1_000_000,
      sessionTimeoutMs: 10_000,
      concurrentInserts: 2,
      maxBatchRecords: 2_000,
    },
  );
}

async function drain(): Promise<void> {
  while (!log.isDrained()) await systemClock.sleep(10);
}

const event = (given: Parameters<typeof customerEvent>[0]) =>
  codec.encode("tidemark.log.CustomerEvent", customerEvent(given));
const change = (given: Parameters<typeof segmentChange>[0]) =>
  codec.encode("tidemark.changes.SegmentChange", segmentChange(given));
const fence = (epoch: number) => codec.encode("tidemark.changes.Fence", { epoch, token: `owner-${epoch}` });

describe("the archive", () => {
  test("given events and control records, when archived, then each is a row with all it said", async () => {
    log.put(
      topicNames.customerEvents,
      1,
      [
        codec.encode("tidemark.log.Clock", { at: 5, max: 250 }),
        event({
          subject: "ann",
          name: "order.placed",
          occurredAt: Date.UTC(2026, 3, 30, 23, 59, 59, 999),
          eventId: "e-1",
          sourceId: "orders",
          sourcePartition: 3,
          sourceOffset: 77,
          ordinal: 1,
          count: 2,
          attributes: '{"address":{"city":"Łódź"},"tags":["a","b"],"gone":null}',
          properties: '{"total":12.3456,"items":[]}',
          order: { orderId: "o-1", action: "placed", version: 4, refund: null },
        }),
        Buffer.from("not a record"),
      ],
      Date.UTC(2026, 4, 1, 0, 0, 0, 1),
    );

    const service = await start();
    await drain();
    await service.stop();

    expect(await warehouse.query("SELECT * FROM customer_events")).toEqual([
      {
        kafka_partition: 1,
        offset: 1,
        appended_at: "2026-05-01 00:00:00.001",
        subject_kind: "customer",
        subject: "ann",
        name: "order.placed",
        occurred_at: "2026-04-30 23:59:59.999",
        event_id: "e-1",
        source_id: "orders",
        source_partition: 3,
        source_offset: 77,
        ordinal: 1,
        ordinal_count: 2,
        attributes: '{"address":{"city":"Łódź"},"tags":["a","b"],"gone":null}',
        attribute_values: { "address.city": '"Łódź"', tags: '["a","b"]', gone: "null" },
        properties: '{"total":12.3456,"items":[]}',
        order_id: "o-1",
        order_action: "placed",
        order_version: 4,
        order_refund: null,
        order_total: 12.3456,
      },
    ]);
    expect(
      await warehouse.query(
        "SELECT topic, kafka_partition, offset, type, value FROM control_records ORDER BY offset",
      ),
    ).toEqual([
      { topic: "customer-events", kafka_partition: 1, offset: 0, type: "Clock", value: '{"at":5,"max":250}' },
      {
        topic: "customer-events",
        kafka_partition: 1,
        offset: 2,
        type: "Unreadable",
        value: Buffer.from("not a record").toString("base64"),
      },
    ]);
  });

  test("given changes told twice, by an owner shut out and with a gap, then each that counts is there once", async () => {
    errors.splice(0);
    log.put(topicNames.segmentChanges, 0, [
      fence(1),
      change({ sequence: 1 }),
      change({ sequence: 2 }),
      change({ sequence: 3 }),
      fence(2),
      change({ sequence: 4, epoch: 1, subject: "void" }),
      change({ sequence: 2, epoch: 2, subject: "repeat" }),
      change({ sequence: 3, epoch: 2, subject: "repeat" }),
      change({ sequence: 4, epoch: 2 }),
      change({ sequence: 7, epoch: 2 }),
    ]);

    const service = await start();
    await drain();
    await service.stop();

    expect(
      await warehouse.query("SELECT sequence, epoch, subject FROM segment_changes ORDER BY offset"),
    ).toEqual([
      { sequence: 1, epoch: 1, subject: "ann" },
      { sequence: 2, epoch: 1, subject: "ann" },
      { sequence: 3, epoch: 1, subject: "ann" },
      { sequence: 4, epoch: 2, subject: "ann" },
      { sequence: 7, epoch: 2, subject: "ann" },
    ]);
    expect(errors).toMatchObject([{ expected: 5, found: 7, offset: 9 }, { missing: 2 }]);
  });

  test("given a position behind changes that were not archived, then they are found in the topic and archived, each once", async () => {
    log.put(topicNames.segmentChanges, 0, [
      fence(1),
      ...[1, 2, 3].map((sequence) => change({ sequence })),
      fence(2),
      change({ sequence: 4, epoch: 1, subject: "void" }),
      ...[4, 5, 6].map((sequence) => change({ sequence, epoch: 2 })),
    ]);
    log.stand(topicNames.segmentChanges, 0, 8, { sequence: 1, epoch: 2 });
    const told = new Map<string, number>();
    const inserted: ArchiverPorts["observe"]["inserted"] = (_, { verdicts }) => {
      for (const [fate, count] of verdicts) told.set(fate, (told.get(fate) ?? 0) + count);
    };

    const service = await start({ observe: { inserted, failed() {}, buffered() {} } });
    await drain();
    await service.stop();

    expect(
      await warehouse.query("SELECT sequence, offset, subject FROM segment_changes ORDER BY sequence"),
    ).toEqual(
      [
        [2, 2],
        [3, 3],
        [4, 6],
        [5, 7],
        [6, 8],
      ].map(([sequence, offset]) => ({ sequence, offset, subject: "ann" })),
    );
    expect(Object.fromEntries(told)).toEqual({ gap: 1, repaired: 4, missing: 0 });
  });

  test("given records that retention took before they were archived, then what is left is archived and the rest is an alarm", async () => {
    const events = Array.from({ length: 8 }, (_, at) => event({ sourceOffset: at }));
    log.put(topicNames.customerEvents, 0, events.slice(0, 4));
    const first = await start();
    await drain();
    await first.stop();
    log.put(topicNames.customerEvents, 0, events.slice(4));
    // The block [2, 6) is in hand: of it, [2, 4) is archived.
    log.stand(topicNames.customerEvents, 0, 2, { sequence: 0, epoch: 0, end: 6, token: "in-hand" });
    log.trim(topicNames.customerEvents, 0, 5);
    const lost: unknown[] = [];

    const service = await start({
      observe: { inserted() {}, failed() {}, buffered() {}, trimmed: (...told) => void lost.push(told) },
    });
    await drain();
    await service.stop();

    expect(await warehouse.query("SELECT offset FROM customer_events ORDER BY offset")).toEqual(
      [0, 1, 2, 3, 5, 6, 7].map((offset) => ({ offset })),
    );
    expect(lost).toEqual([[topicNames.customerEvents, 1]]);
  });

  test("given records over the end of a month, then no block reaches over it", async () => {
    log.put(topicNames.customerEvents, 0, [event({}), event({})], Date.UTC(2026, 4, 31, 23, 59, 59, 999));
    log.put(topicNames.customerEvents, 0, [event({}), event({})], Date.UTC(2026, 5, 1));

    const service = await start();
    await drain();
    await service.stop();

    const blocks = log.commits.map(({ offset, metadata }) => [offset, JSON.parse(metadata).end ?? null]);
    expect(blocks).toContainEqual([0, 2]);
    expect(blocks).toContainEqual([2, 4]);
  });

  test("given processes that die before, in and after an insert, then every record is a row exactly once", async () => {
    const eventCount = 120;
    for (const partition of [0, 1]) {
      log.put(topicNames.segmentChanges, partition, [fence(1)]);
      for (let index = 0; index < eventCount; index += 1) {
        log.put(topicNames.customerEvents, partition, [
          event({ sourceOffset: index, subject: `s-${index % 10}` }),
          ...(index % 5 === 0 ? [codec.encode("tidemark.log.Clock", { at: index, max: 250 })] : []),
        ]);
        log.put(topicNames.segmentChanges, partition, [
          change({ sequence: index + 1, subject: `s-${index % 10}` }),
        ]);
        if (index % 10 === 9)
          log.put(topicNames.segmentChanges, partition, [change({ sequence: index - 3 })]);
      }
      const rejected = {
        sourceId: "interactions",
        sourcePartition: 0,
        sourceOffset: 1,
        ordinal: 0,
        reason: "repeat",
      };
      log.put(topicNames.rejectedEvents, partition, [
        codec.encode("tidemark.log.RejectedEvent", { partition, offset: 2, ...rejected }),
      ]);
    }

    for (let life = 0; life < 12; life += 1) {
      const dead = Promise.withResolvers<void>();
      let inserts = 0;
      const never = new Promise<never>(() => {});
      const mortal: Warehouse = {
        ...warehouse,
        async insert(table, rows, token) {
          inserts += 1;
          const isLast = inserts > (life * 5) % 7;
          if (isLast && life % 3 === 0) {
            dead.resolve();
            return never;
          }
          await warehouse.insert(table, rows, token);
          if (isLast && life % 3 === 1) {
            dead.resolve();
            return never;
          }
          if (isLast) dead.resolve();
        },
      };
      // Taking over may already kill it: then it never answers.
      void start({ warehouse: mortal });
      await dead.promise;
      await systemClock.sleep(5);
    }
    const service = await start();
    await drain();
    await service.stop();

    const clocks = eventCount / 5;
    expect(
      await warehouse.query(
        `SELECT kafka_partition, count() AS rows, uniqExact(offset) AS offsets, uniqExact(source_offset) AS sources
         FROM customer_events GROUP BY kafka_partition ORDER BY kafka_partition`,
      ),
    ).toEqual(
      [0, 1].map((partition) => ({ kafka_partition: partition, rows: 120, offsets: 120, sources: 120 })),
    );
    expect(
      await warehouse.query(
        "SELECT type, count() AS rows, uniqExact(kafka_partition, offset) AS offsets FROM control_records GROUP BY type ORDER BY type",
      ),
    ).toEqual([
      { type: "Clock", rows: 2 * clocks, offsets: 2 * clocks },
      { type: "Fence", rows: 2, offsets: 2 },
    ]);
    expect(
      await warehouse.query(
        `SELECT kafka_partition, count() AS rows, uniqExact(sequence) AS sequences, max(sequence) AS last
         FROM segment_changes GROUP BY kafka_partition ORDER BY kafka_partition`,
      ),
    ).toEqual(
      [0, 1].map((partition) => ({ kafka_partition: partition, rows: 120, sequences: 120, last: 120 })),
    );
    expect(await warehouse.query("SELECT count() AS rows FROM rejected_events")).toEqual([{ rows: 2 }]);
    expect(await warehouse.query("SELECT count() AS rows FROM admitted_events")).toEqual([{ rows: 238 }]);
  });

  test("given a warehouse that fails for a while, then nothing is lost and it says so meanwhile", async () => {
    log.put(topicNames.customerEvents, 0, [event({}), event({}), event({})]);
    let isAway = true;
    let answered = 0;
    const service = await start({
      warehouse: {
        ...warehouse,
        async insert(table, rows, token) {
          // The first failure comes after the rows are in: its answer is lost.
          if (!isAway || answered++ === 0) await warehouse.insert(table, rows, token);
          if (isAway) throw new Error("ClickHouse is away");
        },
      },
    });
    while (service.ready().ready) await systemClock.sleep(5);
    expect(service.ready()).toEqual({ ready: false, reason: "ClickHouse is away" });
    isAway = false;
    await drain();
    expect(service.ready()).toEqual({ ready: true });
    await service.stop();
    expect(await warehouse.query("SELECT offset FROM customer_events ORDER BY offset")).toEqual([
      { offset: 0 },
      { offset: 1 },
      { offset: 2 },
    ]);
  });
});
