import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { standardBounds } from "../src/bounds.ts";
import { startFetchLoop } from "../src/fetch-loop.ts";
import type { FetchSource } from "../src/fetch-source.ts";
import { openLane } from "../src/lanes.ts";
import { quietLogger } from "./real-broker.ts";

const never = (): Promise<never> => new Promise(() => {});
const patienceMs = 2 * standardBounds.requestTimeoutMs;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A loop whose first source is deaf in one of its questions; the others answer with a record. */
async function loopWith(deaf: Partial<FetchSource>) {
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
    { ...standardBounds, patientBytes: 1 },
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
});
