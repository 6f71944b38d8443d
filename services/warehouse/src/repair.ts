/** Changes that are missing before a block are looked for in the topic and archived, each once. */
import {
  type Codec,
  type Decoded,
  type Erased,
  type SegmentChange,
  subjectKey,
  UnreadableError,
} from "@tidemark/contracts";
import {
  type FoundChange,
  findChanges,
  type Log,
  type TopicPartition,
  type Warehouse,
} from "@tidemark/runtime";
import type { BlockRows } from "./block-rows.ts";
import { segmentChangeRow } from "./rows.ts";

export interface RepairPorts {
  readonly log: Pick<Log, "read" | "startOffsets">;
  readonly codec: Codec;
  readonly warehouse: Warehouse;
}

/**
 * Inserts what stands in the topic of the missing numbers and is not archived yet. It can be done again: what is there
 * is asked for first. Nothing comes back of who was erased since. Answers how many numbers are archived now, and how many nobody has.
 */
export async function repairGaps(
  ports: RepairPorts,
  { topic, partition }: TopicPartition,
  gaps: BlockRows["gaps"],
): Promise<{ readonly repaired: number; readonly missing: number }> {
  let repaired = 0;
  let missing = 0;
  for (const { expected: first, found: next, offset } of gaps) {
    const last = next - 1;
    const archived = await archivedNumbers(ports.warehouse, partition, first, last);
    const found = await findChanges(ports, { topic, partition, below: offset }, { first, last });
    const isErased = await erasedSince(ports, { topic, partition, below: offset }, found);
    const fresh = found.filter(({ change }) => !archived.has(change.sequence) && !isErased(change));
    for (const [month, changes] of Map.groupBy(fresh, monthOf)) {
      const rows = changes.map(({ record, change }) => segmentChangeRow(record, change));
      await ports.warehouse.insert(
        "segment_changes",
        rows,
        `${topic}/${partition}/repair/${first}-${last}/${month}`,
      );
    }
    const erased = found.filter(({ change }) => !archived.has(change.sequence) && isErased(change)).length;
    const known = archived.size + fresh.length;
    repaired += known;
    missing += last - first + 1 - known - erased;
  }
  return { repaired, missing };
}

/** Whether a change is of somebody who was erased behind it and before the gap was seen: its row would be gone by now. */
async function erasedSince(
  { log, codec }: RepairPorts,
  { topic, partition, below }: TopicPartition & { readonly below: number },
  found: readonly FoundChange[],
): Promise<(change: SegmentChange) => boolean> {
  const from = found[0]?.record.offset;
  if (from === undefined) return () => false;
  const upTo = new Map<string, number>();
  for await (const records of log.read(topic, partition, from, below))
    for (const { value } of records) {
      const decoded =
        value === null ? undefined : (codec.decodeSync(value) ?? (await readable(codec, value)));
      if (decoded?.type !== "tidemark.changes.Erased") continue;
      const { subject, subjectKind, sequence } = decoded.value as Erased;
      upTo.set(subjectKey(subjectKind, subject), sequence);
    }
  return ({ subject, subjectKind, sequence }) =>
    sequence <= (upTo.get(subjectKey(subjectKind, subject)) ?? -1);
}

async function readable(codec: Codec, value: Buffer): Promise<Decoded | undefined> {
  try {
    return await codec.decode(value);
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}

async function archivedNumbers(
  warehouse: Warehouse,
  partition: number,
  first: number,
  last: number,
): Promise<ReadonlySet<number>> {
  const rows = await warehouse.query<{ readonly sequence: number }>(
    `SELECT DISTINCT sequence FROM segment_changes
     WHERE kafka_partition = {partition:UInt32} AND sequence >= {first:Int64} AND sequence <= {last:Int64}`,
    { partition, first, last },
  );
  return new Set(rows.map(({ sequence }) => sequence));
}

/** A block lies in one table partition (W3). */
function monthOf({ record }: FoundChange): string {
  return new Date(record.timestamp).toISOString().slice(0, 7);
}
