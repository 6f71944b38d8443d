/**
 * A thousand malformed events of twenty kinds among ten thousand good ones, over the three source topics, through the
 * three intake services as processes of their own.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Codec,
  type CustomerEvent,
  createCodec,
  topicDescriptions,
  topicNames,
} from "@tidemark/contracts";
import { createLog } from "@tidemark/kafka";
import type { Log, LogRecord } from "@tidemark/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts, type Stack, startStack } from "../../infra/src/index.ts";
import { type ServiceProcess, startService } from "../bench/service.ts";
import { type Good, goodEvents } from "./malformed/good-events.ts";
import { malformedKinds } from "./malformed/malformed-kinds.ts";
import { shuffled } from "./malformed/shuffle.ts";
import { silentLogger } from "./malformed/silent-logger.ts";

const services = ["orders", "interactions", "lifecycle"] as const;
const goodCount = 10_000;
const malformedCount = 1_000;
const customerEventsPartitions = 8;
const batchRecords = 500;

/** What was put on a source topic, and what should become of it. */
interface Sent {
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer])[];
  readonly good?: Good;
  readonly malformed?: { readonly kind: string; readonly reason: string; readonly path: string };
}

let stack: Stack;
let folder: string;
let log: Log;
let codec: Codec;
const running: ServiceProcess[] = [];
/** By position `topic/partition/offset`. */
const sent = new Map<string, Sent>();

beforeAll(async () => {
  const parent = fileURLToPath(new URL("../../.tidemark/test", import.meta.url));
  mkdirSync(parent, { recursive: true });
  folder = mkdtempSync(join(parent, "malformed-"));
  stack = await startStack({ dataDir: folder, ports: await freePorts() });
  codec = await createCodec({ url: stack.env.SCHEMA_REGISTRY_URL ?? "" });
  log = await createLog({
    client: process.env.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
    brokers: (stack.env.KAFKA_BROKERS ?? "").split(","),
    clientId: "malformed-test",
    logger: silentLogger,
  });
  await log.ensureTopics(
    topicDescriptions(customerEventsPartitions).map((topic) => ({ ...topic, replicas: 1 })),
  );
  await codec.prepare(topicNames.orders, ["tidemark.source.OrderEvent"]);
  await codec.prepare(topicNames.interactions, ["tidemark.source.InteractionEvent"]);
  await codec.prepare(topicNames.lifecycle, ["tidemark.source.LifecycleEvent"]);
  await produce();
  // No member is taken for dead on a machine that is busy: whoever takes over repeats, and here repeats are counted.
  const env = { ...stack.env, HTTP_PORT: "0", INTAKE_SESSION_TIMEOUT_MS: "60000" };
  running.push(...services.map((name) => startService(name, env, folder)));
  await drained();
});

