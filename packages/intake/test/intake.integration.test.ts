import { randomUUID } from "node:crypto";
import { createCodec, subjectKey } from "@tidemark/contracts";
import { createLog } from "@tidemark/kafka";
import { type Log, type LogRecord, type RunningService, systemClock } from "@tidemark/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type IntakeOptions, type Source, startIntake } from "../src/index.ts";
import { headerOf, source as plainSource, portsOver, type Read, readEvents, silent } from "./harness.ts";

const sourcePartitions = 4;
const targetPartitions = 8;
const suffix = randomUUID().slice(0, 8);
const source: Source = { ...plainSource, topic: `test-source-${suffix}`, sourceId: `test-${suffix}` };
const topics = {
  customerEvents: `test-events-${suffix}`,
  segmentDefinitions: `test-definitions-${suffix}`,
  deadLetters: `test-letters-${suffix}`,
};
const options: IntakeOptions = {
  group: `test-intake-${suffix}`,
  maxBatchRecords: 500,
  commitIntervalMs: 50,
  sessionTimeoutMs: 6_000,
  pace: { foldGroup: "no-such-group", aheadRecords: 1_000_000, lookEveryMs: 200, standstillMs: 5_000 },
  topics,
};

const openLog = () =>
  createLog({
    client: process.env.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
    brokers: (process.env.KAFKA_BROKERS ?? "127.0.0.1:9092").split(","),
    clientId: `test-${suffix}`,
    logger: silent,
  });

const registryUrl = process.env.SCHEMA_REGISTRY_URL ?? "http://127.0.0.1:8081/apis/ccompat/v7";

let log: Log;

beforeAll(async () => {
  log = await openLog();
  const topic = (name: string, partitions: number, settings = {}) => ({
    name,
    partitions,
    replicas: 1,
    settings,
  });
  await log.ensureTopics([
    topic(source.topic, sourcePartitions),
    topic(topics.customerEvents, targetPartitions),
    topic(topics.segmentDefinitions, 1, { "cleanup.policy": "compact" }),
    topic(topics.deadLetters, 2),
  ]);
});

afterAll(() => log?.close());

function start(): RunningService {
  return startIntake(
    portsOver(log, {
      openLog,
      openCodec: () => createCodec({ url: registryUrl }),
      clock: systemClock,
    }),
    source,
    options,
  );
}

async function produce(from: number, count: number): Promise<void> {
  for (let partition = 0; partition < sourcePartitions; partition += 1) {
    const records = Array.from({ length: count }, (_, at) => {
      const number = from + at;
      const value =
        number % 50 === 49 ? "{" : JSON.stringify({ customer: `c${number % 97}`, company: "acme" });
      return { key: null, value: Buffer.from(value), headers: [["n", Buffer.from(String(number))] as const] };
    });
    await log.append(source.topic, partition, records);
  }
}

async function drained(): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const ends = await log.endOffsets(source.topic);
    const committed = await log.committed(options.group, source.topic);
    if (ends.every((end, partition) => committed[partition]?.offset === end)) return;
    await systemClock.sleep(50);
  }
  throw new Error("the source was not taken in within a minute");
}

async function recordsOf(topic: string): Promise<readonly (readonly LogRecord[])[]> {
  const partitions = Array.from({ length: await log.partitionCount(topic) }, (_, partition) => partition);
  return Promise.all(
    partitions.map(async (partition) => {
      const records: LogRecord[] = [];
      for await (const batch of log.read(topic, partition, 0)) records.push(...batch);
      return records;
    }),
  );
}

describe("given a source on a real broker", () => {
  it("instances that come and go take every record in, each event once for whoever drops repeats", async () => {
    await produce(0, 2_000);
    const first = start();
    await systemClock.sleep(400);
    const second = start();
    await produce(2_000, 1_000);
    await systemClock.sleep(1_500);
    await first.stop();
    await produce(3_000, 500);
    await drained();
    await second.stop();

    const codec = await createCodec({ url: registryUrl });
    const events: (readonly Read[])[] = [];
    for (const records of await recordsOf(topics.customerEvents)) {
      events.push(await readEvents(records, codec));
    }
    const admitted = events.flatMap((reads, target) => admit(reads, target));
    const good = 3_500 - 3_500 / 50;
    expect(admitted).toHaveLength(sourcePartitions * good * 2);
    expect(new Set(admitted).size).toBe(admitted.length);
    for (const reads of events) expect(loadEdges(reads)).toEqual(new Set(loadsOf(sourcePartitions)));

    const letters = (await recordsOf(topics.deadLetters)).flat();
    const keys = new Set(letters.map(({ key }) => key?.toString()));
    expect(keys.size).toBe((sourcePartitions * 3_500) / 50);
    for (const letter of letters) {
      expect(letter.value?.toString()).toBe("{");
      expect(letter.headers[0]?.[0]).toBe("n");
      expect(headerOf(letter, "tidemark-reason")).toBe("unreadable");
      expect(Number(headerOf(letter, "tidemark-offset"))).toBe(Number(headerOf(letter, "n")));
    }
  });
});

/** Positions of the events that are above the highest seen of their source partition; fails where one lies elsewhere. */
function admit(reads: readonly Read[], target: number): readonly string[] {
  const highest = new Map<number, readonly [number, number]>();
  return reads.flatMap((read) => {
    if (read.type !== "event") return [];
    const { sourcePartition, sourceOffset, ordinal, subjectKind, subject, sourceId, count } = read.event;
    expect([sourceId, count]).toEqual([source.sourceId, 2]);
    const key = Buffer.from(subjectKey(subjectKind, subject));
    expect(log.partitionFor(key, targetPartitions)).toBe(target);
    const [offset, last] = highest.get(sourcePartition) ?? [-1, -1];
    if (sourceOffset < offset || (sourceOffset === offset && ordinal <= last)) return [];
    highest.set(sourcePartition, [sourceOffset, ordinal]);
    return [`${sourcePartition}/${sourceOffset}/${ordinal}`];
  });
}

function loadEdges(reads: readonly Read[]): ReadonlySet<string> {
  return new Set(
    reads.flatMap((read) => (read.type === "event" ? [] : [`${read.type} ${read.load.sourcePartition}`])),
  );
}

function loadsOf(partitions: number): readonly string[] {
  return Array.from({ length: partitions }, (_, partition) => [
    `begin ${partition}`,
    `end ${partition}`,
  ]).flat();
}
