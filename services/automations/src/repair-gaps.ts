/** A gap in the numbers is closed from the topic: what stands there and was not seen is put where it belongs. */
import type { Codec } from "@tidemark/contracts";
import { findChanges, type Log } from "@tidemark/runtime";
import type { Gap } from "./batch.ts";
import type { ReadRecord } from "./read-records.ts";

/** How many numbers are missing. */
export function missingIn(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { expected, found }) => sum + found - expected, 0);
}

/** The records with what was found of the missing ones before each gap. Rejects where the log or the registry is away. */
export async function repairGaps(
  ports: { readonly log: Pick<Log, "read" | "startOffsets">; readonly codec: Codec },
  place: { readonly topic: string; readonly partition: number },
  records: readonly ReadRecord[],
  gaps: readonly Gap[],
): Promise<readonly ReadRecord[]> {
  const found = new Map<number, readonly ReadRecord[]>();
  for (const { offset, expected, found: next } of gaps) {
    const changes = await findChanges(
      ports,
      { ...place, below: offset },
      { first: expected, last: next - 1 },
    );
    const repaired = changes.map(
      ({ record, change }): ReadRecord => ({
        record,
        decoded: { type: "tidemark.changes.SegmentChange", value: change },
        isRepaired: true,
      }),
    );
    found.set(offset, repaired);
  }
  return records.flatMap((read) => [...(found.get(read.record.offset) ?? []), read]);
}
