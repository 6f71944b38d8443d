import {
  type CustomerEvent,
  createLocalCodec,
  type DefinitionVersion,
  type SegmentChange,
  topicNames,
} from "@tidemark/contracts";
import { type Clock, definitionSets, type Logger } from "@tidemark/runtime";
import { createMemoryLog, createMemoryStateStore } from "@tidemark/testkit";
import { expect, it } from "vitest";
import { createPartitionWorker } from "../src/partition-worker.ts";

const quiet = () => {};
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet } as unknown as Logger;
const begin = Date.UTC(2026, 4, 12, 9);

/** A partition with one definition, its owner, and what can happen to it. */
async function scene() {
  let now = begin;
  const clock: Clock = {
    now: () => now,
    elapsedMs: () => now,
    after: () => quiet,
    sleep: async () => undefined,
  };
  const log = createMemoryLog({ clock });
  const store = createMemoryStateStore();
  const codec = createLocalCodec();
  const names = [topicNames.customerEvents, topicNames.segmentChanges, topicNames.rejectedEvents];
  await log.ensureTopics(names.map((name) => ({ name, partitions: 1, replicas: 1, settings: {} })));
  await codec.prepare(topicNames.customerEvents, [
    "tidemark.log.CustomerEvent",
    "tidemark.log.DefinitionVersion",
    "tidemark.log.Clock",
  ]);
  await codec.prepare(topicNames.segmentChanges, [
    "tidemark.changes.SegmentChange",
    "tidemark.changes.Fence",
  ]);
  const worker = createPartitionWorker(0, {
    log,
    store,
    codec,
    clock,
    logger,
    definitionSets: definitionSets("UTC"),
    observe: { events: quiet, published: quiet, fired: quiet, clock: quiet, failed: quiet },
  });
  /** Appends at an instant and lets the worker have it. */
  const happens = async (at: number, type: string, value: object): Promise<void> => {
    now = at;
    await log.append(topicNames.customerEvents, 0, [{ key: null, value: codec.encode(type, value) }]);
    await worker.process(log.records(topicNames.customerEvents, 0).slice(-1));
  };
  const ordered = (at: number, sourceOffset: number): Promise<void> => {
    const event: CustomerEvent = {
      subject: "ann",
      subjectKind: "customer",
      name: "order.placed",
      occurredAt: at,
      eventId: null,
      sourceId: "orders",
      sourcePartition: 0,
      sourceOffset,
      ordinal: 0,
      count: 1,
      attributes: null,
      properties: "{}",
      order: null,
    };
    return happens(at, "tidemark.log.CustomerEvent", event);
  };
  const recent = {
    kind: "segment",
    id: "recent",
    name: "Recent",
    when: { count: "order.placed", during: { last: "20 seconds" }, atLeast: 1 },
  };
  const definition: DefinitionVersion = {
    kind: "segment",
    id: "recent",
    version: 1,
    filling: false,
    document: JSON.stringify(recent),
  };

  const clockComes = (at: number) => happens(at, "tidemark.log.Clock", { at, max: 250 });
  /** Number, state and seconds since the beginning of each change. */
  const published = () =>
    log.records(topicNames.segmentChanges, 0).flatMap(({ value }) => {
      const decoded = codec.decodeSync(value as Buffer);
      if (!decoded?.type.endsWith("SegmentChange")) return [];
      const { sequence, to, effectiveAt } = decoded.value as SegmentChange;
      return [[sequence, to, effectiveAt - begin]];
    });
  await worker.takeOver();
  await happens(begin, "tidemark.log.DefinitionVersion", definition);
  return { store, worker, ordered, clockComes, published };
}

it("given a store that came back younger while its owner lives on, when a timer is due, then nothing is published that the newer state does not say", async () => {
  const { store, worker, ordered, clockComes, published } = await scene();
  await ordered(begin + 1_000, 0);
  const younger = store.snapshot();
  await ordered(begin + 2_000, 1);
  store.restore(younger);
  store.reconnect();
  // The state that came back has the first order only: by it she would leave at 21 s.
  await clockComes(begin + 21_500);
  await clockComes(begin + 22_500);

  expect(published()).toEqual([
    [1, "in", 1_000],
    [2, "out", 22_000],
  ]);
  expect(worker.nextDueAt()).toBe(Number.POSITIVE_INFINITY);
});

it("given a store that came back younger and a partition in which nothing happens, when the owner asks, then it folds again and its timers are back", async () => {
  const { store, worker, ordered } = await scene();
  const younger = store.snapshot();
  await ordered(begin + 1_000, 0);
  await worker.verify();
  store.restore(younger);
  store.reconnect();
  await worker.refreshDue();
  expect(worker.nextDueAt()).toBe(Number.POSITIVE_INFINITY);

  await worker.verify();

  expect(worker.nextDueAt()).toBe(begin + 21_000);
  expect(await store.earliestTimer(0, "live")).toBe(begin + 21_000);
  expect((await store.load(0)).position).toBe(2);
});
