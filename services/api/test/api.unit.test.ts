import { createLocalCodec, topicNames } from "@tidemark/contracts";
import { definitionSets, LogError, Registry, type StateStore, systemClock } from "@tidemark/runtime";
import { createMemoryLog, createMemoryStateStore } from "@tidemark/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { type ApiPorts, type RunningApi, startApi } from "../src/api.ts";
import { logger, previewBounds } from "./scene.ts";

const running: RunningApi[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((api) => api.stop()));
});

async function start(given: Partial<ApiPorts>): Promise<RunningApi> {
  const codec = createLocalCodec();
  await codec.prepare("any", ["tidemark.definitions.DefinitionRecord", "tidemark.log.DefinitionVersion"]);
  const api = await startApi(
    {
      openLog: async () => createMemoryLog(),
      openCodec: async () => codec,
      openWarehouse: () => Promise.reject(new Error("closed")),
      openStore: async () => createMemoryStateStore(),
      sets: definitionSets("UTC"),
      clock: systemClock,
      logger,
      metrics: new Registry(),
      ...given,
    },
    {
      host: "127.0.0.1",
      port: 0,
      topics: topicNames,
      bodyBytes: 10_000,
      maxDefinitions: 10,
      answerMs: 500,
      reconcileMs: 100,
      auditMs: 0,
      auditWaitMs: 1_000,
      auditQueryMs: 60_000,
      cutsMs: 0,
      zone: "UTC",
      preview: previewBounds,
    },
  );
  running.push(api);
  return api;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(20);
}

describe("the service", () => {
  test("given nothing that answers, then it does, says what is missing, and works once all is there", async () => {
    const log = createMemoryLog();
    const isThere = { registry: false, redis: false };
    const unless = async <Value>(there: boolean, value: Value): Promise<Value> => {
      if (!there) throw new Error("connect ECONNREFUSED");
      return value;
    };
    const codec = createLocalCodec();
    await codec.prepare("any", ["tidemark.definitions.DefinitionRecord", "tidemark.log.DefinitionVersion"]);
    const api = await start({
      // It opens, but has no topics yet.
      openLog: async () => log,
      openCodec: () => unless(isThere.registry, codec),
      openWarehouse: () => Promise.reject(new Error("closed")),
      openStore: () => unless(isThere.redis, createMemoryStateStore()),
    });
    const ready = async () => (await fetch(`${api.url}/ready`)).json() as Promise<{ reasons?: object }>;
    await until(async () => JSON.stringify(await ready()).includes("Kafka does not answer."));
    expect((await ready()).reasons).toEqual({
      start: "It is starting.",
      kafka: "Kafka does not answer.",
      redis: "Redis does not answer.",
      registry: "The schema registry does not answer.",
    });
    expect((await fetch(`${api.url}/health`)).status).toBe(200);
    const early = await fetch(`${api.url}/v1/definitions`);
    expect(early.status).toBe(503);
    expect(await early.json()).toMatchObject({
      detail: expect.stringContaining("Kafka does not answer. Redis does not answer."),
    });
    expect(api.ready().ready).toBe(false);

    isThere.registry = true;
    isThere.redis = true;
    await log.ensureTopics([
      { name: topicNames.customerEvents, partitions: 2, replicas: 1, settings: {} },
      { name: topicNames.segmentDefinitions, partitions: 1, replicas: 1, settings: {} },
    ]);
    await until(async () => (await fetch(`${api.url}/ready`)).ok);
    expect(api.ready()).toEqual({ ready: true });
    expect(await (await fetch(`${api.url}/v1/definitions`)).json()).toEqual({ definitions: [] });
  });

  test("given something that goes away and comes back, then so does readiness", async () => {
    const log = createMemoryLog();
    await log.ensureTopics([
      { name: topicNames.customerEvents, partitions: 2, replicas: 1, settings: {} },
      { name: topicNames.segmentDefinitions, partitions: 1, replicas: 1, settings: {} },
    ]);
    const store = createMemoryStateStore();
    const away = { kafka: false, redis: false };
    const api = await start({
      openLog: async () => ({
        ...log,
        endOffsets: (topic) =>
          away.kafka ? Promise.reject(new LogError("retry", "no broker")) : log.endOffsets(topic),
      }),
      openWarehouse: () => Promise.reject(new Error("closed")),
      openStore: async (): Promise<StateStore> => ({
        ...store,
        earliestTimer: (...given) =>
          away.redis ? Promise.reject(new Error("closed")) : store.earliestTimer(...given),
      }),
    });
    const reasons = async () =>
      ((await (await fetch(`${api.url}/ready`)).json()) as { reasons?: object }).reasons;
    await until(async () => (await reasons()) === undefined);
    away.kafka = true;
    away.redis = true;
    await until(async () => Object.keys((await reasons()) ?? {}).length === 2);
    expect(await reasons()).toEqual({ kafka: "Kafka does not answer.", redis: "Redis does not answer." });
    away.kafka = false;
    await until(async () => Object.keys((await reasons()) ?? {}).join() === "redis");
    away.redis = false;
    await until(async () => (await reasons()) === undefined);
  });

  test("given a port that is taken, then it does not start", async () => {
    const first = await start({});
    const { port } = new URL(first.url);
    await expect(
      startApi(
        {
          openLog: async () => createMemoryLog(),
          openCodec: async () => createLocalCodec(),
          openWarehouse: () => Promise.reject(new Error("closed")),
          openStore: async () => createMemoryStateStore(),
          sets: definitionSets("UTC"),
          clock: systemClock,
          logger,
          metrics: new Registry(),
        },
        {
          host: "127.0.0.1",
          port: Number(port),
          topics: topicNames,
          bodyBytes: 10_000,
          maxDefinitions: 10,
          answerMs: 500,
          reconcileMs: 100,
          auditMs: 0,
          auditWaitMs: 1_000,
          auditQueryMs: 60_000,
          cutsMs: 0,
          zone: "UTC",
          preview: previewBounds,
        },
      ),
    ).rejects.toThrow("EADDRINUSE");
  });
});
