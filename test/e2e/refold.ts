/** Rule 0 put to the test: the recorded `customer-events` folded again from nothing, in memory. */
import { type Codec, type SegmentChange, topicNames } from "@tidemark/contracts";
import { definitionSets, type Log, type Logger, type LogRecord, systemClock } from "@tidemark/runtime";
import { createMemoryStateStore } from "@tidemark/testkit";
import { createPartitionWorker } from "../../services/segments/src/partition-worker.ts";
import { validChanges } from "./changes.ts";

const quiet = () => {};
const logger = {
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
} as unknown as Logger;

/** The changes of a partition in order, as bytes with `detectedAt` and `epoch` set to 0. */
export type ChangeBytes = readonly string[];

/**
 * What stands validly in a partition of `segment-changes`, brought about by records of `customer-events` below an
 * offset: no repeats, nothing of an owner that was shut out.
 */
export async function recordedChanges(
  log: Log,
  codec: Codec,
  partition: number,
  below: number,
): Promise<ChangeBytes> {
  const changes = await validChanges(log, codec, partition);
  return changes.filter(({ causeOffset }) => causeOffset < below).map((change) => normalised(codec, change));
}

/** What folding the recorded partition again up to an offset, in batches of `batchRecords`, would publish. */
export async function refoldedChanges(
  log: Log,
  codec: Codec,
  partition: number,
  zone: string,
  batchRecords: number,
  end: number,
): Promise<ChangeBytes> {
  const bytes: string[] = [];
  const published: Log = {
    ...log,
    async append(topic, _partition, records) {
      if (topic !== topicNames.segmentChanges) return { baseOffset: 0 };
      for (const { value } of records) {
        const decoded = await codec.decode(value as Buffer);
        if (decoded.type !== "tidemark.changes.Fence")
          bytes.push(normalised(codec, decoded.value as SegmentChange));
      }
      return { baseOffset: 0 };
    },
    read: () => nothing(),
    partitionCount: async () => 1,
  };
  const worker = createPartitionWorker(partition, {
    log: published,
    store: createMemoryStateStore(),
    codec,
    clock: systemClock,
    logger,
    definitionSets: definitionSets(zone),
    observe: { events: quiet, published: quiet, fired: quiet, clock: quiet, failed: quiet },
  });
  await worker.takeOver();
  for await (const records of log.read(topicNames.customerEvents, partition, 0, end)) {
    for (let at = 0; at < records.length; at += batchRecords) {
      await worker.process(records.slice(at, at + batchRecords));
    }
  }
  return bytes;
}

function normalised(codec: Codec, change: SegmentChange): string {
  return codec
    .encode("tidemark.changes.SegmentChange", { ...change, detectedAt: 0, epoch: 0 })
    .toString("base64");
}

async function* nothing(): AsyncGenerator<readonly LogRecord[]> {}
