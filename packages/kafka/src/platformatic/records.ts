/** From what the client decodes to records of the port. */
import type { RecordsBatch } from "@platformatic/kafka";
import type { LogRecord } from "@tidemark/runtime";

/** Bits of a batch's attributes. */
const logAppendTime = 0b1000;
const isTransactional = 0b1_0000;
const isControl = 0b10_0000;

/** What a record costs besides its key and value, in bytes: a guess that keeps small records from looking free. */
const recordOverheadBytes = 64;

export interface FetchedPartition {
  readonly records: RecordsBatch[] | null;
  readonly abortedTransactions:
    | readonly { readonly producerId: bigint; readonly firstOffset: bigint }[]
    | null;
}

export interface Decoded {
  readonly records: LogRecord[];
  readonly bytes: number;
  /** Where the next fetch goes on: behind control records and gaps too. */
  readonly nextOffset: number;
}

const noHeaders: LogRecord["headers"] = [];

/**
 * Records of [from, to) in order. Batches may begin below `from`; offsets need not be dense (compaction, transaction
 * markers). Records of transactions that were aborted are left out.
 */
export function decodePartition(
  topic: string,
  partition: number,
  fetched: FetchedPartition,
  from: number,
  to = Number.POSITIVE_INFINITY,
): Decoded {
  const records: LogRecord[] = [];
  let bytes = 0;
  let nextOffset = from;
  const isAborted = abortedTransactions(fetched.abortedTransactions ?? []);
  for (const batch of fetched.records ?? []) {
    const firstOffset = Number(batch.firstOffset);
    nextOffset = Math.max(nextOffset, firstOffset + batch.lastOffsetDelta + 1);
    if (isAborted(batch)) continue;
    const appendTime = batch.attributes & logAppendTime ? Number(batch.maxTimestamp) : null;
    for (const record of batch.records) {
      const offset = firstOffset + record.offsetDelta;
      if (offset < from || offset >= to) continue;
      const timestamp = appendTime ?? Number(batch.firstTimestamp + record.timestampDelta);
      const { key, value } = record as { readonly key: Buffer | null; readonly value: Buffer | null };
      const headers = record.headers.length === 0 ? noHeaders : record.headers.map(namedHeader);
      records.push({ topic, partition, offset, timestamp, key, value, headers });
      bytes += recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
    }
  }
  return { records, bytes, nextOffset: Math.min(nextOffset, Math.max(to, from)) };
}

function namedHeader([name, content]: readonly [Buffer | null, Buffer | null]): readonly [string, Buffer] {
  return [String(name ?? ""), content ?? Buffer.alloc(0)];
}

/** Control batches and those of aborted transactions; asked for each batch in order. */
function abortedTransactions(
  aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[],
): (batch: RecordsBatch) => boolean {
  const waiting = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const active = new Set<bigint>();
  return (batch) => {
    const lastOffset = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    while (waiting[0] !== undefined && waiting[0].firstOffset <= lastOffset) {
      active.add(waiting[0].producerId);
      waiting.shift();
    }
    if (batch.attributes & isControl) {
      const [marker] = batch.records;
      if (marker?.key?.readInt16BE(2) === 0) active.delete(batch.producerId);
      return true;
    }
    return (batch.attributes & isTransactional) !== 0 && active.has(batch.producerId);
  };
}
