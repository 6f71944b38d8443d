import {
  type CustomerEvent,
  createLocalCodec,
  type Fence,
  type SegmentChange,
  topicNames,
} from "@tidemark/contracts";
import { definitionSets, type Logger, systemClock } from "@tidemark/runtime";
import { createMemoryLog, createMemoryStateStore } from "@tidemark/testkit";
import { expect, it } from "vitest";
import { createPartitionWorker } from "../src/partition-worker.ts";

const quiet = () => {};
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet } as unknown as Logger;

const trace = Buffer.from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

/** A segment of everybody who ordered, and orders of one customer each. */
async function scene() {
  const log = createMemoryLog();
  const codec = createLocalCodec();
  const store = createMemoryStateStore();
  const topics = [topicNames.customerEvents, topicNames.segmentChanges, topicNames.rejectedEvents];
  await log.ensureTopics(topics.map((name) => ({ name, partitions: 1, replicas: 1, settings: {} })));
  await codec.prepare("any", [
    "tidemark.log.CustomerEvent",
    "tidemark.log.DefinitionVersion",
    "tidemark.changes.SegmentChange",
    "tidemark.changes.Fence",
  ]);
  const owner = () =>
    createPartitionWorker(0, {
      log,
      store,
      codec,
      clock: systemClock,
      logger,
      definitionSets: definitionSets("UTC"),
      observe: { events: quiet, published: quiet, fired: quiet, clock: quiet, failed: quiet },
    });
  const append = (topic: string, type: string, value: object) =>
    log.append(topic, 0, [{ key: null, value: codec.encode(`tidemark.${type}`, value) }]);
  const document = {
    kind: "segment",
    id: "bought",
    name: "Bought",
    when: { count: "order.placed", atLeast: 1 },
  };
  await append(topicNames.customerEvents, "log.DefinitionVersion", {
    kind: "segment",
    id: "bought",
    version: 1,
    filling: false,
    document: JSON.stringify(document),
  });
  let sourceOffset = 0;
  return {
    owner,
    append,
    order: (subject: string) => {
      const event: CustomerEvent = {
        subject,
        subjectKind: "customer",
        name: "order.placed",
        occurredAt: Date.now(),
        eventId: null,
        sourceId: "orders",
        sourcePartition: 0,
        sourceOffset: sourceOffset++,
        ordinal: 0,
        count: 1,
        attributes: null,
        properties: "{}",
        order: null,
      };
      return append(topicNames.customerEvents, "log.CustomerEvent", event);
    },
    events: () => log.records(topicNames.customerEvents, 0),
    changes: () =>
      log.records(topicNames.segmentChanges, 0).flatMap(({ value }) => {
        const decoded = codec.decodeSync(value as Buffer);
        return decoded?.type.endsWith("SegmentChange") ? [decoded.value as SegmentChange] : [];
      }),
  };
}

it("given an owner that was shut out and publishes behind what its successor committed, when a third takes over, then what is void is not taken for published", async () => {
  const { owner, append, order, events, changes } = await scene();
  const first = owner();
  await first.takeOver();
  const second = owner();
  await second.takeOver();
  await order("ann");
  await second.process(events());
  await order("bob");
  const [one] = changes();
  // What the first had on its way: the second one's fence lies before it, and before what is committed.
  await append(topicNames.segmentChanges, "changes.SegmentChange", {
    ...one,
    sequence: 2,
    changeId: "0-2",
    epoch: 1,
    subject: "bob",
  });
  const third = owner();
  await third.takeOver();
  await third.process(events());

  expect(changes().map(({ sequence, epoch, subject }) => [sequence, epoch, subject])).toEqual([
    [1, 2, "ann"],
    [2, 1, "bob"],
    [2, 3, "bob"],
  ]);
});

it("given a store that came back younger than the fences, and among them records that nobody can read, when a partition is taken over, then the epoch is above every fence and its changes count", async () => {
  const log = createMemoryLog();
  const codec = createLocalCodec();
  const topics = [topicNames.customerEvents, topicNames.segmentChanges, topicNames.rejectedEvents];
  await log.ensureTopics(topics.map((name) => ({ name, partitions: 1, replicas: 1, settings: {} })));
  await codec.prepare(topicNames.customerEvents, [
    "tidemark.log.CustomerEvent",
    "tidemark.log.DefinitionVersion",
  ]);
  await codec.prepare(topicNames.segmentChanges, [
    "tidemark.changes.SegmentChange",
    "tidemark.changes.Fence",
  ]);
  // Two owners before: their epochs are forgotten by a store that begins at nought.
  for (const epoch of [4, 5]) {
    const fence: Fence = { epoch, token: `owner-${epoch}` };
    await log.append(topicNames.segmentChanges, 0, [
      { key: null, value: codec.encode("tidemark.changes.Fence", fence) },
      { key: null, value: Buffer.from("not a record") },
      { key: null, value: null },
    ]);
  }
  const bought = {
    kind: "segment",
    id: "bought",
    name: "Bought",
    when: { count: "order.placed", atLeast: 1 },
  };
  const definition = {
    kind: "segment",
    id: "bought",
    version: 1,
    filling: false,
    document: JSON.stringify(bought),
  };
  const event: CustomerEvent = {
    subject: "c1",
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
  await log.append(topicNames.customerEvents, 0, [
    { key: null, value: codec.encode("tidemark.log.DefinitionVersion", definition) },
    {
      key: Buffer.from("customer:c1"),
      value: codec.encode("tidemark.log.CustomerEvent", event),
      headers: [["traceparent", trace]],
    },
  ]);
  const worker = createPartitionWorker(0, {
    log,
    store: createMemoryStateStore(),
    codec,
    clock: systemClock,
    logger,
    definitionSets: definitionSets("UTC"),
    observe: { events: quiet, published: quiet, fired: quiet, clock: quiet, failed: quiet },
  });

  await worker.takeOver();
  await worker.process(log.records(topicNames.customerEvents, 0));

  const published = log
    .records(topicNames.segmentChanges, 0)
    .filter(({ value }) => value?.[0] === 0)
    .map(
      ({ value }) =>
        codec.decodeSync(value as Buffer) as { readonly type: string; readonly value: Fence & SegmentChange },
    );
  const last = published.at(-1);
  expect(log.records(topicNames.segmentChanges, 0).at(-1)?.headers).toEqual([["traceparent", trace]]);
  expect(published.filter(({ type }) => type.endsWith("Fence")).at(-1)?.value.epoch).toBe(6);
  expect(last?.value).toMatchObject({ definition: "bought", subject: "c1", to: "in", epoch: 6 });
});
