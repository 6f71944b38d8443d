/**
 * Quantiles by linear interpolation: type 7 of Hyndman and Fan (Sample Quantiles in Statistical Packages, 1996), the
 * default of R and NumPy. With n values in order, the quantile at p lies at place (n - 1) p, counted from 0.
 */

/** Shares are i/N with N up to 9, or whole hundredths of a percent: all are whole numbers of this. */
const sharesPerOne = 25_200_000;

/**
 * The cut points of a population. `values` are whole units of 1/10,000, in any order; `shares` lie between 0 and 1.
 * Answers whole units, halves up, one for each share; none where there are no values.
 */
export function cutPoints(values: readonly number[], shares: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return [];
  return shares.map((share) => quantile(sorted, Math.round(share * sharesPerOne)));
}

function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const index = Math.floor(place / sharesPerOne);
  const below = sorted[index] ?? 0;
  const above = sorted[index + 1] ?? below;
  const [part, whole] = [BigInt(place - index * sharesPerOne), BigInt(sharesPerOne)];
  const twice = 2n * part * BigInt(above - below) + whole;
  return below + Number(twice / (2n * whole));
}
