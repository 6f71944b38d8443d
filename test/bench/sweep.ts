/**
 * `npm run bench -- --sweep`: definitions that are filled from history while live events go on. One line of JSON.
 *   --customers N   with three events each (the default: 1,000,000)
 *   --live N        live events a second, before and all along
 *   --definitions few|many   what is in force already: two definitions, or fifty (the default)
 *   --profile DIR   CPU profiles of the services while it fills go there
 */
import { mkdirSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  type Codec,
  createCodec,
  type SegmentChange,
  subjectKey,
  topicDescriptions,
  topicNames,
} from "@tidemark/contracts";
import { createLog } from "@tidemark/kafka";
import { createRedisStateStore } from "@tidemark/redis";
import {
  definitionSets,
  type Log,
  type Logger,
  type OutgoingRecord,
  type StateStore,
  unpackMeta,
} from "@tidemark/runtime";
import { freePorts, startStack } from "../../infra/src/index.ts";
import { benchDefinitions } from "./definitions.ts";
import { processUsage } from "./process-usage.ts";
import { type ServiceProcess, startService } from "./service.ts";
import { spread } from "./spread.ts";

const dayMs = 86_400_000;
const batchRecords = 1_000;
const eventsEach = 3;
const settleSeconds = 10;
const quietSeconds = 20;
const giveUpSeconds = 600;
const tickMs = 10;

/** What is filled: of three kinds, over history of every customer. */
const filled: readonly object[] = [
  { kind: "metric", id: "spent-400d", sum: "total", of: "order.placed", during: { last: "400 days" } },
  {
    kind: "segment",
    id: "spent-much",
    when: { metric: "spent-400d", atLeast: 150 },
  },
  {
    kind: "segment",
    id: "bought-twice-300d",
    when: { count: "order.placed", during: { last: "300 days" }, atLeast: 2 },
  },
];

const quiet = () => {};
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet } as unknown as Logger;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const round = (value: number): number => Math.round(value * 10) / 10;

interface SweepBench {
  readonly log: Log;
  readonly store: StateStore;
  readonly codec: Codec;
  readonly partitions: number;
  say(message: string): void;
}

export async function measureSweep(parameters: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      sweep: { type: "boolean" },
      customers: { type: "string", default: "1000000" },
      live: { type: "string", default: "500" },
      partitions: { type: "string", default: "32" },
      definitions: { type: "string", default: "many" },
      client: { type: "string", default: "platformatic" },
      profile: { type: "string" },
    },
  });
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  const folder = join(fileURLToPath(new URL("../..", import.meta.url)), ".tidemark", "bench-sweep");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const partitions = Number(values.partitions);
  const client = values.client === "kafkajs" ? "kafkajs" : "platformatic";
  const stack = await startStack({ dataDir: folder, ports: await freePorts(), fresh: true, onProgress: say });
  process.once("SIGINT", () => void stack.stop().then(() => process.exit(130)));
  try {
    const { env } = stack;
    const codec = await createCodec({ url: env.SCHEMA_REGISTRY_URL ?? "" });
    const log = await createLog({
      client,
      brokers: (env.KAFKA_BROKERS ?? "").split(","),
      clientId: "bench",
      logger,
    });
    const store = await createRedisStateStore({ url: env.REDIS_URL ?? "" });
    const bench: SweepBench = { log, store, codec, partitions, say };
    await log.ensureTopics(topicDescriptions(partitions).map((topic) => ({ ...topic, replicas: 1 })));
    await codec.prepare(topicNames.customerEvents, [
      "tidemark.log.CustomerEvent",
      "tidemark.log.DefinitionVersion",
    ]);
    await codec.prepare(topicNames.segmentDefinitions, ["tidemark.definitions.DefinitionRecord"]);
    const there = benchDefinitions().filter(
      (document) =>
        values.definitions === "many" ||
        ["latest-page", "bought-30"].includes((document as { readonly id: string }).id),
    );
    await writeDefinitions(bench, there, 1);
    const started = (name: string): ServiceProcess =>
      startService(
        name,
        {
          ...env,
          LOG_LEVEL: "info",
          CUSTOMER_EVENTS_PARTITIONS: String(partitions),
          KAFKA_CLIENT: client,
          ...(values.profile === undefined ? {} : profiled(join(values.profile, name))),
        },
        folder,
      );
    const services = { segments: started("segments"), warehouse: started("warehouse") };
    const figures = await run(
      {
        ...bench,
        services,
        parts: Object.fromEntries(stack.parts.map(({ name, pid }) => [name, pid ?? 0])),
        isProfiled: values.profile !== undefined,
      },
      { customers: Number(values.customers), perSecond: Number(values.live), definitions: there.length },
    );
    await Promise.all(Object.values(services).map((service) => service.stop()));
    await log.close();
    await store.close();
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  } finally {
    await stack.stop();
  }
  return 0;
}

