import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Codec, createCodec, type SegmentChange } from "@tidemark/contracts";
import { createLog } from "@tidemark/kafka";
import { type Log, type Logger, systemClock } from "@tidemark/runtime";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAutomations } from "../src/automations.ts";
import { readEndpoints } from "../src/endpoint.ts";
import { postOverHttp } from "../src/post.ts";
import { pauses, segmentChange, watchedDocuments } from "./samples.ts";

const run = randomUUID().slice(0, 8);
const topics = {
  segmentChanges: `test-${run}-changes`,
  segmentDefinitions: `test-${run}-definitions`,
  deadLetters: `test-${run}-letters`,
};
const group = `test-${run}-automations`;
const secret = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const quiet = () => {};
const logger = {
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
} as unknown as Logger;
const observe = {
  judged: quiet,
  leftAlone: quiet,
  attempted: quiet,
  delivered: quiet,
  undelivered: quiet,
  behind: quiet,
  unreadable: quiet,
  failed: quiet,
};

let log: Log;
let codec: Codec;
let receiver: Server;
const received: { id: string; event: { subject: string; data: { to: string } } }[] = [];
const failedOnce = new Set<string>();

const openLog = () =>
  createLog({
    client: "platformatic",
    brokers: (process.env.KAFKA_BROKERS ?? "").split(","),
    clientId: `test-${run}`,
    logger,
  });

beforeAll(async () => {
  log = await openLog();
  codec = await createCodec({ url: process.env.SCHEMA_REGISTRY_URL ?? "" });
  await log.ensureTopics([
    { name: topics.segmentChanges, partitions: 2, replicas: 1, settings: {} },
    {
      name: topics.segmentDefinitions,
      partitions: 1,
      replicas: 1,
      settings: { "cleanup.policy": "compact" },
    },
    { name: topics.deadLetters, partitions: 1, replicas: 1, settings: {} },
  ]);
  await codec.prepare(topics.segmentChanges, ["tidemark.changes.SegmentChange", "tidemark.changes.Fence"]);
  await codec.prepare(topics.segmentDefinitions, ["tidemark.definitions.DefinitionRecord"]);
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const id = String(request.headers["webhook-id"]);
    const event = new Webhook(secret).verify(
      Buffer.concat(chunks),
      request.headers as Record<string, string>,
    );
    if (id.endsWith("-3/welcome/0") && !failedOnce.has(id)) {
      failedOnce.add(id);
      response.writeHead(503).end("not now");
    } else if (id.endsWith("-5/welcome/0")) {
      response.writeHead(410).end("no more");
    } else {
      received.push({ id, event: event as (typeof received)[number]["event"] });
      response.writeHead(204).end();
    }
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  receiver?.close();
  receiver?.closeAllConnections();
  await log?.close();
});

async function define(...documents: readonly object[]): Promise<void> {
  const records = documents.map((given) => {
    const { kind, id } = given as { kind: string; id: string };
    const record = { kind, id, filling: false, document: JSON.stringify(given), writtenAt: 1 };
    const value = codec.encode("tidemark.definitions.DefinitionRecord", record);
    return { key: Buffer.from(`${kind}/${id}`), value };
  });
  await log.append(topics.segmentDefinitions, 0, records);
}

async function publish(
  partition: number,
  from: number,
  to: number,
  given: Partial<SegmentChange> = {},
): Promise<void> {
  const records = [];
  for (let sequence = from; sequence <= to; sequence += 1) {
    const change = segmentChange({
      sequence,
      changeId: `${partition}-${sequence}`,
      subject: `s-${sequence % 7}`,
      ...given,
    });
    records.push({ key: null, value: codec.encode("tidemark.changes.SegmentChange", change) });
  }
  await log.append(topics.segmentChanges, partition, records);
}

async function start() {
  const { port } = receiver.address() as AddressInfo;
  const own = await openLog();
  return startAutomations(
    { log: own, codec, clock: systemClock, logger, post: postOverHttp, random: Math.random, observe },
    {
      group,
      topics,
      endpoints: readEndpoints(JSON.stringify({ crm: { url: `http://127.0.0.1:${port}/hooks`, secret } })),
      maxBatchRecords: 100,
      sessionTimeoutMs: 6_000,
      attempts: 5,
      timeoutMs: 5_000,
      retryMs: 30_000,
      concurrency: 4,
      keepMs: 3_600_000,
      pauses,
      probeEveryMs: 500,
      partition: { waitMs: 200, behindMessages: 20, commitMs: 50 },
      graceMs: 3_000,
    },
  );
}

async function drained(expected: readonly number[]): Promise<void> {
  for (;;) {
    const committed = await log.committed(group, topics.segmentChanges);
    if (expected.every((offset, partition) => committed[partition]?.offset === offset)) return;
    await systemClock.sleep(50);
  }
}

test("given changes on a real broker, over a restart, then each sets off one signed webhook or is a dead letter", async () => {
  await define(...watchedDocuments, {
    kind: "automation",
    id: "welcome",
    on: { enters: "loyal" },
    do: [{ webhook: "crm" }],
  });
  await publish(0, 1, 10);
  await publish(1, 1, 4, { historic: true });
  const first = await start();
  await drained([10, 4]);
  await first.stop();

  // A new owner publishes the last ones again and goes on.
  const fence = codec.encode("tidemark.changes.Fence", { epoch: 2, token: "second" });
  await log.append(topics.segmentChanges, 0, [{ key: null, value: fence }]);
  await publish(0, 8, 12, { epoch: 2 });
  const second = await start();
  await drained([16, 4]);
  expect(second.ready()).toEqual({ ready: true });
  await second.stop();

  const expected = [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12].map((sequence) => `0-${sequence}/welcome/0`);
  expect(received.map(({ id }) => id).sort()).toEqual(expected.sort());
  expect(received.every(({ event }) => event.data.to === "in")).toBe(true);
  expect([...failedOnce]).toEqual(["0-3/welcome/0"]);
  const ofOne = received.filter(({ event }) => event.subject === "customer:s-3").map(({ id }) => id);
  expect(ofOne).toEqual(["0-3/welcome/0", "0-10/welcome/0"]);

  const letters = [];
  for await (const records of log.read(topics.deadLetters, 0, 0)) letters.push(...records);
  expect(letters).toHaveLength(1);
  const headers = Object.fromEntries(letters[0]!.headers.map(([name, value]) => [name, value.toString()]));
  expect(headers).toMatchObject({ "tidemark-reason": "webhook-refused", "webhook-id": "0-5/welcome/0" });
  expect(JSON.parse(letters[0]!.value!.toString())).toMatchObject({ id: "0-5/welcome/0" });
});
