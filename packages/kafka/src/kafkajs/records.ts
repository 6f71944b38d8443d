/** From what the library decodes to records of the port. */
import type { LogRecord } from "@tidemark/runtime";
import { type Fetched, type FetchPlace, recordOverheadBytes } from "../fetch-source.ts";

interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | null | readonly (Buffer | null)[]>>;
  readonly isControlRecord: boolean;
  readonly batchContext: {
    readonly firstOffset: string;
    readonly lastOffsetDelta: number;
    readonly producerId: string;
    readonly inTransaction: boolean;
  };
}

export interface FetchedPartition {
  readonly partition: number;
  readonly lastStableOffset: string;
  readonly abortedTransactions:
    | readonly { readonly producerId: string; readonly firstOffset: string }[]
    | null;
  readonly messages: readonly FetchedMessage[];
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
  let batch: FetchedMessage["batchContext"] | undefined;
  let isBatchLeftOut = false;
  const isLeftOut = leftOut(fetched.abortedTransactions ?? []);
  for (const message of fetched.messages) {
    if (message.batchContext !== batch) {
      batch = message.batchContext;
      nextOffset = Math.max(nextOffset, lastOffset(batch) + 1);
      isBatchLeftOut = isLeftOut(message);
    }
    const offset = Number(message.offset);
    if (isBatchLeftOut || offset < from) continue;
    const { key, value } = message;
    const timestamp = Number(message.timestamp);
    records.push({ topic, partition, offset, timestamp, key, value, headers: headersOf(message) });
    bytes += recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
  }
  return { records, bytes, nextOffset };
}

/** Names that come more than once come together: the library keeps them so. */
function headersOf({ headers }: FetchedMessage): LogRecord["headers"] {
  const entries = Object.entries(headers);
  if (entries.length === 0) return noHeaders;
  return entries.flatMap(([name, content]) =>
    (Array.isArray(content) ? content : [content]).map((each) => [name, each ?? Buffer.alloc(0)] as const),
  );
}

function lastOffset({ firstOffset, lastOffsetDelta }: FetchedMessage["batchContext"]): number {
  return Number(firstOffset) + lastOffsetDelta;
}

/** Control batches and those of aborted transactions; asked with the first message of each batch, in order. */
function leftOut(
  aborted: readonly { readonly producerId: string; readonly firstOffset: string }[],
): (first: FetchedMessage) => boolean {
  const waiting = [...aborted].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  const active = new Set<string>();
  return ({ batchContext, isControlRecord, key }) => {
    while (waiting[0] !== undefined && Number(waiting[0].firstOffset) <= lastOffset(batchContext)) {
      active.add(waiting[0].producerId);
      waiting.shift();
    }
    if (isControlRecord) {
      if (key?.readInt16BE(2) === 0) active.delete(batchContext.producerId);
      return true;
    }
    return batchContext.inTransaction && active.has(batchContext.producerId);
  };
}
