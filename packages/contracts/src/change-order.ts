/** Which records of segment-changes count: each sequence number once, none of an owner that a fence has shut out. */
import type { Fence, SegmentChange } from "./records.ts";

/** How far the changes of one partition are known: the last sequence number and the epoch of the last fence. */
export interface ChangeCursor {
  readonly sequence: number;
  readonly epoch: number;
}

export const firstCursor: ChangeCursor = { sequence: 0, epoch: 0 };

/** Of a reader with no position yet, where retention took the first changes: whichever comes first is the beginning. */
export const openCursor: ChangeCursor = { sequence: -1, epoch: 0 };

/** `gap`: it counts, but numbers before it are missing. */
export type ChangeVerdict = "new" | "repeat" | "void" | "gap";

/**
 * What a consumer counts. A change missing before a gap is `repaired` where it was found in the topic, else `missing`.
 */
export type ChangeFate = ChangeVerdict | "repaired" | "missing";

export function judgeChange(
  cursor: ChangeCursor,
  change: Pick<SegmentChange, "sequence" | "epoch">,
): { readonly verdict: ChangeVerdict; readonly cursor: ChangeCursor } {
  if (change.epoch < cursor.epoch) return { verdict: "void", cursor };
  if (change.sequence <= cursor.sequence) return { verdict: "repeat", cursor };
  const isNext = cursor.sequence < 0 || change.sequence === cursor.sequence + 1;
  const verdict = isNext ? "new" : "gap";
  return { verdict, cursor: { ...cursor, sequence: change.sequence } };
}

export function passFence(cursor: ChangeCursor, fence: Pick<Fence, "epoch">): ChangeCursor {
  return { ...cursor, epoch: Math.max(cursor.epoch, fence.epoch) };
}
