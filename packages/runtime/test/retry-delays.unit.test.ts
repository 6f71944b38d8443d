import { describe, expect, test } from "vitest";
import { readConfig, stackSettings } from "../src/config.ts";
import { growingDelay, retryDelays } from "../src/retry-delays.ts";

describe("growingDelay", () => {
  test.each([
    { firstMs: 100, mostMs: 450, waits: [100, 200, 400, 450, 450] },
    { firstMs: 7, mostMs: 7, waits: [7, 7, 7] },
    // The first is a wait like any other.
    { firstMs: 900, mostMs: 300, waits: [300, 300] },
  ])(
    "given $firstMs ms and at most $mostMs ms, then each wait is twice the one before, up to that",
    ({ waits, ...delays }) => {
      const nextMs = growingDelay(delays);
      expect(waits.map(() => nextMs())).toEqual(waits);
    },
  );

  test("given settings of a service, then they say how long it waits", () => {
    const config = readConfig(stackSettings, { RETRY_FIRST_MS: "20", RETRY_MOST_MS: "50" });
    const nextMs = growingDelay(retryDelays(config));
    expect([nextMs(), nextMs(), nextMs()]).toEqual([20, 40, 50]);
  });
});
