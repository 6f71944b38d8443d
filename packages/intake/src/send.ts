/**
 * A send: what consecutive records of one source partition give, as exactly one record batch per target partition.
 * Laws that tests cite:
 *  I1 a record is appended to a target only when all that the source partition gave that target before it are there.
 *  I2 a position is committed only when everything below it is acknowledged.
 * So whoever goes on from any commit repeats records but never leaves one out, and "not above the highest position
 * seen" tells the repeats.
 */
import { maxBatchBytes, type OutgoingRecord, recordBytes, type TracedStep } from "@tidemark/runtime";

interface Target {
  readonly topic: string;
  readonly partition: number;
}

/** What one source record gives. */
export interface Prepared {
  /** Offset of the source record. */
  readonly offset: number;
  /** The source record's time, in ms. */
  readonly timestamp: number;
  readonly outgoing: readonly (Target & { readonly record: OutgoingRecord })[];
  /** Canonical events among them. */
  readonly events: number;
  /** Why the record was refused; null where it was admitted. */
  readonly refused: string | null;
  /** Ends when all of it is acknowledged; undefined where it is not recorded. */
  readonly traced?: TracedStep | undefined;
}

export interface Send {
  /** Offset to go on from once all of it is acknowledged. */
  readonly end: number;
  readonly prepared: readonly Prepared[];
  readonly batches: readonly (Target & { readonly records: readonly OutgoingRecord[] })[];
}

interface Batch extends Target {
  readonly records: OutgoingRecord[];
  bytes: number;
}

/**
 * Cuts prepared records, in order, into sends whose batches stay below the message limit. A send does not reach across
 * the offset `border`; null for none.
 */
export function* cutSends(prepared: readonly Prepared[], border: number | null): Generator<Send> {
  let from = 0;
  let batches = new Map<string, Batch>();
  for (const [index, record] of prepared.entries()) {
    const crosses =
      border !== null && record.offset >= border && (prepared[index - 1]?.offset ?? border) < border;
    if (index > from && (crosses || !fits(batches, record))) {
      yield close(prepared.slice(from, index), batches);
      from = index;
      batches = new Map();
    }
    put(batches, record);
  }
  if (from < prepared.length) yield close(prepared.slice(from), batches);
}

/** Whether all that the record gives fits beside what is there; a target that holds nothing takes anything. */
function fits(batches: ReadonlyMap<string, Batch>, { outgoing }: Prepared): boolean {
  const added = new Map<string, number>();
  return outgoing.every((target) => {
    const key = targetKey(target);
    const held = batches.get(key)?.bytes ?? 0;
    const own = (added.get(key) ?? 0) + recordBytes(target.record);
    added.set(key, own);
    return held === 0 || held + own <= maxBatchBytes;
  });
}

function put(batches: Map<string, Batch>, { outgoing }: Prepared): void {
  for (const { topic, partition, record } of outgoing) {
    const key = targetKey({ topic, partition });
    let batch = batches.get(key);
    if (batch === undefined) {
      batch = { topic, partition, records: [], bytes: 0 };
      batches.set(key, batch);
    }
    batch.records.push(record);
    batch.bytes += recordBytes(record);
  }
}

function close(prepared: readonly Prepared[], batches: ReadonlyMap<string, Batch>): Send {
  return { end: (prepared.at(-1)?.offset ?? -1) + 1, prepared, batches: [...batches.values()] };
}

function targetKey({ topic, partition }: Target): string {
  return `${topic}/${partition}`;
}
