import {
  type Absorb,
  type CustomerEvent,
  createLocalCodec,
  type Erased,
  type RejectedEvent,
  type SegmentChange,
  type SubjectKind,
  subjectKey,
  topicNames,
} from "@tidemark/contracts";
import { describeCustomer, unpackCustomer } from "@tidemark/core";
import {
  type Clock,
  definitionSets,
  type Log,
  type Logger,
  readRedirect,
  type StateStore,
  systemClock,
} from "@tidemark/runtime";
import { createMemoryLog, createMemoryStateStore } from "@tidemark/testkit";
import { createPartitionWorker, type PartitionWorker } from "../src/partition-worker.ts";

export const noon = Date.UTC(2026, 4, 1, 12);
export const hour = 3_600_000;
export const day = 24 * hour;

const quiet = () => {};
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet } as unknown as Logger;

/** Plans are built once for all. */
const sets = definitionSets("UTC");

export interface ClusterOptions {
  readonly partitions: number;
  readonly definitions: readonly object[];
  /** Called before each thing a worker does to log or store; throws to make it fail. */
  readonly fault?: (what: string) => void;
  /** What was written before the answer got lost. */
  readonly faultAfter?: (what: string) => void;
}

/** All partitions over a broker and a store in memory, folded by the workers themselves. */
export async function cluster({
  partitions,
  definitions,
  fault = quiet,
  faultAfter = quiet,
}: ClusterOptions) {
  let now = noon;
  const clock: Clock = { ...systemClock, now: () => now, sleep: async () => {} };
  const log = createMemoryLog({ clock });
  const codec = createLocalCodec();
  const store = createMemoryStateStore();
  const topics = [topicNames.customerEvents, topicNames.segmentChanges, topicNames.rejectedEvents];
  await log.ensureTopics([
    ...topics.map((name) => ({ name, partitions, replicas: 1, settings: {} })),
    { name: topicNames.deadLetters, partitions: 1, replicas: 1, settings: {} },
  ]);
  await codec.prepare("any", [
    "tidemark.log.CustomerEvent",
    "tidemark.log.DefinitionVersion",
    "tidemark.log.Clock",
    "tidemark.log.Erasure",
    "tidemark.log.MergeRequest",
    "tidemark.log.Merge",
    "tidemark.log.Unmerge",
    "tidemark.log.Absorb",
    "tidemark.log.Sweep",
    "tidemark.log.SweepApply",
    "tidemark.log.SweepBatch",
    "tidemark.log.SweepEnd",
    "tidemark.log.Cuts",
    "tidemark.log.Rescore",
    "tidemark.log.RescoreEnd",
    "tidemark.log.RejectedEvent",
    "tidemark.changes.SegmentChange",
    "tidemark.changes.Fence",
    "tidemark.changes.Erased",
  ]);

  const faultyLog: Log = {
    ...log,
    append: async (topic, partition, records) => {
      fault(`append ${topic}/${partition}`);
      const answer = await log.append(topic, partition, records);
      faultAfter(`append ${topic}/${partition}`);
      return answer;
    },
  };
  const faultyStore: StateStore = {
    ...store,
    commit: async (ownership, expected, commit) => {
      fault(`commit ${ownership.partition}`);
      const outcome = await store.commit(ownership, expected, commit);
      faultAfter(`commit ${ownership.partition}`);
      return outcome;
    },
  };
  const open = (partition: number): PartitionWorker =>
    createPartitionWorker(partition, {
      log: faultyLog,
      store: faultyStore,
      codec,
      clock,
      logger,
      definitionSets: sets,
      observe: { events: quiet, published: quiet, fired: quiet, clock: quiet, failed: quiet },
    });
  const workers = Array.from({ length: partitions }, (_, partition) => open(partition));

  const versions = definitions.map((document, at) => ({
    ...(document as { readonly kind: string; readonly id: string }),
    version: at + 1,
    filling: false,
    document: JSON.stringify(document),
  }));
  for (let partition = 0; partition < partitions; partition += 1) {
    // Partitions may learn of definitions in any order, so what they number differs.
    const ordered = partition % 2 === 0 ? versions : versions.toReversed();
    await log.append(
      topicNames.customerEvents,
      partition,
      ordered.map((version) => ({
        key: null,
        value: codec.encode("tidemark.log.DefinitionVersion", version),
      })),
    );
  }

  const partitionOf = (id: string, kind: SubjectKind = "customer") =>
    log.partitionFor(Buffer.from(subjectKey(kind, id)), partitions);
  let sourceOffset = 0;
  const source = () => ({ sourceId: "s", sourcePartition: 0, sourceOffset: sourceOffset++, ordinal: 0 });

  const read = async <Value>(topic: string, type: string): Promise<Value[]> => {
    const values: Value[] = [];
    for (let partition = 0; partition < (await log.partitionCount(topic)); partition += 1)
      for (const { value } of log.records(topic, partition)) {
        const decoded = value === null ? null : await codec.decode(value);
        if (decoded?.type === type) values.push(decoded.value as Value);
      }
    return values;
  };

  const append = (partition: number, type: string, value: object) =>
    log.append(topicNames.customerEvents, partition, [{ key: null, value: codec.encode(type, value) }]);

  return {
    log,
    store,
    codec,
    sets,
    partitionOf,
    append,
    /** Wall time, and so append times, from here on. */
    at(instant: number) {
      now = instant;
    },
    async event(subject: string, event: Partial<CustomerEvent> = {}) {
      const whole: CustomerEvent = {
        subject,
        subjectKind: "customer",
        name: "page.viewed",
        occurredAt: now,
        eventId: null,
        ...source(),
        count: 1,
        attributes: null,
        properties: "{}",
        order: null,
        ...event,
      };
      await append(partitionOf(subject, whole.subjectKind), "tidemark.log.CustomerEvent", whole);
    },
    async order(subject: string, orderId: string, total: number, more: Partial<CustomerEvent> = {}) {
      await this.event(subject, {
        name: "order.placed",
        properties: JSON.stringify({ orderId, total }),
        order: { orderId, action: "placed", version: null, refund: null },
        ...more,
      });
    },
    erase: (subject: string, erasedAt: number | null = now) =>
      append(partitionOf(subject), "tidemark.log.Erasure", {
        subject,
        subjectKind: "customer",
        erasedAt,
        source: erasedAt === null ? null : source(),
      }),
    merge: (subject: string, into: string, mergedAt: number | null = now) =>
      append(0, "tidemark.log.MergeRequest", {
        subject,
        subjectKind: "customer",
        into,
        mergedAt,
        source: mergedAt === null ? null : source(),
      }),
    clock: async (at: number) => {
      now = Math.max(now, at);
      for (let partition = 0; partition < partitions; partition += 1)
        await append(partition, "tidemark.log.Clock", { at, max: 250 });
    },
    /** Folds at most so many records of one partition; answers how many there were. */
    async foldSome(partition: number, most: number): Promise<number> {
      const { position } = await store.load(partition);
      const records = log.records(topicNames.customerEvents, partition).slice(position, position + most);
      if (records.length > 0) await workers[partition]?.process(records);
      return records.length;
    },
    /** Folds until nothing is left to fold anywhere. */
    async settle() {
      for (let busy = true; busy; ) {
        busy = false;
        for (const [partition, worker] of workers.entries()) {
          const { position } = await store.load(partition);
          const records = log.records(topicNames.customerEvents, partition).slice(position);
          if (records.length === 0) continue;
          busy = true;
          await worker.process(records);
        }
      }
    },
    changes: () => read<SegmentChange>(topicNames.segmentChanges, "tidemark.changes.SegmentChange"),
    erased: () => read<Erased>(topicNames.segmentChanges, "tidemark.changes.Erased"),
    rejected: () => read<RejectedEvent>(topicNames.rejectedEvents, "tidemark.log.RejectedEvent"),
    absorbs: () => read<Absorb>(topicNames.customerEvents, "tidemark.log.Absorb"),
    /** What is kept of a customer: null for nothing, a redirect, or its description now. */
    async kept(id: string) {
      const partition = partitionOf(id);
      const [bytes = null] = await store.subjects(partition, [subjectKey("customer", id)]);
      if (bytes === null) return null;
      const redirect = readRedirect(bytes);
      if (redirect !== null) return { into: redirect.into, mergedAt: redirect.mergedAt };
      const { plan } = sets.unpack((await store.load(partition)).definitions);
      return describeCustomer(plan, unpackCustomer(plan, bytes, id), now);
    },
    /** Which of these texts stand anywhere in the store. */
    found(planted: readonly string[]): readonly string[] {
      const text = JSON.stringify(store.snapshot(), (_, value) => {
        if (value instanceof Map) return [...value];
        // As a Buffer writes itself.
        return value?.type === "Buffer" ? Buffer.from(value.data).toString("latin1") : value;
      });
      return planted.filter((one) => text.includes(one));
    },
  };
}
