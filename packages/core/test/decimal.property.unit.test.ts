import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareToProduct } from "../src/decimal.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";

tellRuns();

describe("a sum against a value times a count", () => {
  it("given any whole numbers, the sum an exact one, then it is as with integers of any length", () => {
    const count = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 2 ** 31 }));
    const near = fc.integer({ min: -2, max: 2 });
    const most = Number.MAX_SAFE_INTEGER;
    holdsAlways(
      fc.property(fc.maxSafeInteger(), count, fc.maxSafeInteger(), near, (total, times, other, beside) => {
        // Values by which the product is close to the sum, and any.
        for (const value of [Math.round(total / times) + beside, other])
          for (const sum of [total, Math.sign(total) * most]) {
            const difference = BigInt(sum) - BigInt(value) * BigInt(times);
            expect(compareToProduct(sum, value, times)).toBe(difference > 0n ? 1 : difference < 0n ? -1 : 0);
          }
      }),
      2_000,
    );
  });
});
