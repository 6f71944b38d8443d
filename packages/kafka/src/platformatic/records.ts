/** From what the library decodes to records of the port. */
import type { RecordsBatch } from "@platformatic/kafka";
import type { LogRecord } from "@tidemark/runtime";
import { type Fetched, type FetchPlace, recordOverheadBytes } from "../fetch-source.ts";

/** Bits of a batch's attributes. */
const logAppendTime = 0b1000;
const isTransactional = 0b1_0000;
const isControl = 0b10_0000;

export interface FetchedPartition {
  readonly records: readonly RecordsBatch[];
  readonly abortedTransactions:
    | readonly { readonly producerId: bigint; readonly firstOffset: bigint }[]
    | null;
}

const noHeaders: LogRecord["headers"] = [];

/**
 * Records from the offset asked for on. Batches may begin below it; offsets need not be dense (compaction, transaction
 * markers). Records of transactions that were aborted are left out.
 */
export function decodePartition(
  { topic, partition, offset: from }: FetchPlace,
  fetched: FetchedPartition,
): Fetched {
  const records: LogRecord[] = [];
  let bytes = 0;
  let nextOffset = from;
  const isLeftOut = leftOut(fetched.abortedTransactions ?? []);
  for (const batch of fetched.records) {
    const firstOffset = Number(batch.firstOffset);
    nextOffset = Math.max(nextOffset, firstOffset + batch.lastOffsetDelta + 1);
    if (isLeftOut(batch)) continue;
    const appendTime = batch.attributes & logAppendTime ? Number(batch.maxTimestamp) : null;
    for (const { key, value, headers, offsetDelta, timestampDelta } of batch.records) {
      const offset = firstOffset + offsetDelta;
      if (offset < from) continue;
      records.push({
        topic,
        partition,
        offset,
        timestamp: appendTime ?? Number(batch.firstTimestamp + timestampDelta),
        key,
        value,
        headers: headers.length === 0 ? noHeaders : headers.map(namedHeader),
      });
      bytes += recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
    }
  }
  return { records, bytes, nextOffset };
}

function namedHeader([name, content]: readonly [Buffer | null, Buffer | null]): readonly [string, Buffer] {
  return [String(name ?? ""), content ?? Buffer.alloc(0)];
}

/** Control batches and those of aborted transactions; asked for each batch in order. */
function leftOut(
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
