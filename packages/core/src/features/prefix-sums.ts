/** Running sums over the bins of a totals feature, so that the total of any stretch of bins is one subtraction. */

/** What is summed of a totals feature: parallel arrays, one place per bin. */
interface Bins {
  readonly count: readonly number[];
  readonly columns: readonly { readonly count: readonly number[]; readonly sum: readonly number[] }[];
}

interface PrefixSums {
  /** Of the first n bins, at n. */
  readonly events: Float64Array;
  readonly columns: readonly { readonly count: Float64Array; readonly sum: Float64Array }[];
  /** No bin is below nought, so a window that only empties only sinks. */
  readonly eventsRise: boolean;
  readonly sumsRise: readonly boolean[];
}

const cache = new WeakMap<Bins, PrefixSums>();

/** Made once for each state of the feature: `forgetPrefixSums` says that it changed. */
export function prefixSums(totals: Bins): PrefixSums {
  const known = cache.get(totals);
  if (known) return known;
  const columns = totals.columns.map(({ count, sum }) => ({ count: running(count), sum: running(sum) }));
  const made: PrefixSums = {
    events: running(totals.count),
    columns,
    eventsRise: totals.count.every((value) => value >= 0),
    sumsRise: totals.columns.map(({ sum }) => sum.every((value) => value >= 0)),
  };
  cache.set(totals, made);
  return made;
}

export function forgetPrefixSums(totals: Bins): void {
  cache.delete(totals);
}

function running(values: readonly number[]): Float64Array {
  const sums = new Float64Array(values.length + 1);
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) {
    sum += values[index] ?? 0;
    sums[index + 1] = sum;
  }
  return sums;
}
