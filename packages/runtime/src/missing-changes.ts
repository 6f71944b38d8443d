/** Changes that a consumer of `segment-changes` did not see, found again in the topic. */
import {
  type Codec,
  type Fence,
  judgeChange,
  openCursor,
  passFence,
  type SegmentChange,
  UnreadableError,
} from "@tidemark/contracts";
import type { Log, LogRecord } from "./ports/log.ts";

/** Numbers of a partition's changes, both included. */
export interface MissingChanges {
  readonly first: number;
  readonly last: number;
}

export interface FoundChange {
  readonly record: LogRecord;
  readonly change: SegmentChange;
}

/**
 * Reads a partition from its first record to `below` by the rules that every consumer keeps (each number once, nothing
 * of an owner that was shut out) and answers those of the wanted numbers that stand there, in their order. Rejects where
 * the log or the schema registry is away.
 */
export async function findChanges(
  { log, codec }: { readonly log: Pick<Log, "read" | "startOffsets">; readonly codec: Codec },
  { topic, partition, below }: { readonly topic: string; readonly partition: number; readonly below: number },
  { first, last }: MissingChanges,
): Promise<readonly FoundChange[]> {
  const start = (await log.startOffsets(topic))[partition] ?? 0;
  const found: FoundChange[] = [];
  let cursor = openCursor;
  for await (const records of log.read(topic, partition, Math.min(start, below), below)) {
    for (const record of records) {
      const decoded = await decode(codec, record);
      if (decoded?.type === "tidemark.changes.Fence") cursor = passFence(cursor, decoded.value as Fence);
      if (decoded?.type !== "tidemark.changes.SegmentChange") continue;
      const change = decoded.value as SegmentChange;
      const { verdict, cursor: after } = judgeChange(cursor, change);
      cursor = after;
      const counts = verdict === "new" || verdict === "gap";
      if (counts && change.sequence >= first && change.sequence <= last) found.push({ record, change });
    }
    if (cursor.sequence >= last) break;
  }
  return found;
}

async function decode(codec: Codec, { value }: LogRecord) {
  if (value === null) return undefined;
  try {
    return codec.decodeSync(value) ?? (await codec.decode(value));
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}
