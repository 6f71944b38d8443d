/** How long a partition stood still. */

/** Instants in ms since the epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * The longest time between two marks of progress one after the other, in ms, of those that reach into the window.
 * Marks are instants in order; one that is outstanding at the end of the window counts as far as that.
 */
export function longestPause(marks: readonly number[], { from, to }: Window): number {
  let longest = 0;
  let before = Math.min(marks[0] ?? from, from);
  for (const mark of [...marks.filter((at) => at < to), to]) {
    if (mark > from) longest = Math.max(longest, mark - Math.max(before, from - leadMs));
    before = mark;
  }
  return longest;
}

/** A pause may have begun a little before what is blamed for it. */
const leadMs = 1_000;

export interface Pauses {
  /** Of all partitions, in ms. */
  readonly longestMs: number;
  /** Of the partitions, in ms: half of them stood still no longer. */
  readonly medianMs: number;
}

export function pausesOf(partitions: readonly (readonly number[])[], window: Window): Pauses {
  const pauses = partitions.map((marks) => longestPause(marks, window)).sort((a, b) => a - b);
  return { longestMs: pauses.at(-1) ?? 0, medianMs: pauses[Math.floor(pauses.length / 2)] ?? 0 };
}
