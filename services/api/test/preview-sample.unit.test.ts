import { expect, test } from "vitest";
import { oneOfFor } from "../src/preview/archive.ts";

const archive = (kept: number) => ({
  query: async <Row>() => [{ kept }] as unknown as readonly Row[],
});

test.each([
  // About 19,200, 38,400 and 51,200 customers: two halvings bring 51,200 to 12,800.
  [300, false, 1],
  [600, false, 2],
  [800, false, 4],
  // 192,000 would be looked for among all events with one of 16; 3,000 are kept.
  [3_000, false, 64],
  [3_000, true, 16],
  // 1,000,000: 15,625 of them; of 2,000,000 half of those that are kept.
  [15_625, false, 64],
  [31_250, false, 128],
])(
  "given %i customers in the table of one in 64 (asked for a number: %s), then one of %i is looked at",
  async (kept, isBidden, oneOf) => {
    expect(await oneOfFor(archive(kept), "customer", 20_000, isBidden)).toBe(oneOf);
  },
);
