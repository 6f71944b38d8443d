import { randomUUID } from "node:crypto";
import { type Codec, createCodec, type DefinitionVersion, subjectKey } from "@tidemark/contracts";
import { emptyCustomer, foldEvent, packCustomer } from "@tidemark/core";
import { createLog } from "@tidemark/kafka";
import { createRedisStateStore } from "@tidemark/redis";
import { definitionSets, type Log, Registry, type StateStore, systemClock } from "@tidemark/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApi, startApi } from "../src/api.ts";
import { logger, previewBounds } from "./scene.ts";
import { type TcpProxy, tcpProxy } from "./tcp-proxy.ts";

const run = randomUUID().slice(0, 8);
const topics = { segmentDefinitions: `test-${run}-definitions`, customerEvents: `test-${run}-events` };
const partitions = 3;
const sets = definitionSets("UTC");
const prefix = `test-${run}`;

let log: Log;
let codec: Codec;
let store: StateStore;
let proxy: TcpProxy;
const running: RunningApi[] = [];

const openLog = () =>
  createLog({
    client: "platformatic",
    brokers: (process.env.KAFKA_BROKERS ?? "").split(","),
    clientId: `test-${run}`,
    logger,
  });
const openCodec = async () => {
  const opened = await createCodec({ url: process.env.SCHEMA_REGISTRY_URL ?? "" });
  await opened.prepare(topics.segmentDefinitions, ["tidemark.definitions.DefinitionRecord"]);
  await opened.prepare(topics.customerEvents, [
    "tidemark.log.DefinitionVersion",
    "tidemark.log.CustomerEvent",
  ]);
  return opened;
};

async function start(): Promise<RunningApi> {
  const url = new URL(process.env.REDIS_URL ?? "");
  url.host = `127.0.0.1:${proxy.port}`;
  const api = await startApi(
    {
      openLog,
      openCodec,
      openWarehouse: () => Promise.reject(new Error("closed")),
      openStore: () => createRedisStateStore({ url: url.href, prefix, logger }),
      sets,
      clock: systemClock,
      logger,
      metrics: new Registry(),
    },
    {
      host: "127.0.0.1",
      port: 0,
      topics,
      bodyBytes: 100_000,
      maxDefinitions: 100,
      answerMs: 5_000,
      reconcileMs: 200,
      auditMs: 0,
      auditWaitMs: 60_000,
      auditQueryMs: 60_000,
      cutsMs: 0,
      zone: "UTC",
      preview: previewBounds,
    },
  );
  running.push(api);
  await until(async () => (await fetch(`${api.url}/ready`)).ok);
  return api;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(50);
}

beforeAll(async () => {
  log = await openLog();
  codec = await openCodec();
  store = await createRedisStateStore({ url: process.env.REDIS_URL ?? "", prefix, logger });
  const { hostname, port } = new URL(process.env.REDIS_URL ?? "");
  proxy = await tcpProxy({ host: hostname, port: Number(port || 6379) });
  await log.ensureTopics([
    {
      name: topics.segmentDefinitions,
      partitions: 1,
      replicas: 1,
      settings: { "cleanup.policy": "compact" },
    },
    { name: topics.customerEvents, partitions, replicas: 1, settings: {} },
  ]);
});

afterAll(async () => {
  await Promise.all(running.map((api) => api.stop()));
  await proxy?.close();
  await store?.close();
  await log?.close();
});

async function versionsIn(partition: number): Promise<DefinitionVersion[]> {
  const versions: DefinitionVersion[] = [];
  for await (const records of log.read(topics.customerEvents, partition, 0)) {
    for (const { value } of records) {
      const decoded = await codec.decode(value as Buffer);
      if (decoded.type === "tidemark.log.DefinitionVersion")
        versions.push(decoded.value as DefinitionVersion);
    }
  }
  return versions;
}

/** What `segments` does with the first `count` definitions of a partition, and with an order of a customer. */
async function fold(partition: number, count: number, customer?: string): Promise<void> {
  const set = sets.apply(sets.unpack(null), (await versionsIn(partition)).slice(0, count), false);
  const state = emptyCustomer("customer", "ann");
  foldEvent(set.plan, state, {
    occurredAt: Date.now() - 1_000,
    partition,
    offset: 0,
    contributions: [
      {
        name: "order.placed",
        occurredAt: Date.now() - 1_000,
        sign: 1,
        properties: { total: 10 },
        remembered: true,
      },
    ],
  });
  const ownership = await store.takeOver(partition);
  const { position, sequence, changesOffset } = await store.load(partition);
  await store.commit(
    ownership,
    { position, sequence, changesOffset },
    {
      position: position + 1,
      sequence,
      changesOffset,
      meta: Buffer.from("{}"),
      definitions: sets.pack(set),
      subjects:
        customer === undefined
          ? []
          : [
              {
                subject: subjectKey("customer", customer),
                state: Buffer.from(packCustomer(set.plan, state)),
                timer: null,
              },
            ],
      orders: [],
    },
  );
}

