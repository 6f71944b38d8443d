import { describe, expect, test } from "vitest";
import { mean, quantiles, share, total } from "../src/preview/interval.ts";

describe("a share", () => {
  // Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("given %i of %i out of very many, then its interval is the published one", (seen, drawn, low, high) => {
    const found = share(seen, drawn, 0);
    expect(found.value).toBe(seen / drawn);
    expect(found.low).toBeCloseTo(low, 4);
    expect(found.high).toBeCloseTo(high, 4);
  });

  test("given a fifth of all was drawn, then 40 count as 50", () => {
    const [corrected, of50] = [share(10, 40, 0.2), share(12.5, 50, 0)];
    expect(corrected.low).toBeCloseTo(of50.low, 12);
    expect(corrected.high).toBeCloseTo(of50.high, 12);
    // (0.28841 - 0.12602) / 1.07683 and (0.28841 + 0.12602) / 1.07683
    expect(corrected.low).toBeCloseTo(0.15081, 4);
    expect(corrected.high).toBeCloseTo(0.38487, 4);
  });
});

describe("a number of subjects", () => {
  test("given 50 among a quarter, then about 200: all X with |50 - X / 4| <= 1.96 sqrt(X 3 / 16)", () => {
    // X = (100 + 2.88109 -+ sqrt(102.88109^2 - 10,000)) / 0.5 = 157.41 and 254.12
    expect(total(50, 0.25)).toEqual({ value: 200, low: 157, high: 255 });
  });

  test("given none was seen, then there may be some", () => {
    // X <= z^2 (1 - f) / f = 3.84146 * 63
    expect(total(0, 1 / 64)).toEqual({ value: 0, low: 0, high: 243 });
  });
});

describe("numbers", () => {
  test("the mean has 1.96 standard errors on both sides, times the root of the share that was not drawn", () => {
    // Mean 5, variance 32 / 7, so sqrt(32 / 7 / 8 / 2) = 0.534522
    const found = mean([2, 4, 4, 4, 5, 5, 7, 9], 0.5);
    expect(found.value).toBe(5);
    expect(found.low).toBeCloseTo(5 - 1.047645, 5);
    expect(found.high).toBeCloseTo(5 + 1.047645, 5);
  });

  test("a quantile has the numbers at the ends of the interval of its share", () => {
    const numbers = Array.from({ length: 101 }, (_, index) => index);
    const median = quantiles(numbers, 0)[2];
    // 1.959964 sqrt(0.25 / 101) = 0.0975119
    expect(median?.value).toBe(50);
    expect(median?.low).toBeCloseTo(40.24881, 4);
    expect(median?.high).toBeCloseTo(59.75119, 4);
  });
});

test("given everybody was looked at, then nothing is uncertain", () => {
  expect(total(7, 1)).toEqual({ value: 7, low: 7, high: 7 });
  expect(share(7, 20, 1)).toEqual({ value: 0.35, low: 0.35, high: 0.35 });
  expect(mean([1, 2, 4], 1)).toEqual({ value: 7 / 3, low: 7 / 3, high: 7 / 3 });
  for (const { value, low, high } of quantiles([1, 2, 4], 1)) expect([low, high]).toEqual([value, value]);
});
