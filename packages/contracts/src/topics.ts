/** The topics, their partitions and settings: the product's public surface in Kafka. */
import type { SubjectKind } from "./records.ts";

export const topicNames = {
  orders: "orders",
  interactions: "interactions",
  lifecycle: "lifecycle",
  customerEvents: "customer-events",
  segmentDefinitions: "segment-definitions",
  segmentChanges: "segment-changes",
  rejectedEvents: "rejected-events",
  deadLetters: "dead-letters",
} as const;

/**
 * What a subject is called wherever it is a key: of records in `customer-events` and `segment-changes`, and in the
 * state store. The partition of a subject is the default partitioner's for this key.
 */
export function subjectKey(kind: SubjectKind, id: string): string {
  return `${kind}:${id}`;
}

export interface TopicDescription {
  readonly name: string;
  readonly partitions: number;
  readonly settings: Readonly<Record<string, string>>;
}

const forever = { "retention.ms": "-1" };

/** A letter stays until a record of its key takes its place, as an erasure does; then it is gone within hours. */
const untilReplaced = {
  "cleanup.policy": "compact",
  "segment.ms": "600000",
  "max.compaction.lag.ms": "3600000",
};
const appendTime = { "message.timestamp.type": "LogAppendTime" };

/** `partitions` is the number of partitions of customer-events, fixed once it exists. */
export function topicDescriptions(partitions: number): readonly TopicDescription[] {
  return [
    { name: topicNames.orders, partitions: 8, settings: {} },
    { name: topicNames.interactions, partitions: 8, settings: {} },
    { name: topicNames.lifecycle, partitions: 8, settings: {} },
    { name: topicNames.customerEvents, partitions, settings: { ...forever, ...appendTime } },
    { name: topicNames.segmentDefinitions, partitions: 1, settings: { "cleanup.policy": "compact" } },
    { name: topicNames.segmentChanges, partitions, settings: { ...forever, ...appendTime } },
    { name: topicNames.rejectedEvents, partitions, settings: forever },
    { name: topicNames.deadLetters, partitions: 8, settings: untilReplaced },
  ];
}
