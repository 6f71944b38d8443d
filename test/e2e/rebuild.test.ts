/**
 * Redis lost entirely, on the real stack: `tidemark rebuild` makes the state anew from the topic, and from the archive
 * where retention took the topic's beginning. What is published stands, and is not published again.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { promisify } from "node:util";
import { type SegmentChange, topicNames } from "@tidemark/contracts";
import { systemClock } from "@tidemark/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SourceEvents } from "../../packages/cli/src/demo/events.ts";
import { demoHistory } from "../../packages/cli/src/demo/history.ts";
import { readSuperstore } from "../../packages/cli/src/demo/superstore.ts";
import { loadDemo } from "../../packages/cli/src/load/load.ts";
import { openReceiver, type Receiver } from "../chaos/receiver.ts";
import { bruteForce, type Members } from "./brute-force.ts";
import { startLiveLoad } from "./live-load.ts";
import { openTestProduct, root, type TestProduct } from "./product.ts";

const partitions = 4;
const seed = 20_262;
const quiet = { say: () => {}, bars: () => {}, clear: () => {} };

describe("Redis lost entirely", () => {
  let product: TestProduct;
  let receiver: Receiver;
  let sent: SourceEvents;

  beforeAll(async () => {
    console.log(`seed ${seed}`);
    product = await openTestProduct(partitions);
    receiver = await openReceiver();
  }, 600_000);
  afterAll(async () => {
    receiver?.close();
    await product?.close();
  });

  it("given everything in Redis gone in the middle of a load, when it is rebuilt, then members are right, and no change and no webhook came twice", async () => {
    const { log, codec, supervisor } = product;
    const store = await readSuperstore();
    const moment = { seed, now: Date.now() };
    const ports = { log, codec, clock: { ...systemClock, after: neverCalled }, progress: quiet };
    await loadDemo(ports, store, moment);
    for (const plan of product.services("UTC").pipeline) {
      const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
      const env = { AUTOMATIONS_WEBHOOKS: JSON.stringify({ demo: { url: receiver.url, secret } }) };
      supervisor.start({ ...plan, env: { ...plan.env, ...env } });
    }
    await supervisor.ready();
    await product.drained();
    const load = startLiveLoad(product, store, seed, 40);
    await sleep(2_000);
    await flushRedis(product);
    await sleep(1_000);
    const told = await tidemark(product, "rebuild");
    await sleep(1_000);
    const live = await load.stop();
    const past = demoHistory(store, moment);
    sent = {
      orders: [...past.orders, ...live.orders],
      interactions: [...past.interactions, ...live.interactions],
      lifecycle: [...past.lifecycle, ...live.lifecycle],
    };

    expect(told).toMatch(/Rebuilt 4 partitions from \d+ records; \d+ changes stand/);
    await expectAllRight();
    expect(receiver.counts.size).toBeGreaterThan(0);
  }, 600_000);

  it("given that retention took all of customer-events as well, when it is rebuilt, then the archive supplies it, and nothing is published again", async () => {
    const before = await standingChanges(product);
    await trimEvents(product);
    const starts = await product.log.startOffsets(topicNames.customerEvents);
    expect(Math.min(...starts)).toBeGreaterThan(1_000);
    await flushRedis(product);

    await tidemark(product, "rebuild");
    await product.drained();

    await expectAllRight();
    const after = await standingChanges(product);
    // Time goes on: what is new was brought about by it, not by the events folded again.
    expect(after.slice(0, before.length).map(({ changeId }) => changeId)).toEqual(
      before.map(({ changeId }) => changeId),
    );
    expect(after.slice(before.length).filter(({ cause }) => cause !== "time")).toEqual([]);
  }, 600_000);

  it("given one partition that is named, when it is rebuilt, then the others keep their owner", async () => {
    const epochs = async () => (await fences(product)).map((epochsOf) => epochsOf.length);
    const before = await epochs();
    expect(await tidemark(product, "rebuild", "--partition", "2")).toContain("Rebuilt 1 partitions");
    await product.drained();
    const after = await epochs();
    expect(after.map((count, at) => count > (before[at] ?? 0))).toEqual([false, false, true, false]);
    await expectAllRight();
  }, 600_000);

  async function expectAllRight(): Promise<void> {
    const asOf = await product.drained();
    const expected = bruteForce(sent, asOf);
    expect(await membersOf(product, "customer", asOf)).toEqual(asLists(expected.customers));
    expect(await membersOf(product, "company", asOf)).toEqual(asLists(expected.companies));
    const [archived] = await product.warehouse.query<{ total: number; distinct: number }>(
      "SELECT count() AS total, uniqExact(kafka_partition, sequence) AS distinct FROM segment_changes",
    );
    const standing = await standingChanges(product);
    expect(archived).toEqual({ total: standing.length, distinct: standing.length });
    expect([...receiver.counts].filter(([, times]) => times > 1)).toEqual([]);
  }
});

/** What stands, partition by partition; fails where a number is missing or said twice. */
async function standingChanges({ log, codec }: TestProduct): Promise<readonly SegmentChange[]> {
  const standing: SegmentChange[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    let epoch = 0;
    let sequence = 0;
    for await (const records of log.read(topicNames.segmentChanges, partition, 0)) {
      for (const { value } of records) {
        const decoded = await codec.decode(value as Buffer);
        const record = decoded.value as SegmentChange;
        if (decoded.type === "tidemark.changes.Fence") epoch = Math.max(epoch, record.epoch);
        else if (record.epoch >= epoch) {
          expect(record.sequence).toBe(sequence + 1);
          sequence += 1;
          standing.push(record);
        }
      }
    }
  }
  // In the order in which they can be compared before and after: what is new comes last.
  return standing.sort((a, b) => a.detectedAt - b.detectedAt || (a.changeId < b.changeId ? -1 : 1));
}

