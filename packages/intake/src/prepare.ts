/** One source record to what goes to the topics: canonical events, or a dead letter. */
import {
  type Codec,
  type CustomerEvent,
  type Erasure,
  type MergeRequest,
  subjectKey,
} from "@tidemark/contracts";
import {
  carriedOn,
  type DeadLetter,
  deadLetterRecord,
  type LogRecord,
  type RecordFault,
  recordBytes,
  type Tracing,
} from "@tidemark/runtime";
import type { DecodedSource } from "./decode.ts";
import { fault, type Reason, reasonOf } from "./fault.ts";
import { messageOf } from "./message-of.ts";
import type { CanonicalEvent, Normalised } from "./normalise.ts";
import { arrivalOf } from "./occurred-at.ts";
import type { IntakeTopics, Source } from "./ports.ts";
import type { Prepared } from "./send.ts";

/** A canonical event stays below this, encoded. */
const maxEventBytes = 300_000;

/** All that one record gives fits into one batch, below the broker's message limit of 1 MiB. */
const maxTogetherBytes = 910_000;

export interface PrepareContext {
  readonly source: Source;
  readonly codec: Codec;
  readonly topics: IntakeTopics;
  /** Partition of `customer-events` for a subject's key. */
  readonly partitionOf: (key: Buffer) => number;
  readonly deadLetterPartitions: number;
  readonly tracing: Tracing;
  /** Told of a record that made our own code fail. */
  readonly onFailure: (record: LogRecord, error: unknown) => void;
}

/** Prepares what a decoded record gives; `now` is wall time in ms. Never throws: what fails becomes a dead letter. */
export function prepare(
  context: PrepareContext,
  record: LogRecord,
  decoded: DecodedSource,
  now: number,
): Prepared {
  if (decoded.outcome === "unreadable")
    return refusedRecord(context, record, reasonOf(decoded.faults), decoded.faults);
  try {
    const { key, headers, timestamp } = record;
    const recordContext = { key, headers, timestamp, isOwnShape: decoded.isOwnShape === true };
    const normalised = context.source.normalise(decoded.raw, arrivalOf(timestamp, now), recordContext);
    return admit(context, record, normalised, now);
  } catch (error) {
    context.onFailure(record, error);
    const found = fault("", messageOf(error), "an event that this version can take in", "failed");
    return refusedRecord(context, record, "failed", [found]);
  }
}

function admit(context: PrepareContext, record: LogRecord, normalised: Normalised, now: number): Prepared {
  if (normalised.outcome === "refused")
    return refusedRecord(context, record, normalised.reason, normalised.faults);
  const { events } = normalised;
  const traced = context.tracing.begin("intake", {
    parent: record.headers,
    at: now,
    isRoot: true,
    attributes: placeOf(record),
  });
  const headers = carriedOn(traced, record.headers);
  const outgoing = events.map((event, ordinal) => {
    const position = { ...positionOf(context.source, record), ordinal, count: events.length };
    const target = outgoingOf(context, event, position);
    return headers.length === 0 ? target : { ...target, record: { ...target.record, headers } };
  });
  const largest = Math.max(0, ...outgoing.map((target) => target.record.value.length));
  const together = outgoing.reduce((bytes, target) => bytes + recordBytes(target.record), 0);
  const [found, most] = largest > maxEventBytes ? [largest, maxEventBytes] : [together, maxTogetherBytes];
  if (found > most) {
    const tooLarge = { path: "", found: `${found} bytes`, expected: `at most ${most} bytes` };
    traced?.end(now, "too-large");
    return refusedRecord(context, record, "too-large", [tooLarge]);
  }
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    outgoing,
    events: events.length,
    refused: null,
    traced,
  };
}

/** What a trace says of a record. */
function placeOf({ topic, partition, offset }: LogRecord) {
  return {
    "messaging.system": "kafka",
    "messaging.destination.name": topic,
    "messaging.destination.partition.id": String(partition),
    "messaging.kafka.offset": offset,
  };
}

type EventPosition = Pick<
  CustomerEvent,
  "sourceId" | "sourcePartition" | "sourceOffset" | "ordinal" | "count"
>;

function positionOf({ sourceId }: Source, { partition, offset }: LogRecord) {
  return { sourceId, sourcePartition: partition, sourceOffset: offset };
}

/** Merges go to partition 0, which puts them in order; all else to the subject's. */
function outgoingOf(context: PrepareContext, event: CanonicalEvent, position: EventPosition) {
  const { subject, subjectKind, occurredAt, identity } = event;
  const key = Buffer.from(subjectKey(subjectKind, subject));
  const { count: _, ...source } = position;
  const topic = context.topics.customerEvents;
  const target = (partition: number, type: string, value: object) => ({
    topic,
    partition,
    record: { key, value: context.codec.encode(type, value) },
  });
  switch (identity?.type) {
    case "erasure": {
      const erasure: Erasure = { subject, subjectKind, erasedAt: occurredAt, source };
      return target(context.partitionOf(key), "tidemark.log.Erasure", erasure);
    }
    case "merge": {
      const { into } = identity;
      const request: MergeRequest = { subject, subjectKind, into, mergedAt: occurredAt, source };
      return target(0, "tidemark.log.MergeRequest", request);
    }
    default:
      return target(context.partitionOf(key), "tidemark.log.CustomerEvent", withPosition(event, position));
  }
}

function withPosition(event: CanonicalEvent, position: EventPosition): CustomerEvent {
  return {
    subject: event.subject,
    subjectKind: event.subjectKind,
    name: event.name,
    occurredAt: event.occurredAt,
    eventId: event.eventId,
    sourceId: position.sourceId,
    sourcePartition: position.sourcePartition,
    sourceOffset: position.sourceOffset,
    ordinal: position.ordinal,
    count: position.count,
    attributes: event.attributes,
    properties: event.properties,
    order: event.order,
  };
}

function refusedRecord(
  { source, topics, deadLetterPartitions }: PrepareContext,
  record: LogRecord,
  reason: Reason,
  faults: readonly RecordFault[],
): Prepared {
  const letter: DeadLetter = { record, reason, faults };
  const target = {
    topic: topics.deadLetters,
    partition: record.partition % deadLetterPartitions,
    record: deadLetterRecord(letter, source.service),
  };
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    outgoing: [target],
    events: 0,
    refused: reason,
  };
}
