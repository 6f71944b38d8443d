import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { add, decimalUnits, multiply, readDecimal } from "../src/backtest/decimal.ts";
import { compileExpression } from "../src/backtest/expression.ts";
import { commaNumber, pointNumber } from "../src/backtest/number-text.ts";

const units = (text: string): number | undefined => {
  const value = pointNumber(text);
  return "fault" in value ? undefined : decimalUnits(value);
};

describe("numbers as they stand in files", () => {
  test.each([
    ["12", 120_000],
    ["12.5", 125_000],
    ["-.5", -5_000],
    ["+3.", 30_000],
    ["1e-3", 10],
    ["1.5E+2", 1_500_000],
    ["$90,000 ", 900_000_000],
    ["1,234,567.891", 12_345_678_910],
    ["€ 12", 120_000],
    ["-$5", -50_000],
    ["$-5", -50_000],
    ["(12.50)", -125_000],
    ["($1,000)", -10_000_000],
    // Half away from zero: the fifth place of the text decides, whatever its binary neighbour is.
    ["2.00005", 20_001],
    ["2.00004999999999999999", 20_000],
    ["-2.00005", -20_001],
    ["0.00005", 1],
    ["0.000049", 0],
  ])("given %s, when it is read, then it is %i units", (text, expected) => {
    expect(units(text)).toBe(expected);
  });

  test.each([
    ["five", '"five" is no number'],
    ["1,23", '"1,23" is no number; if the comma is the decimal mark, map it as COLUMN@comma'],
    ["1.234,50", '"1.234,50" is no number; if the comma is the decimal mark, map it as COLUMN@comma'],
    ["12 34", '"12 34" is no number'],
    ["1e", '"1e" is no number'],
    [".", '"." is no number'],
    ["  ", "is empty"],
    [undefined, "is empty"],
    [true, "is no number"],
    [Number.NaN, "is no number"],
  ])("given %s, when it is read, then it says %s", (cell, fault) => {
    expect(pointNumber(cell)).toEqual({ fault });
  });

  test.each([
    ["1.234,50", 12_345_000],
    ["7,5 €", 75_000],
    ["1.234", 12_340_000],
    ["12", 120_000],
  ])("given %s with a decimal comma, when it is read, then it is %i units", (text, expected) => {
    const value = commaNumber(text);
    expect("fault" in value ? value : decimalUnits(value)).toBe(expected);
  });

  test("given more than exact arithmetic holds, when it is rounded, then it is nothing", () => {
    // 2^53 units are 900,719,925,474.0992.
    expect(units("900719925474.0991")).toBe(9_007_199_254_740_991);
    expect(units("900719925474.0993")).toBeUndefined();
    expect(units("1e300")).toBeUndefined();
  });

  test("given any two decimals, when they are multiplied and added, then it is what whole numbers of any length give", () => {
    const decimal = fc.record({
      mantissa: fc.integer({ min: -1e9, max: 1e9 }),
      places: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const text = ({ mantissa, places }: typeof a): string => `${mantissa}e-${places}`;
        const [x, y] = [readDecimal(text(a)), readDecimal(text(b))] as const;
        // All in units of 10^-18, then to 10^-4 half away from zero.
        const wide = ({ mantissa, places }: typeof a): bigint =>
          BigInt(mantissa) * 10n ** BigInt(18 - places);
        const round = (value: bigint, places: number): number => {
          const divisor = 10n ** BigInt(places - 4);
          const half = (value < 0n ? -divisor : divisor) / 2n;
          return Number((value + half) / divisor);
        };
        const sum = round(wide(a) + wide(b), 18);
        const product = round(wide(a) * wide(b), 36);
        expect(decimalUnits(add(x!, y!)) ?? 0).toBe(Number.isSafeInteger(sum) ? sum : 0);
        expect((decimalUnits(multiply(x!, y!)) ?? 0) + 0).toBe(Number.isSafeInteger(product) ? product : 0);
      }),
    );
  });
});

describe("expressions over columns", () => {
  const columns = ["Quantity", "Unit Price", "Discount", "Sub-Total", "Net", "Net+Tax", "4"];
  const table = {
    columns,
    place: (name: string) => (columns.includes(name) ? columns.indexOf(name) : undefined),
  };
  const cells = ["3", "1.1", "0.25", "7", "10", "11.9", "2"];

  const value = (text: string): unknown => {
    const compiled = compileExpression(text, table, pointNumber);
    if (!("evaluate" in compiled)) return compiled;
    const faults: string[] = [];
    const result = compiled.evaluate(cells, (fault) => faults.push(fault));
    return result === undefined ? faults : decimalUnits(result);
  };

  test.each([
    // 3 * 1.1 is 3.3000000000000003 in binary.
    ["Quantity*Unit Price", 33_000],
    [" Quantity * Unit Price ", 33_000],
    ["Quantity*(1-Discount)", 22_500],
    ["Quantity * Unit Price - Discount + 1", 40_500],
    ["Sub-Total-Quantity", 40_000],
    ['"Sub-Total" - "Quantity"', 40_000],
    ["-Quantity+0.5", -25_000],
    ["Net+Tax*2", 238_000],
    ["2*(Net+Quantity)*0.01", 2_600],
    ["4*4", 40_000],
  ])("given %s, when it is computed, then it is %i units", (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  test.each([
    ["Quantity*Price", { unknown: ["Price"] }],
    ["Qty*UnitPrice", { unknown: ["Qty", "UnitPrice"] }],
    ["Quantity*", { fault: '"Quantity*" ends where a column was expected' }],
    ["(Quantity", { fault: "a parenthesis is not closed" }],
    ['"Quantity', { fault: "a quote is not closed" }],
    ["Quantity)", { fault: '")" was not expected; expected +, - or *' }],
  ])("given %s, when it is compiled, then it says what is wrong", (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  test("given cells that are no numbers, when it is computed, then each is told", () => {
    const compiled = compileExpression("Quantity*Unit Price+Net", table, pointNumber);
    const faults: string[] = [];
    const evaluate = "evaluate" in compiled ? compiled.evaluate : undefined;
    expect(evaluate?.(["x", "1", "", "", ""], (fault) => faults.push(fault))).toBeUndefined();
    expect(faults).toEqual(['Quantity "x" is no number', "Net is empty"]);
  });
});
