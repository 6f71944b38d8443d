import { createMemoryLog, type MemoryLog } from "@tidemark/testkit";
import { expect, it } from "vitest";
import { logContract } from "./log-contract.ts";

/** A clock that a test's changes to `Date` do not reach, as a broker's is. */
const brokerClock = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  elapsedMs: () => performance.now(),
  after: () => () => {},
  sleep: () => Promise.resolve(),
};

logContract("in memory", async () => {
  const broker = createMemoryLog({ clock: brokerClock });
  return {
    connect: async () => broker.connect(),
    trim: async (topic, partition, offset) => broker.trim(topic, partition, offset),
  };
});

async function withTopic(): Promise<MemoryLog> {
  const log = createMemoryLog();
  await log.ensureTopics([{ name: "t", partitions: 2, replicas: 1, settings: {} }]);
  return log;
}

const record = { key: null, value: Buffer.from("v") };

it("given appends that are told to fail, then an ambiguous one is written all the same", async () => {
  const log = await withTopic();
  log.failAppends(1, "ambiguous");
  await expect(log.append("t", 0, [record])).rejects.toMatchObject({ kind: "ambiguous" });
  log.failAppends(1, "retry");
  await expect(log.append("t", 0, [record])).rejects.toMatchObject({ kind: "retry" });
  expect(await log.append("t", 0, [record])).toEqual({ baseOffset: 1 });
});

it("given a member that crashes, then another takes its partitions and nothing of the first counts any more", async () => {
  const log = await withTopic();
  const first = log.connect();
  const revoked: unknown[] = [];
  const options = {
    group: "g",
    topics: ["t"],
    maxBatchRecords: 10,
    sessionTimeoutMs: 6_000,
    onAssigned: async (gained: readonly { topic: string; partition: number }[]) =>
      gained.map((place) => ({ ...place, offset: 0 })),
    onBatch: async () => {},
    onRevoked: async (lost: unknown) => {
      revoked.push(lost);
    },
  };
  const crashing = await first.consume(options);
  await log.idle();
  first.crash();
  await expect(crashing.ended).rejects.toThrow("crashed");
  expect(revoked).toEqual([]);
  await expect(crashing.commit([{ topic: "t", partition: 0, offset: 1, metadata: "" }])).rejects.toThrow();

  const seen: number[] = [];
  await log.connect().consume({
    ...options,
    onBatch: async ({ partition }) => {
      seen.push(partition);
    },
  });
  await log.append("t", 0, [record]);
  await log.append("t", 1, [record]);
  await log.idle();
  expect(seen.sort()).toEqual([0, 1]);
});
