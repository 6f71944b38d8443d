/**
 * Records that a partition sends on to others (or to itself): merges, what is absorbed, erasures, events and history of
 * those that were merged. They carry their place in `customer-events` as their source position, and are sent again whole after a
 * crash, so whoever reads them drops repeats (rule 3 of "Effectively once").
 */
import {
  type Codec,
  type CustomerEvent,
  type SourcePosition,
  subjectKey,
  topicNames,
} from "@tidemark/contracts";
import { type Log, type OutgoingRecord, recordBatches } from "@tidemark/runtime";

/** The records that may be sent on. */
export const sentOnward = [
  "tidemark.log.CustomerEvent",
  "tidemark.log.Erasure",
  "tidemark.log.Merge",
  "tidemark.log.Unmerge",
  "tidemark.log.Absorb",
  "tidemark.log.SweepApply",
] as const;

export interface Onward {
  /** Full name of the record. */
  readonly type: string;
  readonly value: object;
  /** Key of the subject that it is about; null for partition 0. */
  readonly subject: string | null;
}

/** Of a record at `offset` of a partition of customer-events; `ordinal` counts what it sends on. */
export function sourceOf(partition: number, offset: number, ordinal: number): SourcePosition {
  return { sourceId: topicNames.customerEvents, sourcePartition: partition, sourceOffset: offset, ordinal };
}

export function forwardedEvent(event: CustomerEvent, into: string, source: SourcePosition): Onward {
  return {
    type: "tidemark.log.CustomerEvent",
    value: { ...event, subject: into, ...source, count: 1 } satisfies CustomerEvent,
    subject: subjectKey(event.subjectKind, into),
  };
}

/** Appends them in order; resolves when all are acknowledged. */
export async function appendOnward(
  { log, codec }: { readonly log: Log; readonly codec: Pick<Codec, "encode"> },
  onward: readonly Onward[],
): Promise<void> {
  if (onward.length === 0) return;
  const partitions = await log.partitionCount(topicNames.customerEvents);
  const byPartition = new Map<number, OutgoingRecord[]>();
  for (const { type, value, subject } of onward) {
    const key = subject === null ? null : Buffer.from(subject);
    const partition = key === null ? 0 : log.partitionFor(key, partitions);
    const records = byPartition.get(partition) ?? [];
    records.push({ key, value: codec.encode(type, value) });
    byPartition.set(partition, records);
  }
  for (const [partition, records] of byPartition)
    for (const batch of recordBatches(records)) await log.append(topicNames.customerEvents, partition, batch);
}
