/** What a fold brought about, on its way to the topics. */
import {
  type Codec,
  type Decoded,
  type Erased,
  type Fence,
  type SegmentChange,
  subjectKey,
  topicNames,
  UnreadableError,
} from "@tidemark/contracts";
import {
  type Clock,
  carriedOn,
  type Log,
  type LogRecord,
  noTracing,
  recordBatches,
  type TracedStep,
  type Tracing,
  appendDeadLetters as writeDeadLetters,
} from "@tidemark/runtime";
import type { FoldedChange, FoldResult } from "./fold.ts";

export interface PublisherPorts {
  readonly log: Log;
  readonly codec: Codec;
  readonly clock: Clock;
  /** Nothing is recorded where there is none. */
  readonly tracing?: Tracing;
}

export interface UnreadableRecord {
  readonly record: LogRecord;
  readonly reason: string;
}

/** Appends a fence and answers its offset. */
export async function appendFence(ports: PublisherPorts, partition: number, fence: Fence): Promise<number> {
  const value = ports.codec.encode("tidemark.changes.Fence", fence);
  const { baseOffset } = await ports.log.append(topicNames.segmentChanges, partition, [{ key: null, value }]);
  return baseOffset;
}

/** What stands in a stretch of a partition of `segment-changes`. */
export interface Published {
  /** The highest sequence number that stands validly; 0 where there is none. Changes of an owner that was shut out are void. */
  readonly sequence: number;
  /** The highest epoch that a fence or a change brought; 0 where there is none. */
  readonly epoch: number;
}

/** Reads [from, to); `fence` is the epoch of the last fence before. */
export async function readPublished(
  ports: PublisherPorts,
  partition: number,
  from: number,
  to: number,
  fence: number,
): Promise<Published> {
  let epoch = fence;
  let sequence = 0;
  for await (const records of ports.log.read(topicNames.segmentChanges, partition, from, to)) {
    for (const record of records) {
      const decoded = await decodeChange(ports.codec, record);
      if (decoded === undefined) continue;
      if (decoded.type === "tidemark.changes.Fence") {
        epoch = Math.max(epoch, (decoded.value as Fence).epoch);
      } else if (decoded.type === "tidemark.changes.SegmentChange") {
        const change = decoded.value as SegmentChange;
        if (change.epoch < epoch) continue;
        // The fence that gave the epoch may be trimmed away.
        epoch = change.epoch;
        sequence = Math.max(sequence, change.sequence);
      }
    }
  }
  return { sequence, epoch };
}

/** Undefined for what nobody can read: somebody else wrote it, and it says nothing of us. */
async function decodeChange(codec: Codec, { value }: LogRecord): Promise<Decoded | undefined> {
  if (value === null) return undefined;
  try {
    return codec.decodeSync(value) ?? (await codec.decode(value));
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}

/**
 * Publishes changes in order, each in the trace of the record that brought it about; `headersOf` answers that record's
 * headers. Answers them as published and the offset behind the last. Empty input publishes
 * nothing.
 */
export async function publishChanges(
  ports: PublisherPorts,
  partition: number,
  epoch: number,
  folded: readonly FoldedChange[],
  headersOf: (causeOffset: number) => LogRecord["headers"] = () => [],
): Promise<{ readonly changes: readonly SegmentChange[]; readonly end: number | null }> {
  const detectedAt = ports.clock.now();
  const changes = folded.map((change): SegmentChange => ({ ...change, detectedAt, epoch }));
  const steps: TracedStep[] = [];
  const records = changes.map((change) => {
    const parent = headersOf(change.causeOffset);
    const step = (ports.tracing ?? noTracing).begin("segments", {
      parent,
      at: detectedAt,
      isRoot: change.cause === "time",
      attributes: { "tidemark.definition": change.definition, "tidemark.cause": change.cause },
    });
    if (step !== undefined) steps.push(step);
    const key = Buffer.from(subjectKey(change.subjectKind, change.subject));
    const value = ports.codec.encode("tidemark.changes.SegmentChange", change);
    const headers = carriedOn(step, parent);
    return headers.length === 0 ? { key, value } : { key, value, headers };
  });
  let end: number | null = null;
  for (const batch of recordBatches(records)) {
    const { baseOffset } = await ports.log.append(topicNames.segmentChanges, partition, batch);
    end = baseOffset + batch.length;
  }
  for (const step of steps) step.end(ports.clock.now());
  return { changes, end };
}

/** Says which events were not admitted, and why. A repeat has the same key. */
export async function appendRejected(
  ports: PublisherPorts,
  partition: number,
  result: FoldResult,
): Promise<void> {
  const records = result.rejected.map((rejected) => ({
    key: Buffer.from(`${rejected.partition}/${rejected.offset}`),
    value: ports.codec.encode("tidemark.log.RejectedEvent", rejected),
  }));
  for (const batch of recordBatches(records))
    await ports.log.append(topicNames.rejectedEvents, partition, batch);
}

/** Keeps the original of what could not be admitted for a reason that a person should see. A repeat has the same key. */
export async function appendDeadLetters(
  ports: PublisherPorts,
  partition: number,
  letters: readonly UnreadableRecord[],
): Promise<void> {
  if (letters.length === 0) return;
  const partitions = await ports.log.partitionCount(topicNames.deadLetters);
  const withFaults = letters.map(({ record, reason }) => ({
    record,
    reason,
    faults: [{ path: "", found: reason, expected: "an event that can be admitted" }],
  }));
  await writeDeadLetters(ports.log, topicNames.deadLetters, partition % partitions, withFaults, "segments");
}

/**
 * Tells whoever keeps changes that a subject was erased, behind the last change about it. May be told again after a
 * crash. Answers the offset behind it; null where there was nothing to tell.
 */
export async function appendErased(
  ports: PublisherPorts,
  partition: number,
  epoch: number,
  erased: readonly Omit<Erased, "epoch">[],
): Promise<number | null> {
  if (erased.length === 0) return null;
  const records = erased.map((one) => ({
    key: Buffer.from(subjectKey(one.subjectKind, one.subject)),
    value: ports.codec.encode("tidemark.changes.Erased", { ...one, epoch } satisfies Erased),
  }));
  const { baseOffset } = await ports.log.append(topicNames.segmentChanges, partition, records);
  return baseOffset + records.length;
}