const put = (api: RunningApi, place: string, body: string) =>
  fetch(`${api.url}/v1/definitions/${place}`, {
    method: "PUT",
    body,
    headers: { "content-type": "application/yaml" },
  });
const bought =
  "{ kind: segment, id: bought, when: { count: order.placed, during: { last: 60 days }, atLeast: 1 } }";

test("given a real broker, store and registry, then definitions get everywhere, and a customer is told as of now", async () => {
  const first = await start();
  const created = await put(first, "segment/bought", bought);
  expect(created.status).toBe(201);
  expect(await created.json()).toMatchObject({ version: 1, status: "active", change: "created" });
  for (let partition = 0; partition < partitions; partition += 1) {
    expect(await versionsIn(partition)).toMatchObject([{ id: "bought", version: 1, filling: false }]);
  }

  const partition = log.partitionFor(Buffer.from(subjectKey("customer", "ann")), partitions);
  await fold(partition, 1, "ann");
  const customer = await fetch(`${first.url}/v1/customers/ann`);
  expect(customer.status).toBe(200);
  const page = (await customer.json()) as { segments: { id: string; changesAt: string; since: string }[] };
  expect(page.segments.map(({ id }) => id)).toEqual(["bought"]);
  const [stay] = page.segments;
  expect(Date.parse(stay!.changesAt) - Date.parse(stay!.since)).toBe(60 * 86_400_000);

  // From here on there are events.
  const event = {
    subject: "ann",
    subjectKind: "customer",
    name: "order.placed",
    occurredAt: Date.now(),
    eventId: null,
    sourceId: "orders",
    sourcePartition: 0,
    sourceOffset: 0,
    ordinal: 0,
    count: 1,
    attributes: null,
    properties: "{}",
    order: null,
  };
  await log.append(topics.customerEvents, partition, [
    { key: null, value: codec.encode("tidemark.log.CustomerEvent", event) },
  ]);
  const late = await put(first, "metric/orders", "{ kind: metric, id: orders, count: order.placed }");
  expect(late.status).toBe(202);
  expect(await late.json()).toMatchObject({ version: 2, status: "filling", filling: true });
  await first.stop();
  running.splice(0);

  // Another process, over partitions of which one has stored less than the others.
  for (let other = 0; other < partitions; other += 1) await fold(other, other === 1 ? 1 : 2);
  const second = await start();
  const listed = (await (await fetch(`${second.url}/v1/definitions`)).json()) as {
    definitions: { kind: string; id: string; status: string }[];
  };
  expect(listed.definitions.map(({ id, status }) => [id, status])).toEqual([
    ["orders", "filling"],
    ["bought", "active"],
  ]);
  await until(async () => (await versionsIn(1)).length === 3);
  await systemClock.sleep(500);
  expect((await versionsIn(1)).map(({ version }) => version)).toEqual([1, 2, 2]);
  expect((await versionsIn(0)).map(({ version }) => version)).toEqual([1, 2]);

  const removed = await fetch(`${second.url}/v1/definitions/metric/orders`, { method: "DELETE" });
  expect(removed.status).toBe(204);
  expect((await versionsIn(2)).at(-1)).toMatchObject({ id: "orders", version: 3, document: null });
});

test("given Redis away for a while, then requests that need it answer 503 and say why, and it recovers by itself", async () => {
  const api = await start();
  const partition = log.partitionFor(Buffer.from(subjectKey("customer", "bob")), partitions);
  await fold(partition, 1, "bob");
  expect((await fetch(`${api.url}/v1/customers/bob`)).status).toBe(200);
  await proxy.cut();
  const away = await fetch(`${api.url}/v1/customers/bob`);
  expect(away.status).toBe(503);
  expect(await away.json()).toMatchObject({ detail: "Redis does not answer. Try again." });
  await until(async () => (await fetch(`${api.url}/ready`)).status === 503);
  expect(await (await fetch(`${api.url}/ready`)).json()).toMatchObject({
    reasons: { redis: "Redis does not answer." },
  });
  // What does not need Redis goes on.
  expect((await fetch(`${api.url}/v1/definitions`)).status).toBe(200);
  await proxy.mend();
  await until(async () => (await fetch(`${api.url}/ready`)).ok);
  expect((await fetch(`${api.url}/v1/customers/bob`)).status).toBe(200);
});
