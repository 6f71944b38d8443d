import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { kafkaBounds, standardBounds } from "../src/bounds.ts";
import { startFetchLoop } from "../src/fetch-loop.ts";
import type { FetchSource } from "../src/fetch-source.ts";
import { openLane } from "../src/lanes.ts";
import { quietLogger } from "./real-broker.ts";
import { settingsOf } from "./settings.ts";

const never = (): Promise<never> => new Promise(() => {});
const patienceMs = 2 * standardBounds.requestTimeoutMs;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A loop whose first source is deaf in one of its questions; the others answer with a record. */
async function loopWith(deaf: Partial<FetchSource>, bounds = standardBounds) {
  const lane = openLane({ topic: "t", partition: 0 }, 7, 1_000);
  const opened: { closed: boolean }[] = [];
  const filled: number[] = [];
  const loop = startFetchLoop(
    () => {
      const source = { closed: false };
      opened.push(source);
      return {
        leaders: async (places) => places.map(() => 1),
        fetch: async (_, places) =>
          places.map(({ offset }) => ({ records: [], bytes: 0, nextOffset: offset + 1 })),
        troubleOf: () => "later",
        forget: () => {},
        close: async () => {
          source.closed = true;
        },
        ...(opened.length === 1 ? deaf : {}),
      };
    },
    quietLogger,
    {
      lanes: () => (filled.length === 0 ? [lane] : []),
      fill: (_, { nextOffset }) => filled.push(nextOffset),
      topicId: () => "first",
      heldOffsets: async () => [],
      onTopicTrouble: () => {},
      onFailure: () => {},
    },
    { ...bounds, patientBytes: 1 },
  );
  loop.wake();
  return { loop, opened, filled };
}

describe("a fetch loop", () => {
  it.each([
    ["for records", { fetch: never }],
    ["for the leaders", { leaders: never }],
  ])(
    "given a question %s that nobody answers, then it is given up with its source, and another one is asked",
    async (_, deaf) => {
      const { loop, opened, filled } = await loopWith(deaf);
      await vi.advanceTimersByTimeAsync(patienceMs - 1);
      expect([opened.length, filled]).toEqual([1, []]);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(opened.map(({ closed }) => closed)).toEqual([true, false]);
      expect(filled).toEqual([8]);
      await loop.stop();
      expect(opened.map(({ closed }) => closed)).toEqual([true, true]);
    },
  );

  it("given a broker that fails, then it waits as the settings say, and anew from the first wait once it answered", async () => {
    const at: number[] = [];
    let isAway = true;
    const bounds = kafkaBounds(settingsOf({ KAFKA_RETRY_FIRST_MS: "20", KAFKA_RETRY_MOST_MS: "50" }));
    const fetch: FetchSource["fetch"] = async (_, places) => {
      at.push(Date.now());
      if (isAway) throw new Error("away");
      isAway = true;
      return places.map(() => undefined);
    };
    const { loop } = await loopWith({ fetch }, bounds);
    await vi.advanceTimersByTimeAsync(150);
    isAway = false;
    await vi.advanceTimersByTimeAsync(50);
    const waits = at.map((instant, index) => instant - (at[index - 1] ?? instant)).slice(1);
    // 20, 40, 50, 50; the next answers, the one behind it fails at once, and waits begin anew.
    expect(waits).toEqual([20, 40, 50, 50, 0, 20]);
    await loop.stop();
  });
});