async function fences({ log, codec }: TestProduct): Promise<readonly (readonly number[])[]> {
  const found: number[][] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const epochs: number[] = [];
    for await (const records of log.read(topicNames.segmentChanges, partition, 0)) {
      for (const { value } of records) {
        const decoded = await codec.decode(value as Buffer);
        if (decoded.type === "tidemark.changes.Fence")
          epochs.push((decoded.value as { readonly epoch: number }).epoch);
      }
    }
    found.push(epochs);
  }
  return found;
}

async function flushRedis({ env }: TestProduct): Promise<void> {
  const { port } = new URL(env.REDIS_URL ?? "");
  const socket = connect(Number(port), "127.0.0.1");
  socket.write("FLUSHALL\r\n");
  expect(String((await once(socket, "data"))[0])).toBe("+OK\r\n");
  socket.destroy();
}

async function tidemark({ env }: TestProduct, ...words: readonly string[]): Promise<string> {
  const program = "packages/cli/src/main.ts";
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  return stdout;
}

interface Admin {
  connect(): Promise<void>;
  fetchTopicOffsets(topic: string): Promise<unknown>;
  deleteTopicRecords(request: object): Promise<void>;
  disconnect(): Promise<void>;
}

/** As retention does: everything that is folded and archived goes. */
async function trimEvents({ env, log }: TestProduct): Promise<void> {
  const { Kafka } = createRequire(new URL("../../packages/cli/package.json", import.meta.url))("kafkajs") as {
    readonly Kafka: new (options: object) => { admin(): Admin };
  };
  const admin = new Kafka({ brokers: [env.KAFKA_BROKERS], logLevel: 0 }).admin();
  await admin.connect();
  const archived = await log.committed("tidemark-warehouse", topicNames.customerEvents);
  // The client knows no topic that it was not asked about.
  await admin.fetchTopicOffsets(topicNames.customerEvents);
  await admin.deleteTopicRecords({
    topic: topicNames.customerEvents,
    partitions: archived.map((position, partition) => ({ partition, offset: String(position?.offset ?? 0) })),
  });
  await admin.disconnect();
}

async function membersOf({ warehouse }: TestProduct, kind: string, asOf: number) {
  const rows = await warehouse.query<{ name: string; subjects: string[] }>(
    `SELECT if(definition_kind = 'segment', definition, concat(definition, ':', state)) AS name, groupArray(subject) AS subjects
     FROM (
       SELECT definition_kind, definition, subject, toString(argMax(to_state, sequence)) AS state
       FROM segment_changes
       WHERE subject_kind = {kind:String} AND effective_at <= fromUnixTimestamp64Milli({asOf:Int64})
       GROUP BY definition_kind, definition, subject
     )
     WHERE NOT (definition_kind = 'segment' AND state = 'out')
     GROUP BY name`,
    { kind, asOf },
  );
  return asLists(new Map(rows.map(({ name, subjects }) => [name, new Set(subjects)])));
}

function asLists(members: Members): Record<string, string[]> {
  const names = [...members.keys()].filter((name) => (members.get(name)?.size ?? 0) > 0).sort();
  return Object.fromEntries(names.map((name) => [name, [...(members.get(name) ?? [])].sort()]));
}

const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

function neverCalled(): never {
  throw new Error("nobody asked for a timer");
}
