/** Records of the topics as rows of the tables (migrations/001-tables.sql). */
import type { CustomerEvent, RejectedEvent, SegmentChange } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import { attributeValues } from "./attribute-values.ts";

export type TableName = "customer_events" | "control_records" | "segment_changes" | "rejected_events";

/** The first and last instant that ClickHouse's DateTime64(3) holds. */
const earliestMs = Date.UTC(1900, 0, 1);
const latestMs = Date.UTC(2299, 11, 31, 23, 59, 59, 999);

const dayMs = 86_400_000;
/** Of late: appended today, occurred on any day of some years. */
const dayTexts = new Map<number, string>();
const mostDayTexts = 20_000;

/** `YYYY-MM-DD hh:mm:ss.mmm` in UTC; what is beyond the column's range becomes its end. */
export function dateTime(ms: number): string {
  const bounded = Math.min(Math.max(ms, earliestMs), latestMs);
  const day = Math.floor(bounded / dayMs);
  const ofDay = Math.floor(bounded - day * dayMs);
  const seconds = Math.floor(ofDay / 1_000);
  const minutes = Math.floor(seconds / 60);
  const clock = `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`;
  return `${dayText(day)} ${clock}.${threeDigits(ofDay % 1_000)}`;
}

function dayText(day: number): string {
  const known = dayTexts.get(day);
  if (known !== undefined) return known;
  if (dayTexts.size >= mostDayTexts) dayTexts.clear();
  const text = new Date(day * dayMs).toISOString().slice(0, 10);
  dayTexts.set(day, text);
  return text;
}

const pairs = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));
const triples = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, "0"));
const twoDigits = (number: number): string => pairs[number] ?? "";
const threeDigits = (number: number): string => triples[number] ?? "";

function place(record: LogRecord) {
  return {
    kafka_partition: record.partition,
    offset: record.offset,
    appended_at: dateTime(record.timestamp),
  };
}

export function customerEventRow(record: LogRecord, event: CustomerEvent): object {
  return {
    ...place(record),
    subject_kind: event.subjectKind,
    subject: event.subject,
    name: event.name,
    occurred_at: dateTime(event.occurredAt),
    event_id: event.eventId,
    source_id: event.sourceId,
    source_partition: event.sourcePartition,
    source_offset: event.sourceOffset,
    ordinal: event.ordinal,
    ordinal_count: event.count,
    attributes: event.attributes,
    attribute_values: attributeValues(event.attributes),
    properties: readableJson(event.properties),
    order_id: event.order?.orderId ?? null,
    order_action: event.order?.action ?? null,
    order_version: event.order?.version ?? null,
    order_refund: event.order?.refund ?? null,
  };
}

/**
 * ClickHouse reads nothing of a JSON text in which a half of a surrogate pair stands alone, or a whole number that 64
 * bits do not hold: the half becomes U+FFFD, and the number is written with an exponent, all its digits kept.
 */
export function readableJson(text: string): string {
  return withDoubles(wellFormedJson(text));
}

const longDigits = /\d{19}/;
/** A text, passed over; or a whole number of 19 digits or more. */
const textOrLongNumber = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{19,}(?![\d.eE])/g;
const leastWhole = -(2n ** 63n);
const mostWhole = 2n ** 64n - 1n;

function withDoubles(text: string): string {
  if (!longDigits.test(text)) return text;
  return text.replaceAll(textOrLongNumber, (token) => {
    if (token.startsWith('"')) return token;
    const whole = BigInt(token);
    return whole < leastWhole || whole > mostWhole ? `${token}e0` : token;
  });
}

function wellFormedJson(text: string): string {
  if (!text.includes("\\ud") && !text.includes("\\uD")) return text;
  return text.replaceAll(
    /(?<!\\)((?:\\\\)*)((?:\\u[0-9a-f]{4})+)/gi,
    (_, before: string, escapes: string) => {
      const characters = escapes.match(/\\u[0-9a-f]{4}/gi) ?? [];
      const isHigh = (one: string | undefined) => one !== undefined && /^\\ud[89ab]/i.test(one);
      const isLow = (one: string | undefined) => one !== undefined && /^\\ud[c-f]/i.test(one);
      let afterHigh = false;
      const kept = characters.map((one, at) => {
        const isPaired = isHigh(one) ? isLow(characters[at + 1]) : !isLow(one) || afterHigh;
        afterHigh = isHigh(one) && isPaired;
        return isPaired ? one : "\\ufffd";
      });
      return before + kept.join("");
    },
  );
}

export function segmentChangeRow(record: LogRecord, change: SegmentChange): object {
  return {
    ...place(record),
    sequence: change.sequence,
    epoch: change.epoch,
    change_id: change.changeId,
    subject_kind: change.subjectKind,
    subject: change.subject,
    definition_kind: change.definitionKind,
    definition: change.definition,
    definition_version: change.definitionVersion,
    from_state: change.from,
    to_state: change.to,
    effective_at: dateTime(change.effectiveAt),
    detected_at: dateTime(change.detectedAt),
    changes_at: change.changesAt === null ? null : dateTime(change.changesAt),
    historic: change.historic,
    cause: change.cause,
    cause_event: change.causeEvent,
    cause_offset: change.causeOffset,
    mark_color: change.mark?.color ?? null,
    mark_icon: change.mark?.icon ?? null,
    mark_label: change.mark?.label ?? null,
  };
}

export function rejectedEventRow(record: LogRecord, rejected: RejectedEvent): object {
  return {
    ...place(record),
    event_partition: rejected.partition,
    event_offset: rejected.offset,
    source_id: rejected.sourceId,
    source_partition: rejected.sourcePartition,
    source_offset: rejected.sourceOffset,
    ordinal: rejected.ordinal,
    reason: rejected.reason,
  };
}

/** `type` is the record's full name; a table holds the last part. */
export function controlRecordRow(record: LogRecord, type: string, value: unknown): object {
  return {
    topic: record.topic,
    ...place(record),
    type: type.slice(type.lastIndexOf(".") + 1),
    value: JSON.stringify(value, asText),
  };
}

/** Bytes as JSON has them of a Buffer, in base64: they are many. */
function asText(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const original = this[key];
  if (!(original instanceof Uint8Array)) return value;
  return { type: "Buffer", data: Buffer.from(original).toString("base64") };
}

export function unreadableRow(record: LogRecord): object {
  return {
    topic: record.topic,
    ...place(record),
    type: "Unreadable",
    value: record.value?.toString("base64") ?? "",
  };
}
