/** Records on their way to a topic, cut so that each batch stays below the broker's message limit of 1 MiB. */
import type { OutgoingRecord } from "./ports/log.ts";

/** Bytes of records in one batch at most. */
export const maxBatchBytes = 700_000;

/** What a batch adds to each record, at most, in bytes. */
const recordOverheadBytes = 64;

/** Bytes that a record takes in a batch, rounded up. */
export function recordBytes({ key, value, headers = [] }: OutgoingRecord): number {
  let bytes = recordOverheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, content] of headers) bytes += Buffer.byteLength(name) + content.length + 8;
  return bytes;
}

/** Cuts records, in order, into batches of at most `maxBatchBytes`; a larger record stands alone. */
export function* recordBatches(records: readonly OutgoingRecord[]): Generator<OutgoingRecord[]> {
  let batch: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordBytes(record);
    if (batch.length > 0 && bytes + size > maxBatchBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
