import { expect, it } from "vitest";
import { memo } from "../src/memo.ts";

it("given more keys than may be remembered, then what was found is forgotten and found anew", () => {
  const asked: number[] = [];
  const half = memo(2, (key: number) => {
    asked.push(key);
    return key / 2;
  });
  expect([4, 6, 4, 6].map(half)).toEqual([2, 3, 2, 3]);
  expect(asked).toEqual([4, 6]);
  // The third key makes room for itself: the others are asked for once more.
  expect([8, 8, 4, 8].map(half)).toEqual([4, 4, 2, 4]);
  expect(asked).toEqual([4, 6, 8, 4]);
});
