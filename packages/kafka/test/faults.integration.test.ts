/** What a broker does to its clients, on a broker of this test's own. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Log, LogError, type LogRecord, type TopicPartition } from "@tidemark/runtime";
import { afterAll, describe, expect, it } from "vitest";
import { hasContainerEngine } from "../../../infra/src/index.ts";
import { createLog, type KafkaOptions } from "../src/index.ts";
import { type OwnBroker, startOwnBroker } from "./own-broker.ts";
import { quietLogger } from "./real-broker.ts";

const partitions = 4;
const patience = { timeout: 60_000, interval: 100 };

/** None where the stack comes in containers and this machine has no Java to run a broker without them. */
const broker: OwnBroker | null = await startOwnBroker().catch(async (error: unknown) => {
  if (await hasContainerEngine()) return null;
  throw error;
});
afterAll(async () => broker?.remove());

/** Appends numbered records to a partition, one append after the other, and keeps account of each. */
interface Account {
  /** In the order in which they were asked for. */
  readonly acknowledged: { readonly first: string; readonly baseOffset: number; readonly count: number }[];
  /** First values of appends that may or may not be there. */
  readonly ambiguous: Set<string>;
}

async function appendUntil(
  stopped: () => boolean,
  log: Log,
  { topic, partition }: TopicPartition,
  account: Account,
): Promise<void> {
  for (let round = 0; !stopped(); round += 1) {
    const count = 1 + (round % 5);
    const name = (at: number) => `${partition}/${round}/${at}`;
    const records = Array.from({ length: count }, (_, at) => ({ key: null, value: Buffer.from(name(at)) }));
    try {
      const { baseOffset } = await log.append(topic, partition, records);
      account.acknowledged.push({ first: name(0), baseOffset, count });
    } catch (error) {
      if (!(error instanceof LogError) || error.kind === "fatal") throw error;
      if (error.kind === "ambiguous") account.ambiguous.add(name(0));
      await sleep(100);
    }
    await sleep(2);
  }
}

async function wholePartition(log: Log, topic: string, partition: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of log.read(topic, partition, 0)) records.push(...batch);
  return records;
}

/** Every acknowledged append stands where it was said, once, in the order asked for; nothing else but ambiguous ones. */
function expectKept(records: readonly LogRecord[], { acknowledged, ambiguous }: Account): void {
  const values = records.map(({ value }) => String(value));
  for (const { first, baseOffset, count } of acknowledged) {
    const [partition, round] = first.split("/");
    const expected = Array.from({ length: count }, (_, at) => `${partition}/${round}/${at}`);
    expect(values.slice(baseOffset, baseOffset + count)).toEqual(expected);
  }
  const offsets = acknowledged.map(({ baseOffset }) => baseOffset);
  expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  const said = acknowledged.reduce((sum, { count }) => sum + count, 0);
  const maybe = [...ambiguous].map((first) =>
    values.filter((value) => value.startsWith(first.replace(/0$/, ""))),
  );
  for (const own of maybe) expect(new Set(own).size).toBe(own.length);
  expect(values.length).toBe(said + maybe.reduce((sum, own) => sum + own.length, 0));
}

const faults: readonly { readonly name: string; readonly strike: (broker: OwnBroker) => Promise<void> }[] = [
  {
    name: "connections are cut again and again",
    async strike(broker) {
      for (let round = 0; round < 20; round += 1) {
        broker.cut();
        await sleep(100);
      }
    },
  },
  {
    name: "answers vanish and then the connections",
    async strike(broker) {
      for (let round = 0; round < 4; round += 1) {
        broker.swallowAnswers(true);
        // Longer than a client repeats by itself.
        for (let cuts = 0; cuts < 5; cuts += 1) {
          await sleep(250);
          broker.cut();
        }
        broker.swallowAnswers(false);
        await sleep(700);
      }
    },
  },
  {
    name: "the broker is killed and started again",
    async strike(broker) {
      await broker.kill();
      await sleep(1_000);
      await broker.start();
    },
  },
  {
    name: "the broker freezes for longer than a session",
    async strike(broker) {
      broker.freeze();
      await sleep(7_500);
      broker.thaw();
    },
  },
];

/** A client that appends to every partition of a topic of its own, and another that consumes it. */
async function startTraffic(client: KafkaOptions["client"], address: string) {
  const topic = `faults-${client}-${randomUUID()}`;
  const open = () =>
    createLog({ client, brokers: [address], clientId: `faults-${client}`, logger: quietLogger });
  const [writer, reader] = [await open(), await open()];
  await writer.ensureTopics([{ name: topic, partitions, replicas: 1, settings: {} }]);

  const next = new Map<number, number>();
  const seen = new Map<number, number[]>();
  const consumption = await reader.consume({
    group: `group-${topic}`,
    topics: [topic],
    maxBatchRecords: 50,
    sessionTimeoutMs: 6_000,
    onAssigned: async (gained) =>
      gained.map((place) => ({ ...place, offset: next.get(place.partition) ?? 0 })),
    onRevoked: async () => {},
    onBatch: async ({ partition }, records) => {
      next.set(partition, (records.at(-1)?.offset ?? 0) + 1);
      seen.set(partition, [...(seen.get(partition) ?? []), ...records.map(({ offset }) => offset)]);
    },
  });

  let stopped = false;
  const accounts = Array.from(
    { length: partitions },
    (): Account => ({ acknowledged: [], ambiguous: new Set() }),
  );
  const writing = accounts.map((account, partition) =>
    appendUntil(() => stopped, writer, { topic, partition }, account),
  );
  return {
    /** Resolves when every partition has had some more appends acknowledged. */
    async grow() {
      const before = accounts.map(({ acknowledged }) => acknowledged.length);
      const hasGrown = () =>
        accounts.every(({ acknowledged }, at) => acknowledged.length > (before[at] ?? 0) + 5);
      await expect.poll(hasGrown, patience).toBe(true);
    },
    async finish() {
      stopped = true;
      await Promise.all(writing);
    },
    async check() {
      const ends = await writer.endOffsets(topic);
      await expect.poll(() => ends.map((_, partition) => next.get(partition) ?? 0), patience).toEqual(ends);
      for (const [partition, account] of accounts.entries()) {
        const records = await wholePartition(writer, topic, partition);
        expect(records).toHaveLength(ends[partition] ?? 0);
        expectKept(records, account);
        expect(seen.get(partition)).toEqual(records.map(({ offset }) => offset));
      }
      await consumption.commit([{ topic, partition: 0, offset: ends[0] ?? 0, metadata: "after" }]);
    },
    async close() {
      await consumption.stop();
      await Promise.all([writer.close(), reader.close()]);
    },
  };
}

describe.skipIf(broker === null)("both clients", () => {
  it.each(faults)(
    "given that $name, then no append is lost or doubled and members go on",
    async ({ strike }) => {
      if (broker === null) return;
      const { address } = broker;
      const traffic = [await startTraffic("platformatic", address), await startTraffic("kafkajs", address)];
      await Promise.all(traffic.map(({ grow }) => grow()));
      await strike(broker);
      await Promise.all(traffic.map(({ grow }) => grow()));
      await Promise.all(traffic.map(({ finish }) => finish()));
      for (const { check } of traffic) await check();
      await Promise.all(traffic.map(({ close }) => close()));
    },
  );
});
