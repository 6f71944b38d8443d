import { describe, expect, it } from "vitest";
import { nearestName } from "../src/definition/reading/nearest.ts";

describe("the name that was probably meant", () => {
  const names = ["atLeast", "atMost", "above", "between", "below"];
  it.each([
    ["atleast", "atLeast"],
    ["atLaest", "atLeast"],
    ["alteast", "atLeast"],
    ["abve", "above"],
    ["belwo", "below"],
    ["betwen", "between"],
    ["betweeen", "between"],
    ["equals", undefined],
    ["", undefined],
    ["x".repeat(1_000), undefined],
  ])("given %s, then it is %s", (given, expected) => {
    expect(nearestName(given, names)).toBe(expected);
  });

  it("given two that are near, then the nearer", () => {
    expect(nearestName("revenue-1", ["revenue-10y", "revenue-1y"])).toBe("revenue-1y");
  });

  it("given more names than are looked through, then only the first of them can be near", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `something-else-${index}`);
    expect(nearestName("abve", [...many.slice(1), "above"])).toBe("above");
    expect(nearestName("abve", [...many, "above"])).toBeUndefined();
  });
});
