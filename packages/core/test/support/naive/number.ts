/** Exact numbers: fractions of units of 1/10,000 in whole numbers of any size. */
import type { NumberComparison } from "../../../src/definition/definition.ts";

export interface Fraction {
  readonly numerator: bigint;
  /** Above 0. */
  readonly denominator: bigint;
}

export const unitsPerOne = 10_000n;

export function whole(value: bigint): Fraction {
  return { numerator: value, denominator: 1n };
}

export function quotient(numerator: bigint, denominator: bigint): Fraction {
  return denominator < 0n ? { numerator: -numerator, denominator: -denominator } : { numerator, denominator };
}

/** As text: at most 15 digits on either side. */
const numeric = /^\s*([+-]?)(\d{1,15})(?:\.(\d{1,15}))?\s*$/;
/** The shortest text of a number may have more of them after the point. */
const ofNumber = /^([+-]?)(\d+)(?:\.(\d+))?$/;

const known = new Map<unknown, bigint | undefined>();

/** A number, or text that is one, in units, half away from zero; undefined for anything else or beyond 2^53 - 1 units. */
export function unitsOf(value: unknown): bigint | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  if (!known.has(value)) known.set(value, readUnits(value));
  return known.get(value);
}

function readUnits(value: number | string): bigint | undefined {
  if (typeof value === "number" && Math.abs(value) < 0.000_001) return 0n;
  const match = typeof value === "number" ? ofNumber.exec(value.toString()) : numeric.exec(value);
  if (match === null) return undefined;
  const decimals = (match[3] ?? "").padEnd(5, "0");
  const up = Number(decimals[4]) >= 5 ? 1n : 0n;
  const magnitude = BigInt(match[2]!) * unitsPerOne + BigInt(decimals.slice(0, 4)) + up;
  if (magnitude > 9_007_199_254_740_991n) return undefined;
  return match[1] === "-" ? -magnitude : magnitude;
}

/** The nearest whole number, half up. */
export function rounded({ numerator, denominator }: Fraction): bigint {
  const [top, bottom] = [2n * numerator + denominator, 2n * denominator];
  const truncated = top / bottom;
  return top < 0n && truncated * bottom !== top ? truncated - 1n : truncated;
}

/** Of a value in units; the comparison's numbers are numbers. */
export function compares(compare: NumberComparison, { numerator, denominator }: Fraction): boolean {
  return comparesBy(compare, (bound) => {
    const difference = numerator - unitsOf(bound)! * denominator;
    return difference > 0n ? 1 : difference < 0n ? -1 : 0;
  });
}

/** Of a plain number: ms, years, scores. */
export function comparesPlain(compare: NumberComparison, value: number): boolean {
  return comparesBy(compare, (bound) => Math.sign(value - bound));
}

/** Rule 5: without a value only the opposites of `is` and `in` hold. */
export function comparesMissing({ op }: NumberComparison): boolean {
  return op === "isNot" || op === "notIn";
}

function comparesBy(compare: NumberComparison, signAgainst: (bound: number) => number): boolean {
  const equals = (value: unknown): boolean => typeof value === "number" && signAgainst(value) === 0;
  switch (compare.op) {
    case "is":
      return equals(compare.value);
    case "isNot":
      return !equals(compare.value);
    case "in":
      return compare.values.some(equals);
    case "notIn":
      return !compare.values.some(equals);
    case "above":
      return signAgainst(compare.value) > 0;
    case "atLeast":
      return signAgainst(compare.value) >= 0;
    case "below":
      return signAgainst(compare.value) < 0;
    case "atMost":
      return signAgainst(compare.value) <= 0;
    case "between":
      return signAgainst(compare.from) >= 0 && signAgainst(compare.to) <= 0;
  }
}
