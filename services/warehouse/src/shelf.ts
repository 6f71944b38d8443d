/** What one partition has waiting: records read and not yet archived, and how far it is archived. */
import type { ChangeCursor } from "@tidemark/contracts";
import type { LogRecord, TopicPartition } from "@tidemark/runtime";
import { type Block, type BlockBounds, cutBlock, recordBytes } from "./block.ts";

export interface Shelf extends TopicPartition {
  /** Everything before it is archived. */
  position: number;
  /** As of `position`. */
  cursor: ChangeCursor;
  /** False while the group's commit still names a block that is already inserted. */
  settled: boolean;
  records: readonly LogRecord[];
  /** What they take in memory, roughly. */
  bytes: number;
  /** When the oldest record in waiting came. */
  waitingSince: number;
  /** When the last one came. */
  lastCameAt: number;
  /** Reading that waits for room. */
  readers: (() => void)[];
}

export function createShelf(
  { topic, partition }: TopicPartition,
  position: number,
  cursor: ChangeCursor,
  settled: boolean,
): Shelf {
  return {
    topic,
    partition,
    position,
    cursor,
    settled,
    records: [],
    bytes: 0,
    waitingSince: 0,
    lastCameAt: 0,
    readers: [],
  };
}

/** Adds records read; one that came before is left out. */
export function putRecords(shelf: Shelf, records: readonly LogRecord[], now: number): void {
  const last = shelf.records.at(-1)?.offset ?? shelf.position - 1;
  const fresh = records.filter(({ offset }) => offset > last);
  if (fresh.length === 0) return;
  if (shelf.records.length === 0) shelf.waitingSince = now;
  shelf.lastCameAt = now;
  shelf.records = shelf.records.concat(fresh);
  shelf.bytes += bytesHeld(fresh);
}

/** A record, its two buffers and its headers as objects: small records take more for these than for their bytes. */
const objectBytes = 512;

/** As an insert would have them, without what they take as objects. */
export function insertBytes({ records, bytes }: Shelf): number {
  return bytes - records.length * objectBytes;
}

function bytesHeld(records: readonly LogRecord[]): number {
  return records.reduce((sum, record) => sum + recordBytes(record) + objectBytes, 0);
}

export function nextBlock(
  shelf: Shelf,
  bounds: BlockBounds,
): { readonly block: Block; readonly records: readonly LogRecord[] } {
  return cutBlock(shelf, shelf.position, shelf.cursor, shelf.records, bounds);
}

/** The block is inserted: its records go, and reading goes on. */
export function takeBlock(shelf: Shelf, end: number, cursor: ChangeCursor, now: number): void {
  shelf.position = end;
  shelf.cursor = cursor;
  shelf.settled = false;
  shelf.records = shelf.records.filter(({ offset }) => offset >= end);
  shelf.bytes = bytesHeld(shelf.records);
  shelf.waitingSince = now;
  releaseReaders(shelf);
}

export function releaseReaders(shelf: Shelf): void {
  for (const release of shelf.readers.splice(0)) release();
}
