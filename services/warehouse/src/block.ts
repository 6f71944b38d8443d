/**
 * A block: a contiguous range of one Kafka partition, inserted at once under one token.
 *
 * W1 The group's commit for a partition holds the start of the block in hand as offset, and its end and token as
 *    metadata, before the block is inserted.
 * W2 Whoever takes over a partition repeats exactly that range under that token before going on.
 * W3 A block lies within one month (UTC) of append time, so it lies in one table partition.
 */
import { randomUUID } from "node:crypto";
import type { ChangeCursor } from "@tidemark/contracts";
import type { LogRecord, TopicPartition } from "@tidemark/runtime";

export interface Block extends TopicPartition {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly token: string;
  /** As it was before `start`. */
  readonly cursor: ChangeCursor;
}

export interface BlockBounds {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/** What a commit says beside its offset. Without `end` and `token` no block is in hand. */
export interface CommitMetadata extends ChangeCursor {
  readonly end?: number;
  readonly token?: string;
}

export function encodeMetadata({ sequence, epoch, end, token }: CommitMetadata): string {
  return JSON.stringify({ end, token, sequence, epoch });
}

/** Throws where the text is not one that this service writes: then somebody else uses its group. */
export function parseMetadata(text: string): CommitMetadata {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`the group's commit carries metadata that are not ours: ${text}`, { cause: error });
  }
  const { sequence, epoch, end, token } = (value ?? {}) as Readonly<Record<string, unknown>>;
  // -1: no change came yet to a reader that began past the first.
  if (!(sequence === -1 || isCount(sequence)) || !isCount(epoch)) {
    throw new Error(`the group's commit carries metadata that are not ours: ${text}`);
  }
  return isCount(end) && typeof token === "string" ? { sequence, epoch, end, token } : { sequence, epoch };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Cuts the next block from the front of what is buffered (not empty). */
export function cutBlock(
  { topic, partition }: TopicPartition,
  start: number,
  cursor: ChangeCursor,
  records: readonly LogRecord[],
  bounds: BlockBounds,
): { readonly block: Block; readonly records: readonly LogRecord[] } {
  const count = blockLength(records, bounds);
  const taken = records.slice(0, count);
  const last = taken[count - 1];
  if (last === undefined) throw new Error("a block needs a record");
  const token = `${topic}/${partition}/${start}-${last.offset + 1}/${randomUUID()}`;
  return { block: { topic, partition, start, end: last.offset + 1, token, cursor }, records: taken };
}

function blockLength(records: readonly LogRecord[], bounds: BlockBounds): number {
  const [monthStart, monthEnd] = monthAround(records[0]?.timestamp ?? 0);
  let bytes = 0;
  let count = 0;
  for (const record of records) {
    bytes += recordBytes(record);
    const isFull = count >= bounds.maxRecords || (count > 0 && bytes > bounds.maxBytes);
    if (isFull || record.timestamp < monthStart || record.timestamp >= monthEnd) break;
    count += 1;
  }
  return count;
}

/** Bytes of a record as far as they matter for memory and for the size of an insert. */
export function recordBytes(record: LogRecord): number {
  return (record.value?.length ?? 0) + 100;
}

/** The month in UTC that an instant lies in: its beginning, and that of the next; in ms. */
function monthAround(timestamp: number): readonly [start: number, end: number] {
  const date = new Date(timestamp);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return [Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1)];
}
