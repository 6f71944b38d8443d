/**
 * Poison in the midst of good events, in every topic that a service reads, and an endpoint that hangs beside one that
 * answers: the good ones all come through, no process ends, nothing is left waiting.
 */
import { fileURLToPath } from "node:url";
import { topicNames } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judge, type Verdict } from "../bench/overload/oracle.ts";
import { openProducer, type Producer } from "../bench/overload/producer.ts";
import { openReceivers, type Receivers } from "../bench/overload/receivers.ts";
import {
  anywhere,
  inCustomerEvents,
  inDefinitions,
  inSegmentChanges,
  inSources,
  type Poison,
  preparePoison,
} from "./poison/poison-records.ts";
import { openTestProduct, type TestProduct } from "./product.ts";

const definitions = fileURLToPath(new URL("../bench/overload/definitions.yaml", import.meta.url));
const services = ["orders", "interactions", "lifecycle", "segments", "warehouse", "automations"] as const;
const partitions = 3;
const goodAtATime = 1_500;
const sources = [topicNames.orders, topicNames.interactions, topicNames.lifecycle];

let product: TestProduct;
let receivers: Receivers;
let producer: Producer;
let verdict: Verdict;
let pids: readonly (number | undefined)[];
/** Webhooks that each endpoint had while one of them hung. */
let meanwhile: { readonly quick: number; readonly hung: number };
/** Positions of poison, by topic. */
const poisoned = new Map<string, Set<string>>();

beforeAll(async () => {
  receivers = await openReceivers();
  product = await openTestProduct(partitions, [definitions]);
  await preparePoison(product.codec);
  for (const plan of product.services("UTC").pipeline) {
    const env = { ...plan.env, AUTOMATIONS_WEBHOOKS: receivers.setting, AUTOMATIONS_TIMEOUT_MS: "2000" };
    product.supervisor.start({ ...plan, env });
  }
  await product.supervisor.ready();
  producer = await openProducer(product, { seed: 5, customers: 60 });
  receivers.hang(true);
  pids = services.map(product.pidOf);
  await producer.burst(goodAtATime);
  await poisonAll(0);
  await producer.burst(goodAtATime);
  await poisonAll(100);
  // The next owner of each partition reads past the poison, too.
  process.kill(product.pidOf("segments") ?? 0, "SIGKILL");
  await poisonAll(200);
  await producer.burst(goodAtATime);
  await until(async () => {
    // In this order: all events are there, then all that follows from them, then it is counted.
    const isThere = (await entered()) > 0 && (await isFolded()) && (await isArchived());
    return isThere && receivers.received.quick.size === (await entered());
  });
  meanwhile = { quick: receivers.received.quick.size, hung: receivers.received.hung.size };
  receivers.hang(false);
  const asOf = await Promise.race([product.drained(), product.supervisor.failed]);
  verdict = await judge(product.warehouse, producer, asOf, receivers.received);
});

afterAll(async () => {
  receivers?.close();
  await product?.close();
});

describe("given poison of every kind in every topic, and a webhook that hangs", () => {
  it("then every good event is there once, every change once, and the members are who they should be", () => {
    expect(verdict).toEqual({ lost: 0, repeated: 0, findings: [] });
    expect(producer.count()).toBe(3 * goodAtATime);
  });

  it("then no process ended but the one that was killed", () => {
    expect(
      services.map(product.pidOf).map((pid, at) => services[at] === "segments" || pid === pids[at]),
    ).toEqual(services.map(() => true));
  });

  it("then the endpoint that answers had all webhooks while the other hung, and that one had them afterwards", () => {
    expect(meanwhile.quick).toBeGreaterThanOrEqual(50);
    expect(meanwhile.hung).toBe(0);
    expect(receivers.received.hung.size).toBe(receivers.received.quick.size);
    for (const times of receivers.received.quick.values()) expect(times).toBe(1);
  });

  it("then the poison of the source topics is in the dead letters, each record once", async () => {
    const letters = await recordsOf(topicNames.deadLetters);
    for (const topic of sources) {
      const keys = letters
        .map(({ key }) => key?.toString() ?? "")
        .filter((key) => key.startsWith(`${topic}/`));
      expect(new Set(keys)).toEqual(poisoned.get(topic));
      expect(keys).toHaveLength(poisoned.get(topic)?.size ?? 0);
    }
  });

  it("then the bytes that do not decode in customer-events and segment-changes are in the dead letters", async () => {
    const letters = await recordsOf(topicNames.deadLetters);
    const keys = new Set(letters.map(({ key }) => key?.toString()));
    for (const position of poisoned.get("unreadable") ?? []) expect(keys).toContain(position);
  });

  it("then all services are ready", async () => {
    const { api, pipeline } = product.services("UTC");
    for (const { name, port } of [api, ...pipeline]) {
      const answer = await fetch(`http://127.0.0.1:${port}/ready`);
      expect(answer.status, name).toBe(200);
    }
  });
});

