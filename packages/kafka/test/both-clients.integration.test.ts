/** What concerns both clients at once, or the bytes that they leave on the broker. */
import { randomUUID } from "node:crypto";
import { Admin, Consumer, Producer } from "@platformatic/kafka";
import type { Log, LogRecord, Position, TopicPartition } from "@tidemark/runtime";
import { afterEach, describe, expect, it } from "vitest";
import { createLog, type KafkaOptions } from "../src/index.ts";
import { brokers, quietLogger } from "./real-broker.ts";

const clients: readonly KafkaOptions["client"][] = ["platformatic", "kafkajs"];
const patience = { timeout: 60_000, interval: 50 };
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({ key: null, value: Buffer.from(`v${from + at}`) }));
const values = (records: readonly LogRecord[]) => records.map(({ value }) => String(value));

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(client: KafkaOptions["client"], addresses = brokers()): Promise<Log> {
  const log = await createLog({
    client,
    brokers: addresses,
    clientId: `both-${client}`,
    logger: quietLogger,
  });
  closers.push(() => log.close());
  return log;
}

async function newTopic(
  log: Log,
  partitions: number,
  settings: Record<string, string> = {},
): Promise<string> {
  const name = `both-${randomUUID()}`;
  await log.ensureTopics([{ name, partitions, replicas: 1, settings }]);
  return name;
}

function openAdmin(): Admin {
  const admin = new Admin({ clientId: "both", bootstrapBrokers: brokers() });
  closers.push(() => admin.close());
  return admin;
}

async function readAll(log: Log, topic: string, partition: number, from = 0): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of log.read(topic, partition, from)) records.push(...batch);
  return records;
}

/** Sizes of the record batches as they lie in the log. */
async function batchSizes(topic: string, partition: number): Promise<number[]> {
  const consumer = new Consumer({ clientId: "both", bootstrapBrokers: brokers(), groupId: "both-raw" });
  closers.push(() => consumer.close(true));
  const metadata = await consumer.metadata({ topics: [topic] });
  const known = metadata.topics.get(topic);
  consumer.topics.track(topic);
  const { responses } = await consumer.fetch({
    node: known?.partitions[partition]?.leader ?? -1,
    maxWaitTime: 1_000,
    topics: [
      {
        topicId: known?.id ?? "",
        partitions: [
          {
            partition,
            fetchOffset: 0n,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: -1,
            partitionMaxBytes: 10_000_000,
          },
        ],
      },
    ],
  });
  return (responses[0]?.partitions[0]?.records ?? []).map(({ records }) => records.length);
}

/** A member that goes on from what the group committed, and commits every batch. */
async function consumeCommitting(log: Log, group: string, topic: string) {
  const seen = new Map<string, LogRecord>();
  const held = new Set<number>();
  const assignments: TopicPartition[][] = [];
  const consumption = await log.consume({
    group,
    topics: [topic],
    maxBatchRecords: 10,
    sessionTimeoutMs: 6_000,
    onAssigned: async (gained): Promise<Position[]> => {
      assignments.push([...gained]);
      const committed = await log.committed(group, topic);
      for (const { partition } of gained) held.add(partition);
      return gained.map((place) => ({ ...place, offset: committed[place.partition]?.offset ?? 0 }));
    },
    onRevoked: async (lost) => {
      for (const { partition } of lost) held.delete(partition);
    },
    onBatch: async (place, records) => {
      for (const record of records) seen.set(`${place.partition}/${record.offset}`, record);
      const offset = (records.at(-1)?.offset ?? 0) + 1;
      await consumption.commit([{ ...place, offset, metadata: "" }]).catch(() => undefined);
    },
  });
  closers.push(() => consumption.stop());
  return { consumption, seen, held, assignments };
}

