import { describe, expect, it } from "vitest";
import { expiredOf, lowerBound } from "../src/features/bounds.ts";
import { boundOf, boundsAt, earliestBound, noBounds, setBound } from "../src/plan/bounds.ts";

const never = Number.POSITIVE_INFINITY;

function boundsOf(pairs: readonly (readonly [index: number, instant: number])[]) {
  const bounds = noBounds();
  for (const [index, instant] of pairs) setBound(bounds, index, instant);
  return bounds;
}

describe("until when answers stay", () => {
  it("given bounds in any order, then they are kept by index, and each is found by it", () => {
    const bounds = boundsOf([
      [5, 50],
      [1, 90],
      [9, 10],
      [3, 70],
    ]);
    expect(bounds).toEqual({ indexes: [1, 3, 5, 9], instants: [90, 70, 50, 10] });
    expect([0, 1, 2, 3, 4, 5, 6, 9, 10].map((index) => boundOf(bounds, index))).toEqual([
      never,
      90,
      never,
      70,
      never,
      50,
      never,
      10,
      never,
    ]);
    expect(earliestBound(bounds)).toBe(10);
  });

  it("given another bound for one that has one, then it takes its place", () => {
    const bounds = boundsOf([
      [1, 90],
      [3, 70],
      [1, 20],
    ]);
    expect(bounds).toEqual({ indexes: [1, 3], instants: [20, 70] });
    expect(earliestBound(bounds)).toBe(20);
  });

  it("given a bound that is never, then it is taken away, and where there was none nothing changes", () => {
    const bounds = boundsOf([
      [1, 90],
      [3, 70],
      [5, 50],
    ]);
    for (const index of [0, 2, 6]) setBound(bounds, index, never);
    expect(bounds).toEqual({ indexes: [1, 3, 5], instants: [90, 70, 50] });
    setBound(bounds, 3, never);
    expect(bounds).toEqual({ indexes: [1, 5], instants: [90, 50] });
  });

  it("given one instant for all, then each has it; given none, then there is no earliest", () => {
    expect(boundsAt(3, 40)).toEqual({ indexes: [0, 1, 2], instants: [40, 40, 40] });
    expect(earliestBound(boundsAt(3, 40))).toBe(40);
    expect(earliestBound(noBounds())).toBeNull();
    expect(boundOf(noBounds(), 0)).toBe(never);
  });
});

describe("places in an ascending list", () => {
  it.each([
    [[], 5, 0],
    [[5], 4, 0],
    [[5], 5, 0],
    [[5], 6, 1],
    [[1, 3, 3, 3, 7], 3, 1],
    [[1, 3, 3, 3, 7], 4, 4],
    [[1, 3, 3, 3, 7], 7, 4],
    [[1, 3, 3, 3, 7], 8, 5],
    [[1, 3, 3, 3, 7], 0, 0],
    [[-4, -2, 0], -2, 1],
  ])("in %j the first not below %d is at %d", (list, at, place) => {
    expect(lowerBound(list, at)).toBe(place);
  });

  // Of 16, an eighth is 2: the third must have expired for any to go.
  const sixteen = Array.from({ length: 16 }, (_, place) => 10 * place);
  it.each([
    [[], 5, 0],
    [[5, 6, 7], 4, 0],
    [[5, 6, 7], 5, 1],
    [[5, 6, 7], 6, 2],
    [[5, 6, 7], 7, 3],
    [sixteen, 19, 0],
    [sixteen, 20, 3],
    [sixteen, 29, 3],
    [sixteen, 1_000, 16],
    [sixteen, Number.NEGATIVE_INFINITY, 0],
  ])("of %j as many are left out by %d as %d", (list, at, count) => {
    expect(expiredOf(list, at)).toBe(count);
  });
});
