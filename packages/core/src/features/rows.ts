/**
 * A feature's bins are packed as rows, oldest first, each as steps from the row before it and the first from zero. So
 * what an event did not change is copied from how it was packed last: the rows before one stretch of changes, those
 * after it but the first, whose step is another now, and then come new ones.
 */
import type { ByteReader, ByteWriter } from "./bytes.ts";

/** Which bins still stand as they were packed last: some from the oldest on, and some after a stretch of changes. */
export interface Rows {
  /** How many were packed. */
  packed: number;
  /** How many of the oldest rows are of bins that are gone. */
  dropped: number;
  /** How many bins from the oldest on are the rows that follow. */
  kept: number;
  /** How many bins after the changes stand, the place of the first of them, and which row that is. */
  tail: number;
  tailAt: number;
  tailRow: number;
}

/** Of bins that were just read; 0 of bins that were never packed. */
export function packedRows(packed: number): Rows {
  return { packed, dropped: 0, kept: packed, tail: 0, tailAt: 0, tailRow: 0 };
}

/** All bins were packed just now. */
export function setPacked(rows: Rows, packed: number): void {
  rows.packed = packed;
  rows.dropped = 0;
  rows.kept = packed;
  forgetTail(rows);
}

function forgetTail(rows: Rows): void {
  rows.tail = 0;
  rows.tailAt = 0;
  rows.tailRow = 0;
}

/** Some bins from a place on gave way to others. Bins that came at the end need not be told. */
export function changeRows(rows: Rows, place: number, removed: number, added: number): void {
  const { dropped, kept, tail, tailAt } = rows;
  // Where what stands last begins and ends.
  const [from, to] = tail > 0 ? [tailAt, tailAt + tail] : [0, kept];
  if (place >= to) return;
  const row = tail > 0 ? rows.tailRow : dropped;
  const left = Math.max(place + removed, from);
  rows.kept = Math.min(kept, place);
  if (left >= to) {
    forgetTail(rows);
    return;
  }
  rows.tail = to - left;
  rows.tailAt = left + added - removed;
  rows.tailRow = row + left - from;
}

/** All bins are others. */
export function changeAllRows(rows: Rows): void {
  rows.kept = 0;
  forgetTail(rows);
}

/** So many of the oldest bins are gone. */
export function dropRows(rows: Rows, bins: number): void {
  const { kept, tail, tailAt } = rows;
  const ofKept = Math.min(bins, kept);
  rows.dropped += ofKept;
  rows.kept = kept - ofKept;
  if (tail === 0) return;
  const ofTail = Math.max(0, bins - tailAt);
  if (ofTail >= tail) {
    forgetTail(rows);
    return;
  }
  rows.tail = tail - ofTail;
  rows.tailAt = Math.max(0, tailAt - bins);
  rows.tailRow += ofTail;
}

/** Whether anything can be copied. */
export function hasPacked({ kept, tail }: Rows): boolean {
  return kept > 0 || tail > 0;
}

/**
 * Writes a row for each of so many bins. `before` is at the first row of how they were packed last, in the form that
 * `writeRow` writes; null where that is not at hand. `numbersInRow`: in each.
 */
export function writeRows(
  writer: ByteWriter,
  { packed, dropped, kept, tail, tailAt, tailRow }: Rows,
  length: number,
  before: ByteReader | null,
  numbersInRow: number,
  writeRow: (writer: ByteWriter, place: number) => void,
): void {
  let place = 0;
  if (before !== null) {
    if (kept > 0) {
      const rewritten = dropped > 0 ? 1 : 0;
      if (rewritten > 0) writeRow(writer, 0);
      before.skipNumbers((dropped + rewritten) * numbersInRow);
      if (dropped + kept === packed) before.copyRest(writer);
      else before.copyNumbers((kept - rewritten) * numbersInRow, writer);
      place = kept;
    }
    if (tail > 0) {
      for (; place <= tailAt; place += 1) writeRow(writer, place);
      const passed = kept > 0 ? dropped + kept : 0;
      before.skipNumbers((tailRow + 1 - passed) * numbersInRow);
      if (tailRow + tail === packed) before.copyRest(writer);
      else before.copyNumbers((tail - 1) * numbersInRow, writer);
      place = tailAt + tail;
    }
  }
  for (; place < length; place += 1) writeRow(writer, place);
}