afterAll(async () => {
  await Promise.all(running.map((service) => service.stop()));
  await log?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Mixes good and malformed events the same way each time, and spreads them over the partitions. */
async function produce(): Promise<void> {
  const now = Date.now();
  const kinds = malformedKinds(codec, now);
  const perKind = malformedCount / kinds.length;
  const all = [
    ...goodEvents(codec, goodCount, now).map((good) => ({
      topic: good.topic,
      sent: asSent(good.value, { good }),
    })),
    ...kinds.flatMap(({ topic, value, ...malformed }) =>
      Array.from({ length: perKind }, (_, at) => ({ topic, sent: asSent(value(at), { malformed }) })),
    ),
  ];
  const counts = new Map<string, number>();
  for (const topic of services) counts.set(topic, await log.partitionCount(topic));
  const batches = new Map<string, { topic: string; partition: number; records: Sent[] }>();
  for (const [at, { topic, sent: record }] of shuffled(all, 20_260_301).entries()) {
    const partition = at % (counts.get(topic) ?? 1);
    const name = `${topic}/${partition}`;
    const batch = batches.get(name) ?? { topic, partition, records: [] };
    batches.set(name, batch);
    batch.records.push({ ...record, headers: [["number", Buffer.from(String(at))], ...record.headers] });
  }
  for (const { topic, partition, records } of batches.values()) {
    for (let from = 0; from < records.length; from += batchRecords) {
      const batch = records.slice(from, from + batchRecords);
      const { baseOffset } = await log.append(
        topic,
        partition,
        batch.map(({ value, headers }) => ({ key: null, value, headers })),
      );
      batch.forEach((record, at) => {
        sent.set(`${topic}/${partition}/${baseOffset + at}`, record);
      });
    }
  }
}

function asSent(value: Buffer | null, what: Pick<Sent, "good" | "malformed">): Sent {
  return { value, headers: [["trace", Buffer.from([0, 255, 10])]], ...what };
}

async function drained(): Promise<void> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; ) {
    const rests = await Promise.all(services.map(restOf));
    if (rests.every((rest) => rest === 0)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the services did not take everything in within two minutes");
}

async function restOf(topic: string): Promise<number> {
  const committed = await log.committed(`tidemark-${topic}`, topic);
  const ends = await log.endOffsets(topic);
  return ends.reduce((rest, end, partition) => rest + end - (committed[partition]?.offset ?? 0), 0);
}

async function recordsOf(topic: string): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for (let partition = 0; partition < (await log.partitionCount(topic)); partition += 1) {
    for await (const batch of log.read(topic, partition, 0)) records.push(...batch);
  }
  return records;
}

describe("given 1,000 malformed events of twenty kinds among 10,000 good ones", () => {
  it("there are twenty kinds, and as many of each", () => {
    const kinds = [...sent.values()].flatMap(({ malformed }) => (malformed ? [malformed.kind] : []));
    expect(new Set(kinds).size).toBe(20);
    expect(kinds).toHaveLength(malformedCount);
    expect(sent.size).toBe(goodCount + malformedCount);
  });

  it("there are exactly 1,000 dead letters, each with its original bytes and headers, and each says why", async () => {
    const letters = await recordsOf(topicNames.deadLetters);
    expect(letters).toHaveLength(malformedCount);
    expect(new Set(letters.map(({ key }) => key?.toString())).size).toBe(malformedCount);
    for (const letter of letters) {
      const original = sent.get(letter.key?.toString() ?? "");
      const headers = new Map(letter.headers.map(([name, value]) => [name, value.toString()]));
      if (!original?.malformed) throw new Error(`${letter.key} was good`);
      const { kind, reason, path } = original.malformed;
      expect(letter.value, kind).toEqual(original.value);
      expect(letter.headers.slice(0, 2), kind).toEqual(original.headers);
      expect(headers.get("tidemark-reason"), kind).toBe(reason);
      const position = ["topic", "partition", "offset"].map((part) => headers.get(`tidemark-${part}`));
      expect(position.join("/")).toBe(letter.key?.toString());
      expect(headers.get("tidemark-service")).toBe(headers.get("tidemark-topic"));
      const faults: readonly Record<string, string>[] = JSON.parse(headers.get("tidemark-faults") ?? "[]");
      expect(
        faults.map((fault) => fault.path),
        kind,
      ).toContain(path);
      for (const fault of faults) expect(fault.found && fault.expected, kind).toBeTruthy();
    }
  });

  it("all good ones are in customer-events, each event once, as it was meant", async () => {
    const expected = new Map<string, object>();
    for (const [position, { good }] of sent) {
      good?.events.forEach((event, ordinal) => {
        expected.set(`${position}/${ordinal}`, { ...event, count: good.events.length });
      });
    }
    const found = new Map<string, object>();
    let events = 0;
    for (const { value } of await recordsOf(topicNames.customerEvents)) {
      const decoded = await codec.decode(value as Buffer);
      if (decoded.type !== "tidemark.log.CustomerEvent") continue;
      events += 1;
      const event = decoded.value as CustomerEvent;
      const { sourceId, sourcePartition, sourceOffset, ordinal } = event;
      const { subjectKind, subject, name, occurredAt, count } = event;
      found.set(`${sourceId}/${sourcePartition}/${sourceOffset}/${ordinal}`, {
        subjectKind,
        subject,
        name,
        occurredAt,
        count,
      });
    }
    expect(events).toBe(expected.size);
    expect(found).toEqual(expected);
  });

  it("what they held before the services started was a load that is over", async () => {
    const edges = new Map<string, number>();
    for (const { value } of await recordsOf(topicNames.customerEvents)) {
      const { type } = await codec.decode(value as Buffer);
      if (type.startsWith("tidemark.log.Load")) edges.set(type, (edges.get(type) ?? 0) + 1);
    }
    const loads = 3 * 8 * customerEventsPartitions;
    expect(Object.fromEntries(edges)).toEqual({
      "tidemark.log.LoadBegin": loads,
      "tidemark.log.LoadEnd": loads,
    });
  });
});