describe.each(clients)("%s", (client) => {
  it("given appends, then each is one record batch, also when many go out together", async () => {
    const log = await open(client);
    const topic = await newTopic(log, 3);
    const sizes = [1, 250, 3, 1_000];
    for (const size of sizes) {
      await Promise.all([0, 1, 2].map((partition) => log.append(topic, partition, numbered(0, size))));
    }
    for (const partition of [0, 1, 2]) expect(await batchSizes(topic, partition)).toEqual(sizes);
  });

  it("given no broker, then what fails says why in words", async () => {
    const log = await open(client, ["127.0.0.1:1"]);
    await expect(log.append("t", 0, numbered(0, 1))).rejects.toMatchObject({
      kind: "retry",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    await expect(log.partitionCount("t")).rejects.toMatchObject({
      kind: "retry",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("given transactions of others, then aborted records and markers are left out and nothing gets stuck", async () => {
    const log = await open(client);
    const topic = await newTopic(log, 1);
    const producer: Producer<Buffer, Buffer, Buffer, Buffer> = new Producer({
      clientId: "both",
      bootstrapBrokers: brokers(),
      idempotent: true,
      transactionalId: `both-${randomUUID()}`,
    });
    closers.push(() => producer.close());
    const transact = async (from: number, to: number, outcome: "commit" | "abort") => {
      const transaction = await producer.beginTransaction();
      const messages = numbered(from, to).map(({ value }) => ({ topic, partition: 0, value, key: value }));
      await transaction.send({ messages });
      await transaction[outcome]();
    };
    await transact(0, 3, "commit");
    await transact(3, 6, "abort");
    await log.append(topic, 0, numbered(6, 8));
    await transact(8, 9, "abort");
    await transact(9, 10, "commit");
    await transact(10, 12, "abort");

    const expected = ["v0", "v1", "v2", "v6", "v7", "v9"];
    expect(values(await readAll(log, topic, 0))).toEqual(expected);
    const { seen } = await consumeCommitting(log, `group-${topic}`, topic);
    await expect.poll(() => values([...seen.values()]), patience).toEqual(expected);
    await log.append(topic, 0, numbered(12, 13));
    await expect.poll(() => values([...seen.values()]), patience).toEqual([...expected, "v12"]);
    const offsets = [...seen.values()].map(({ offset }) => offset);
    // A marker takes an offset behind each transaction: after v2, v5, v8, v9 and v11.
    expect(offsets).toEqual([0, 1, 2, 8, 9, 12, 17]);
  });

  it("given a topic that is deleted and made anew, then the member goes on with the new one from its start", async () => {
    const log = await open(client);
    const topic = await newTopic(log, 2);
    const other = await open(client);
    await log.append(topic, 0, numbered(0, 5));
    const { seen, held, consumption } = await consumeCommitting(other, `group-${topic}`, topic);
    await expect.poll(() => seen.size, patience).toBe(5);
    await openAdmin().deleteTopics({ topics: [topic] });
    await expect.poll(() => held.size, patience).toBe(0);
    seen.clear();
    await expect
      .poll(
        () =>
          log.ensureTopics([{ name: topic, partitions: 2, replicas: 1, settings: {} }]).then(
            () => true,
            () => false,
          ),
        patience,
      )
      .toBe(true);
    await expect
      .poll(
        () =>
          log.append(topic, 1, numbered(5, 8)).then(
            () => true,
            () => false,
          ),
        patience,
      )
      .toBe(true);
    await expect.poll(() => values([...seen.values()]), patience).toEqual(["v5", "v6", "v7"]);
    await consumption.stop();
  });
});

describe("a group with members of both clients", () => {
  it("given each joining the other and leaving it, then partitions are shared and every record is seen", async () => {
    const [platformatic, kafkajs] = [await open("platformatic"), await open("kafkajs")];
    const topic = await newTopic(platformatic, 4);
    const group = `group-${topic}`;
    let sent = 0;
    const produce = async () => {
      for (let round = 0; round < 5; round += 1, sent += 5) {
        const writer = round % 2 === 0 ? platformatic : kafkajs;
        await Promise.all([0, 1, 2, 3].map((at) => writer.append(topic, at, numbered(sent, sent + 5))));
      }
    };
    const first = await consumeCommitting(platformatic, group, topic);
    await produce();
    const second = await consumeCommitting(kafkajs, group, topic);
    await expect.poll(() => [first.held.size, second.held.size], patience).toEqual([2, 2]);
    await produce();
    const all = () => new Set([...first.seen.keys(), ...second.seen.keys()]).size;
    await expect.poll(all, patience).toBe(4 * sent);
    await first.consumption.stop();
    await produce();
    await expect.poll(() => second.held.size, patience).toBe(4);
    await expect.poll(all, patience).toBe(4 * sent);
    const third = await consumeCommitting(await open("platformatic"), group, topic);
    await expect.poll(() => [second.held.size, third.held.size], patience).toEqual([2, 2]);
    await second.consumption.stop();
    await expect.poll(() => third.held.size, patience).toBe(4);
  });

  it.each([
    ["platformatic", "kafkajs"],
    ["kafkajs", "platformatic"],
  ] as const)(
    "given members of %s, when one of %s joins them and leaves, then only what moves to it and back is interrupted",
    async (most, guest) => {
      const topic = await newTopic(await open(most), 9);
      const group = `group-${topic}`;
      const join = async (client: KafkaOptions["client"]) => {
        const told: string[] = [];
        const held = new Set<number>();
        const consumption = await (await open(client)).consume({
          group,
          topics: [topic],
          maxBatchRecords: 10,
          sessionTimeoutMs: 10_000,
          onAssigned: async (gained) => {
            for (const { partition } of gained) told.push(`+${partition}`) && held.add(partition);
            return gained.map((place) => ({ ...place, offset: 0 }));
          },
          onRevoked: async (lost) => {
            for (const { partition } of lost) told.push(`-${partition}`) && held.delete(partition);
          },
          onBatch: async () => {},
        });
        return { told, held, consumption };
      };
      const first = await join(most);
      await expect.poll(() => first.held.size, patience).toBe(9);
      const second = await join(most);
      await expect.poll(() => [first.held.size, second.held.size].sort(), patience).toEqual([4, 5]);
      const residents = [first, second];
      for (const { told } of residents) told.length = 0;

      const third = await join(guest);
      await expect
        .poll(() => [...residents, third].map(({ held }) => held.size), patience)
        .toEqual([3, 3, 3]);
      const moved = [...third.held].sort();
      expect(residents.flatMap(({ told }) => told).sort()).toEqual(moved.map((partition) => `-${partition}`));

      for (const { told } of residents) told.length = 0;
      await third.consumption.stop();
      await expect.poll(() => residents.map(({ held }) => held.size).sort(), patience).toEqual([4, 5]);
      expect(residents.flatMap(({ told }) => told).sort()).toEqual(moved.map((partition) => `+${partition}`));
    },
  );
});