interface Measured extends SweepBench {
  readonly services: Readonly<Record<string, ServiceProcess>>;
  /** Processes of the stack. */
  readonly parts: Readonly<Record<string, number>>;
  readonly isProfiled: boolean;
}

interface Shape {
  readonly customers: number;
  readonly perSecond: number;
  readonly definitions: number;
}

async function run(bench: Measured, { customers, perSecond, definitions }: Shape): Promise<object> {
  const { say, services, parts } = bench;
  const pids = {
    ...Object.fromEntries(Object.entries(services).map(([name, { pid }]) => [name, pid])),
    ...parts,
    bench: process.pid,
  };
  const profile = (): void => {
    if (bench.isProfiled) for (const { pid } of Object.values(services)) process.kill(pid, "SIGUSR2");
  };
  const loadedAt = performance.now();
  await produceHistory(bench, customers);
  await untilArchived(bench);
  say(`${customers * eventsEach} events of ${customers} customers are folded and archived`);
  say(`in ${round((performance.now() - loadedAt) / 1000)} s`);
  const live = await startLive(bench, perSecond);
  await sleep(settleSeconds * 1_000);
  const quietFrom = performance.now();
  const cpuQuiet = cpuOf(pids);
  await sleep(quietSeconds * 1_000);
  const begun = performance.now();
  const cpuBefore = cpuOf(pids);
  profile();
  // Above all versions in force.
  await writeDefinitions(bench, filled, 1_000);
  await announceDefinitions(bench);
  const { bySecond, applied, begunSeconds, firstAppliedSeconds } = await untilInForce(bench);
  const over = performance.now();
  profile();
  const cpu = cpuOf(pids);
  await sleep(1_000);
  await live.stop();
  const seconds = (over - begun) / 1_000;
  const quietMs = spread(live.took.filter(([at]) => at >= quietFrom && at < begun).map(([, ms]) => ms));
  const duringMs = spread(live.took.filter(([at]) => at >= begun && at < over).map(([, ms]) => ms));
  const used = (name: string, from: Readonly<Record<string, number>>, to: typeof from): number =>
    (to[name] ?? 0) - (from[name] ?? 0);
  const byName = (of: (name: string) => number): object =>
    Object.fromEntries(Object.keys(pids).map((name) => [name, round(of(name))]));
  return {
    customers,
    definitionsInForce: definitions,
    livePerSecond: perSecond,
    seconds: round(seconds),
    begunSeconds: round(begunSeconds),
    firstAppliedSeconds: round(firstAppliedSeconds),
    applied,
    customersPerSecond: Math.round(applied / seconds),
    customersPerSecondOnceBegun: Math.round(applied / (seconds - firstAppliedSeconds)),
    liveMs: { quiet: quietMs, during: duringMs, p99Times: round(duringMs.p99 / quietMs.p99) },
    // Of one core, in percent.
    cpuQuietPercent: byName((name) => used(name, cpuQuiet, cpuBefore) / (quietSeconds * 10_000)),
    cpuPercent: byName((name) => used(name, cpuBefore, cpu) / (seconds * 10_000)),
    // What it takes more than without the sweep.
    cpuUsPerCustomer: byName(
      (name) =>
        (used(name, cpuBefore, cpu) - (used(name, cpuQuiet, cpuBefore) / quietSeconds) * seconds) / applied,
    ),
    appliedBySecond: bySecond,
    loadAverage: loadavg()[0],
  };
}

function profiled(folder: string): Readonly<Record<string, string>> {
  mkdirSync(folder, { recursive: true });
  const preload = new URL("profile-on-signal.ts", import.meta.url).href;
  return { NODE_OPTIONS: `--import=${preload}`, PROFILE_DIR: folder };
}

async function writeDefinitions(
  { log, codec, partitions }: SweepBench,
  documents: readonly object[],
  first: number,
) {
  const records = documents.map((document, at): OutgoingRecord => {
    const { kind, id } = document as { readonly kind: string; readonly id: string };
    const version = { kind, id, version: first + at, filling: false, document: JSON.stringify(document) };
    return { key: null, value: codec.encode("tidemark.log.DefinitionVersion", version) };
  });
  for (let partition = 0; partition < partitions; partition += 1)
    await log.append(topicNames.customerEvents, partition, records);
}

