/**
 * One lane a partition: what was fetched and not yet handled, and the handler that is running. Handlers of different
 * lanes run side by side; within a lane one after the other (that is the back-pressure). A lane that is closed
 * delivers nothing more, whatever still arrives for it.
 */
import type { LogRecord, TopicPartition } from "@tidemark/runtime";

interface Chunk {
  readonly records: readonly LogRecord[];
  /** How many of them are handed over already. */
  taken: number;
  readonly recordBytes: number;
}

export interface Lane {
  readonly place: TopicPartition;
  /** One that holds so much is fetched no further: it bounds memory at about this and one fetch a partition. */
  readonly maxBytes: number;
  /** Next offset to fetch. */
  position: number;
  /** False once the partition is lost. */
  open: boolean;
  bufferedBytes: number;
  readonly chunks: Chunk[];
  /** Settles with the handlers under way; null where there is none. */
  running: Promise<void> | null;
}

export interface LaneOptions {
  readonly maxBatchRecords: number;
  readonly onBatch: (place: TopicPartition, records: readonly LogRecord[]) => Promise<void>;
  /** Asked before every delivery: false while the member cannot be sure to own its partitions. */
  readonly mayDeliver: () => boolean;
  /** A lane that was full has room again. */
  readonly onRoom: (lane: Lane) => void;
  /** A handler of a lane that is open threw. */
  readonly onFailure: (error: unknown) => void;
}

export function openLane(place: TopicPartition, position: number, maxBytes: number): Lane {
  return { place, maxBytes, position, open: true, bufferedBytes: 0, chunks: [], running: null };
}

export function closeLane(lane: Lane): void {
  lane.open = false;
  lane.bufferedBytes = 0;
  lane.chunks.length = 0;
}

export function hasRoom(lane: Lane): boolean {
  return lane.open && lane.bufferedBytes < lane.maxBytes;
}

/** Takes in what was fetched: records in order, of `bytes` in all, up to but without `nextOffset`. */
export function fillLane(
  lane: Lane,
  fetched: { readonly records: readonly LogRecord[]; readonly bytes: number; readonly nextOffset: number },
  options: LaneOptions,
): void {
  if (!lane.open) return;
  lane.position = fetched.nextOffset;
  if (fetched.records.length === 0) return;
  const recordBytes = fetched.bytes / fetched.records.length;
  lane.chunks.push({ records: fetched.records, taken: 0, recordBytes });
  lane.bufferedBytes += fetched.bytes;
  runLane(lane, options);
}

/** Starts handing over where records wait and no handler is running. */
function runLane(lane: Lane, options: LaneOptions): void {
  if (lane.running !== null || lane.chunks.length === 0) return;
  lane.running = handOver(lane, options).finally(() => {
    lane.running = null;
    // What came between the last look and now.
    if (lane.open && options.mayDeliver()) runLane(lane, options);
  });
}

async function handOver(lane: Lane, options: LaneOptions): Promise<void> {
  while (lane.open && lane.chunks.length > 0 && options.mayDeliver()) {
    const wasFull = !hasRoom(lane);
    const records = takeBatch(lane, options.maxBatchRecords);
    if (wasFull && hasRoom(lane)) options.onRoom(lane);
    try {
      await options.onBatch(lane.place, records);
    } catch (error) {
      // A handler whose partition went elsewhere ends nothing.
      if (lane.open) options.onFailure(error);
      return;
    }
  }
}

function takeBatch(lane: Lane, maxRecords: number): readonly LogRecord[] {
  const parts: (readonly LogRecord[])[] = [];
  let wanted = maxRecords;
  for (let chunk = lane.chunks[0]; chunk !== undefined && wanted > 0; chunk = lane.chunks[0]) {
    const part = chunk.records.slice(chunk.taken, chunk.taken + wanted);
    parts.push(part);
    wanted -= part.length;
    chunk.taken += part.length;
    lane.bufferedBytes -= part.length * chunk.recordBytes;
    if (chunk.taken === chunk.records.length) lane.chunks.shift();
  }
  if (lane.chunks.length === 0) lane.bufferedBytes = 0;
  return parts.length === 1 ? (parts[0] ?? []) : parts.flat();
}