/** Appends all kinds that a topic may get to each of its partitions. */
async function poisonAll(from: number): Promise<void> {
  const { codec } = product;
  const general = anywhere(codec);
  if (from === 0) for (const topic of sources) await poison(topic, [...general, ...inSources()]);
  const mostlyUnreadable = general.filter(({ kind }) => kind !== "no value");
  await poison(topicNames.customerEvents, [...general, ...inCustomerEvents(codec, from)], mostlyUnreadable);
  await poison(topicNames.segmentChanges, [...general, ...inSegmentChanges(codec)], mostlyUnreadable);
  await poison(topicNames.rejectedEvents, general);
  await poison(topicNames.segmentDefinitions, [
    ...general.map((one, at) => ({
      ...one,
      record: { ...one.record, key: Buffer.from(`segment/poison-${at}`) },
    })),
    ...inDefinitions(codec),
  ]);
}

async function poison(
  topic: string,
  kinds: readonly Poison[],
  unreadable: readonly Poison[] = [],
): Promise<void> {
  const { log } = product;
  const own = poisoned.get(topic) ?? new Set();
  poisoned.set(topic, own);
  const dead = poisoned.get("unreadable") ?? new Set();
  poisoned.set("unreadable", dead);
  for (let partition = 0; partition < (await log.partitionCount(topic)); partition += 1) {
    for (const one of kinds) {
      // A compacted topic takes no record without a key.
      if (topic === topicNames.segmentDefinitions && one.record.key === null) continue;
      const { baseOffset } = await log.append(topic, partition, [one.record]);
      const position = `${topic}/${partition}/${baseOffset}`;
      own.add(position);
      if (unreadable.includes(one)) dead.add(position);
    }
  }
}

/** Changes in ClickHouse that set off a webhook to each endpoint, once all that was sent is folded. */
async function entered(): Promise<number> {
  const [row] = await product.warehouse.query<{ events: string; entered: string }>(
    `SELECT toString((SELECT count() FROM admitted_events WHERE source_id != 'poison')) AS events,
            toString((SELECT count() FROM segment_changes
                      WHERE definition = 'spent-500' AND to_state = 'in' AND NOT historic)) AS entered`,
  );
  return Number(row?.events) === producer.count() ? Number(row?.entered) : -1;
}

/** The partitions' owners have folded, and so published, all that there is. */
async function isFolded(): Promise<boolean> {
  const ends = await product.log.endOffsets(topicNames.customerEvents);
  const states = await Promise.all(ends.map((_, partition) => product.store.load(partition)));
  return states.every(({ position }, partition) => position >= (ends[partition] ?? 0));
}

async function isArchived(): Promise<boolean> {
  const ends = await product.log.endOffsets(topicNames.segmentChanges);
  const committed = await product.log.committed("tidemark-warehouse", topicNames.segmentChanges);
  return ends.every((end, partition) => end === 0 || (committed[partition]?.offset ?? 0) >= end);
}

async function recordsOf(topic: string): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for (let partition = 0; partition < (await product.log.partitionCount(topic)); partition += 1) {
    for await (const batch of product.log.read(topic, partition, 0)) records.push(...batch);
  }
  return records;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 240_000; Date.now() < end; ) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("the endpoint that answers did not get everything while the other one hung");
}