/** As `api` does before it brings them to the partitions: so whoever sweeps knows at once. */
async function announceDefinitions({ log, codec }: SweepBench): Promise<void> {
  const records = filled.map((document): OutgoingRecord => {
    const { kind, id } = document as { readonly kind: string; readonly id: string };
    const record = { kind, id, filling: false, document: JSON.stringify(document), writtenAt: Date.now() };
    return {
      key: Buffer.from(`${kind}/${id}`),
      value: codec.encode("tidemark.definitions.DefinitionRecord", record),
    };
  });
  await log.append(topicNames.segmentDefinitions, 0, records);
}

/** A page view and two orders of each, in the last 90 days. */
async function produceHistory(bench: SweepBench, customers: number): Promise<void> {
  const { log, codec, partitions } = bench;
  const now = Date.now();
  const buffers: OutgoingRecord[][] = Array.from({ length: partitions }, () => []);
  const sent = new Array<number>(partitions).fill(0);
  const tails: Promise<unknown>[] = buffers.map(() => Promise.resolve());
  const flush = async (partition: number): Promise<void> => {
    const records = buffers[partition] ?? [];
    buffers[partition] = [];
    await tails[partition];
    if (records.length > 0) tails[partition] = log.append(topicNames.customerEvents, partition, records);
  };
  for (let event = 0; event < eventsEach; event += 1)
    for (let customer = 0; customer < customers; customer += 1) {
      const subject = `c${customer}`;
      const key = subjectKey("customer", subject);
      const partition = log.partitionFor(Buffer.from(key), partitions);
      const total = ((customer * 7 + event * 13) % 200) + 1;
      const orderId = `o-${customer}-${event}`;
      const isOrder = event > 0;
      const value = codec.encode("tidemark.log.CustomerEvent", {
        subject,
        subjectKind: "customer",
        name: isOrder ? "order.placed" : "page.viewed",
        occurredAt: now - 90 * dayMs + event * 20 * dayMs + ((customer * 37) % (19 * 86_400)) * 1_000,
        eventId: null,
        sourceId: "bench",
        sourcePartition: partition,
        sourceOffset: sent[partition] ?? 0,
        ordinal: 0,
        count: 1,
        attributes: null,
        properties: JSON.stringify(isOrder ? { orderId, total, items: [] } : { path: "/new" }),
        order: isOrder ? { orderId, action: "placed", version: null, refund: null } : null,
      });
      sent[partition] = (sent[partition] ?? 0) + 1;
      buffers[partition]?.push({ key: Buffer.from(key), value });
      if ((buffers[partition]?.length ?? 0) >= batchRecords) await flush(partition);
    }
  for (let partition = 0; partition < partitions; partition += 1) await flush(partition);
  await Promise.all(tails);
}

/** All that was produced; clock records go on coming. */
async function untilArchived({ log, store, partitions, say }: SweepBench): Promise<void> {
  const ends = await log.endOffsets(topicNames.customerEvents);
  for (let round = 0; ; round += 1) {
    const committed = await log.committed("tidemark-warehouse", topicNames.customerEvents);
    const folded = await Promise.all(
      Array.from({ length: partitions }, async (_, partition) => (await store.load(partition)).position),
    );
    const sum = (of: (partition: number) => number): number =>
      ends.reduce((all, _, partition) => all + of(partition), 0);
    const isDone = ends.every(
      (end, partition) => (committed[partition]?.offset ?? 0) >= end && (folded[partition] ?? 0) >= end,
    );
    if (isDone) return;
    if (round % 40 === 0)
      say(
        `of ${sum((partition) => ends[partition] ?? 0)}: folded ${sum((partition) => folded[partition] ?? 0)}, archived ${sum((partition) => committed[partition]?.offset ?? 0)}`,
      );
    await sleep(250);
  }
}

