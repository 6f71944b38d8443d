import { describe, expect, it } from "vitest";
import { longestPause, pausesOf } from "./scale-pauses.ts";

describe("how long a partition stood still", () => {
  const marks = [0, 100, 200, 1_500, 1_600];

  it("given marks of progress, then it is the longest time between two that reach into the window", () => {
    expect(longestPause(marks, { from: 150, to: 1_700 })).toBe(1_300);
    expect(longestPause(marks, { from: 300, to: 1_700 })).toBe(1_300);
    expect(longestPause(marks, { from: 1_520, to: 1_700 })).toBe(100);
  });

  it("given no mark before the end of the window, then it lasts as far as that", () => {
    expect(longestPause(marks, { from: 1_700, to: 5_000 })).toBe(3_400);
    expect(longestPause([], { from: 1_700, to: 5_000 })).toBe(3_300);
  });

  it("given what began long before, then no more than a second of it is blamed on the window", () => {
    expect(longestPause([0, 9_500], { from: 9_000, to: 9_600 })).toBe(1_500);
  });

  it("given several partitions, then it is the longest of all, and that of the middle one", () => {
    expect(pausesOf([marks, [0, 1_700], [150, 200, 900, 1_700]], { from: 150, to: 1_700 })).toEqual({
      longestMs: 1_700,
      medianMs: 1_300,
    });
  });
});
