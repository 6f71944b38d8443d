/** First index of an ascending list whose number is not below `at`. Newest first in mind: the end is tried first. */
export function lowerBound(ascending: readonly number[], at: number): number {
  let high = ascending.length;
  if (high === 0 || (ascending[high - 1] ?? 0) < at) return high;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * How many from the first are to be left out as no later than `at`: none while they are fewer than an eighth, as leaving
 * out moves all the others.
 */
export function expiredOf(ascending: readonly number[], at: number): number {
  if ((ascending[ascending.length >> 3] ?? Number.POSITIVE_INFINITY) > at) return 0;
  return lowerBound(ascending, at + 1);
}
