import { describe, expect, it } from "vitest";
import { compareToProduct, readUnits, toUnits } from "../src/decimal.ts";

describe("units of a ten-thousandth", () => {
  it.each([
    [12, 120_000],
    [-0.5, -5_000],
    [12.3456, 123_456],
    // Half away from zero, by the decimal text: 2.00005 lies a little below as a binary number.
    [2.00005, 20_001],
    [-2.00005, -20_001],
    [2.00004, 20_000],
    [0.99995, 10_000],
    [1.99995, 20_000],
    [0.00005, 1],
    [0.00001, 0],
    // Written with an exponent: 1e-7 and smaller.
    [1e-7, 0],
    [-1.5e-7, 0],
  ])("%d is %d units", (value, units) => {
    // 0 and -0 are one number.
    expect(toUnits(value) + 0).toBe(units);
  });

  it.each([
    ["12.5", 125_000],
    [" -3 ", -30_000],
    ["+0.25", 2_500],
    // 15 digits at most, and no more than 2^53 units = 900,719,925,474.0991.
    ["900719925474.0991", 9_007_199_254_740_991],
    [900_719_925_475, undefined],
    ["1234567890123456", undefined],
    ["12,5", undefined],
    ["1e3", undefined],
    ["x1", undefined],
    ["1x", undefined],
    ["1.", undefined],
    ["", undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [true, undefined],
    [null, undefined],
  ])("%j reads as %j units", (value, units) => {
    expect(readUnits(value)).toBe(units);
  });
});

describe("a sum against a value times a count", () => {
  const most = Number.MAX_SAFE_INTEGER;
  it.each([
    [30, 10, 3, 0],
    [29, 10, 3, -1],
    [31, 10, 3, 1],
    [-31, -10, 3, -1],
    // 3,002,399,751,580,331 x 3 = 2^53 + 1, which no double is: most is 2 less.
    [most, 3_002_399_751_580_331, 3, -1],
    [-most, -3_002_399_751_580_331, 3, 1],
    [most, 3_002_399_751_580_330, 3, 1],
    // Beyond whole numbers of a double the nearest will do.
    [1, 2 ** 60, 1, -1],
    [1, -(2 ** 60), 1, 1],
  ])("%d against %d x %d is %d", (sum, value, count, sign) => {
    expect(compareToProduct(sum, value, count)).toBe(sign);
  });
});
