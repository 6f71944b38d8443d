import { topicDescriptions, topicNames } from "@tidemark/contracts";
import { createMemoryLog, createMemoryStateStore } from "@tidemark/testkit";
import { beforeEach, describe, expect, test } from "vitest";
import { readPipeline } from "../src/drain/pipeline.ts";

const record = { key: null, value: Buffer.from("x") };
const now = 1_000;
let log: ReturnType<typeof createMemoryLog>;
let store: ReturnType<typeof createMemoryStateStore>;
let openLoads: number;

beforeEach(async () => {
  log = createMemoryLog();
  store = createMemoryStateStore();
  openLoads = 0;
  await log.ensureTopics(topicDescriptions(2).map((topic) => ({ ...topic, replicas: 1 })));
});

const read = () => readPipeline({ log, store, openLoads: async () => openLoads, now: () => now });

const commit = async (group: string, topic: string, partition: number, offset: number): Promise<void> => {
  const consumption = await log.consume({
    group,
    topics: [topic],
    maxBatchRecords: 1,
    sessionTimeoutMs: 1_000,
    onAssigned: async (gained) => gained.map((one) => ({ ...one, offset: 0 })),
    onRevoked: async () => {},
    onBatch: async () => {},
  });
  await log.idle();
  await consumption.commit([{ topic, partition, offset, metadata: "" }]);
  await consumption.stop();
};

const fold = async (partition: number, position: number, dueAt: number | null): Promise<void> => {
  const ownership = await store.takeOver(partition);
  const { position: from, sequence, changesOffset } = await store.load(partition);
  const progress = { position: from, sequence, changesOffset };
  await store.commit(ownership, progress, {
    ...progress,
    position,
    meta: Buffer.from("{}"),
    subjects: [
      {
        subject: "customer:a",
        state: Buffer.from("a"),
        timer: dueAt === null ? null : { set: "live", dueAt },
      },
    ],
    orders: [],
  });
};

describe("whether the pipeline is drained", () => {
  test("given empty topics, when it is read, then nothing is waited for, as of the instant of the reading", async () => {
    expect(await read()).toMatchObject({ asOf: now, waitingFor: [] });
  });

  test("given a record on its way, when each stage takes it in turn, then the others are waited for until the last", async () => {
    await log.append(topicNames.orders, 3, [record]);
    expect((await read()).waitingFor).toEqual(["orders (0 of 1)"]);
    await log.append(topicNames.customerEvents, 1, [record, record]);
    await commit("tidemark-orders", topicNames.orders, 3, 1);
    expect((await read()).waitingFor).toEqual(["segments (0 of 2)", "warehouse: customer-events (0 of 2)"]);
    await fold(1, 2, now + 1);
    await log.append(topicNames.segmentChanges, 1, [record]);
    await commit("tidemark-warehouse", topicNames.customerEvents, 1, 1);
    expect((await read()).waitingFor).toEqual([
      "warehouse: customer-events (1 of 2)",
      "warehouse: segment-changes (0 of 1)",
      "automations (0 of 1)",
    ]);
    await commit("tidemark-warehouse", topicNames.customerEvents, 1, 2);
    await commit("tidemark-warehouse", topicNames.segmentChanges, 1, 1);
    await commit("tidemark-automations", topicNames.segmentChanges, 1, 1);
    expect((await read()).waitingFor).toEqual([]);
  });

  test("given a timer that is due, when it is read, then it is waited for; one in the future is not", async () => {
    await fold(0, 0, now);
    expect((await read()).waitingFor).toEqual(["timers that are due, in 1 partitions"]);
    await fold(0, 0, now + 1);
    expect((await read()).waitingFor).toEqual([]);
  });

  test("given a load that has not ended, when all else is done, then its end is waited for", async () => {
    openLoads = 3;
    expect((await read()).waitingFor).toEqual(["the end of 3 loads"]);
  });
});