/** Until what was written is in force everywhere. Answers how many customers were done by each second. */
async function untilInForce({ store, partitions, say }: SweepBench): Promise<{
  readonly bySecond: readonly number[];
  readonly applied: number;
  readonly begunSeconds: number;
  readonly firstAppliedSeconds: number;
}> {
  const sets = definitionSets("UTC");
  const bySecond: number[] = [];
  const ids = new Set(filled.map((document) => (document as { readonly id: string }).id));
  const begun = performance.now();
  let begunSeconds = 0;
  let firstAppliedSeconds = 0;
  for (;;) {
    const states = await Promise.all(
      Array.from({ length: partitions }, (_, partition) => store.load(partition)),
    );
    const isOver = states.every(({ definitions }) => {
      const known = sets.unpack(definitions).definitions.filter(({ id }) => ids.has(id));
      return known.length === ids.size && known.every(({ filling }) => !filling);
    });
    const hasBegun = states.every(({ definitions }) => sets.unpack(definitions).sweeps > 0);
    const applied = states.reduce((sum, { meta }) => sum + unpackMeta(meta).swept.applied, 0);
    const seconds = (performance.now() - begun) / 1_000;
    const second = Math.floor(seconds);
    if (hasBegun && begunSeconds === 0) begunSeconds = seconds;
    if (applied > 0 && firstAppliedSeconds === 0) firstAppliedSeconds = seconds;
    bySecond[second] = applied;
    if (isOver)
      return {
        bySecond: Array.from(bySecond, (count) => count ?? -1),
        applied,
        begunSeconds,
        firstAppliedSeconds,
      };
    if (second > giveUpSeconds) throw new Error(`given up with ${applied} applied`);
    if (second % 5 === 0) say(`${second} s: ${applied} applied`);
    await sleep(200);
  }
}

interface Live {
  /** [due to be sent, took until the change was seen], in ms. */
  readonly took: (readonly [at: number, ms: number])[];
  /** Resolves when every event has its change. */
  stop(): Promise<void>;
}

/** Customers never seen before look at a page: each moves in `latest-page`. */
async function startLive({ log, codec, partitions }: SweepBench, perSecond: number): Promise<Live> {
  const sentAt = new Map<string, number>();
  const took: (readonly [number, number])[] = [];
  const offsets = new Map<number, number>();
  const sending = new Set<Promise<unknown>>();
  // From before the first event is sent, whenever partitions are assigned.
  const ends = await log.endOffsets(topicNames.segmentChanges);
  const watch = await log.consume({
    group: `bench-sweep-${process.pid}`,
    topics: [topicNames.segmentChanges],
    maxBatchRecords: 5_000,
    sessionTimeoutMs: 30_000,
    onAssigned: async (gained) => gained.map((place) => ({ ...place, offset: ends[place.partition] ?? 0 })),
    onRevoked: async () => {},
    onBatch: async (_, records) => {
      const now = performance.now();
      for (const { value } of records) {
        const decoded = value && (codec.decodeSync(value) ?? (await codec.decode(value)));
        if (decoded?.type !== "tidemark.changes.SegmentChange") continue;
        const change = decoded.value as SegmentChange;
        const sent = sentAt.get(change.subject);
        if (change.definition !== "latest-page" || change.to !== "sale" || sent === undefined) continue;
        sentAt.delete(change.subject);
        took.push([sent, now - sent]);
      }
    },
  });
  const startedAt = performance.now();
  let sent = 0;
  const tick = (): void => {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond);
    const batches = new Map<number, OutgoingRecord[]>();
    for (; sent < due; sent += 1) {
      const subject = `live-${sent}`;
      const key = Buffer.from(subjectKey("customer", subject));
      const partition = log.partitionFor(key, partitions);
      const sourceOffset = offsets.get(partition) ?? 0;
      offsets.set(partition, sourceOffset + 1);
      const value = codec.encode("tidemark.log.CustomerEvent", {
        subject,
        subjectKind: "customer",
        name: "page.viewed",
        occurredAt: Date.now(),
        eventId: null,
        sourceId: "live",
        sourcePartition: partition,
        sourceOffset,
        ordinal: 0,
        count: 1,
        attributes: null,
        properties: '{"path":"/sale"}',
        order: null,
      });
      sentAt.set(subject, startedAt + (sent * 1_000) / perSecond);
      batches.set(partition, [...(batches.get(partition) ?? []), { key, value }]);
    }
    for (const [partition, records] of batches) {
      const done = log.append(topicNames.customerEvents, partition, records);
      sending.add(done);
      void done.then(() => sending.delete(done));
    }
  };
  const timer = setInterval(tick, tickMs);
  return {
    took,
    async stop() {
      clearInterval(timer);
      await Promise.all(sending);
      for (const deadline = performance.now() + 60_000; sentAt.size > 0; await sleep(50))
        if (performance.now() > deadline)
          throw new Error(`no change of ${[...sentAt.keys()].slice(0, 20)}, ${sentAt.size} in all`);
      await watch.stop();
    },
  };
}

function cpuOf(pids: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, processUsage(pid).cpuUs]));
}
