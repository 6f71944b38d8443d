import { describe, expect, it } from "vitest";
import { comparisonLadder, rungOf, thresholdLadder } from "../src/conditions/ladder.ts";
import { wholeEdges } from "../src/conditions/number-comparison.ts";

const same = (bound: number): number => bound;

describe("a ladder of bounds", () => {
  it("given bounds in any order and twice, then they ascend, each once, and every rung has its answer", () => {
    const ladder = comparisonLadder({ op: "in", values: [100, 9, 20, 9], ignoreCase: false }, same);
    // Below 9, on 9, between, on 20, between, on 100, above.
    expect(ladder).toEqual({ bounds: [9, 20, 100], answers: [0, 1, 0, 1, 0, 1, 0], missing: 0 });
    expect([8, 9, 10, 20, 99, 100, 101].map((number) => rungOf(ladder.bounds, number))).toEqual([
      0, 1, 2, 3, 4, 5, 6,
    ]);
  });

  it("given thresholds in any order, one twice, then a number scores one more than it has reached", () => {
    const ladder = thresholdLadder([100, 9, 9]);
    // 1 below 9; 3 from 9 on, as both are reached; 4 from 100 on.
    expect(ladder).toEqual({ bounds: [9, 100], answers: [1, 3, 3, 4, 4], missing: 0 });
  });

  it("given numbers with decimals, then the whole numbers at which an answer may turn, ascending", () => {
    // 9.5 is passed at 10; 100 is met at 100 and left at 101.
    expect(wholeEdges({ op: "notIn", values: [100, 9.5], ignoreCase: false })).toEqual([10, 100, 101]);
    expect(wholeEdges({ op: "between", from: 7, to: 20 })).toEqual([7, 8, 20, 21]);
  });
});
