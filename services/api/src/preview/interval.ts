/**
 * What a sample says of everybody, with intervals of 95 %. A share `fraction` of the subjects was looked at, each drawn by
 * a hash of its own (Bernoulli sampling); at 1 every interval is the number itself.
 */
import { previewShares } from "@tidemark/sql";

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The standard normal quantile at 0.975. */
const z = 1.959963984540054;

export function exactly(value: number): Estimate {
  return { value, low: value, high: value };
}

/**
 * Of how many subjects `seen` were drawn: seen / fraction. Its interval is the score interval of that number X, where
 * seen is binomial with X and the fraction: all X with |seen - X f| <= z sqrt(X f (1 - f)) (Wilson's construction, 1927,
 * solved for the number in place of the share). Ends are rounded outwards; it is never below what was seen.
 */
export function total(seen: number, fraction: number): Estimate {
  if (fraction >= 1) return exactly(seen);
  const middle = 2 * seen + z * z * (1 - fraction);
  const spread = Math.sqrt(middle * middle - 4 * seen * seen);
  return {
    value: Math.round(seen / fraction),
    low: Math.max(seen, Math.floor((middle - spread) / (2 * fraction))),
    high: Math.ceil((middle + spread) / (2 * fraction)),
  };
}

/**
 * `seen` of `drawn` as a share, with Wilson's score interval (Probable Inference, the Law of Succession, and Statistical
 * Inference, 1927). The finite population correction stands in the number drawn: drawn / (1 - fraction).
 */
export function share(seen: number, drawn: number, fraction: number): Estimate {
  if (drawn === 0) return { value: 0, low: 0, high: fraction >= 1 ? 0 : 1 };
  const value = seen / drawn;
  if (fraction >= 1) return exactly(value);
  const size = drawn / (1 - fraction);
  const scale = 1 + (z * z) / size;
  const middle = value + (z * z) / (2 * size);
  const spread = z * Math.sqrt((value * (1 - value)) / size + (z * z) / (4 * size * size));
  return { value, low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) };
}

/**
 * The mean of a sample's numbers: z standard errors on both sides, with the finite population correction (Cochran,
 * Sampling Techniques, 1977, 2.8).
 */
export function mean(numbers: readonly number[], fraction: number): Estimate {
  const size = numbers.length;
  const value = numbers.reduce((sum, one) => sum + one, 0) / size;
  if (fraction >= 1 || size < 2) return exactly(value);
  const squares = numbers.reduce((sum, one) => sum + (one - value) ** 2, 0);
  const error = Math.sqrt((squares / (size - 1) / size) * (1 - fraction));
  return { value, low: value - z * error, high: value + z * error };
}

/**
 * Quantiles at `previewShares` of a sample's numbers, ascending. Their intervals are the numbers at the ends of the
 * interval of the share (Woodruff, Confidence Intervals for Medians and Other Position Measures, 1952).
 */
export function quantiles(ascending: readonly number[], fraction: number): readonly Estimate[] {
  return previewShares.map((at) => {
    const error = z * Math.sqrt(((at * (1 - at)) / ascending.length) * Math.max(0, 1 - fraction));
    return {
      value: quantile(ascending, at),
      low: quantile(ascending, Math.max(0, at - error)),
      high: quantile(ascending, Math.min(1, at + error)),
    };
  });
}

/** Linear interpolation: Hyndman and Fan, type 7. */
function quantile(ascending: readonly number[], at: number): number {
  const place = (ascending.length - 1) * at;
  const below = ascending[Math.floor(place)] ?? 0;
  const above = ascending[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}
