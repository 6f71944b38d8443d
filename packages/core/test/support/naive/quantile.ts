/** Quantiles of type 7 (Hyndman and Fan, 1996) in whole numbers of any size. */
import { quotient, rounded } from "./number.ts";

/** At the share `over / under` of whole values in any order, rounded half up; undefined where there are none. */
export function quantile(values: readonly number[], over: number, under: number): number | undefined {
  const sorted = values.map(BigInt).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (sorted.length === 0) return undefined;
  const [share, whole] = [BigInt(over), BigInt(under)];
  const place = BigInt(sorted.length - 1) * share;
  const index = Number(place / whole);
  const below = sorted[index]!;
  const above = sorted[index + 1] ?? below;
  return Number(rounded(quotient(below * whole + (place % whole) * (above - below), whole)));
}
