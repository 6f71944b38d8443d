/**
 * Decimals are whole numbers of 1/10,000, so a sum does not depend on the order of its parts. Sums are exact up to
 * 2^53 units (some 900 thousand million); a single value beyond that is no number to us.
 */

export const unitsPerOne = 10_000;

/**
 * A number in units of 1/10,000, rounded half away from zero on its shortest decimal text
 * (2.00005 gives 20001 though the binary number lies a little below). Not finite gives NaN.
 */
export function toUnits(value: number): number {
  if (Number.isInteger(value)) return value * unitsPerOne;
  const scaled = Math.round(value * unitsPerOne);
  // Four places or fewer: the shortest text of the quotient is that of the value itself.
  if (scaled / unitsPerOne === value) return scaled;
  const text = Math.abs(value).toString();
  const point = text.indexOf(".");
  if (point < 0 || text.includes("e")) return Math.abs(value) < 1 ? 0 : scaled;
  const whole = Number(text.slice(0, point));
  const decimals = Number(text.slice(point + 1, point + 5).padEnd(4, "0"));
  const up = Number(text[point + 5] ?? 0) >= 5 ? 1 : 0;
  return Math.sign(value) * (whole * unitsPerOne + decimals + up);
}

export function fromUnits(units: number): number {
  return units / unitsPerOne;
}

const numberPattern = /^\s*[+-]?\d{1,15}(?:\.\d{1,15})?\s*$/;

/** A number, or text that is one; undefined for anything else. */
function readNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" && numberPattern.test(value) ? Number(value) : undefined;
}

/** A number, or text that is one, in units; undefined for anything else or beyond exact arithmetic. */
export function readUnits(value: unknown): number | undefined {
  const number = readNumber(value);
  if (number === undefined) return undefined;
  const units = toUnits(number);
  return Number.isSafeInteger(units) ? units : undefined;
}

/**
 * The sign of `sum - value * count`, for whole numbers: how an average compares without a division. Exact where the sum
 * is: a product that no double is lies beyond 2^53, where rounding does not bring it back to any such sum.
 */
export function compareToProduct(sum: number, value: number, count: number): number {
  return Math.sign(sum - value * count);
}
