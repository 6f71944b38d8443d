import { LogError, type LogRecord } from "@tidemark/runtime";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { kafkaBounds } from "../src/bounds.ts";
import type { FetchBounds, FetchPlace } from "../src/fetch-source.ts";
import { createRangeReader } from "../src/range-reader.ts";
import { settingsOf } from "./settings.ts";

const recordBytes = 200;
const held = 100_000;

/** A partition of records of 200 bytes, from a broker that answers as many as fit what is asked for. */
function scene(bounds = kafkaBounds(settingsOf({}))) {
  const asked: number[] = [];
  const at: number[] = [];
  const trouble: { next: Error | null } = { next: null };
  const reader = createRangeReader(
    {
      topics: {
        state: async () => ({ id: "first", partitions: 1 }),
        create: async () => {},
        offsets: async (_topic, _partitions, kind) => [kind === "first" ? 0 : held],
        committed: async () => [],
      },
      openFetchSource: () => ({
        leaders: async () => [1],
        async fetch(_node: number, [place]: readonly FetchPlace[], given: FetchBounds) {
          at.push(Date.now());
          if (trouble.next !== null) throw trouble.next;
          asked.push(given.partitionMaxBytes);
          const from = place!.offset;
          const count = Math.min(held - from, Math.max(1, Math.floor(given.partitionMaxBytes / recordBytes)));
          const records = Array.from({ length: count }, (_, index) => recordAt(from + index));
          return [{ records, bytes: count * recordBytes, nextOffset: from + count }];
        },
        troubleOf: () => "later",
        forget: () => {},
        close: async () => {},
      }),
      asFailure: (attempt, error) => new LogError("retry", `${attempt}: ${String(error)}`),
    },
    bounds,
  );
  const read = async (from: number, to: number): Promise<readonly number[]> => {
    const offsets: number[] = [];
    for await (const records of reader.read("t", 0, from, to))
      offsets.push(...records.map(({ offset }) => offset));
    return offsets;
  };
  return { asked, at, trouble, read };
}

const recordAt = (offset: number): LogRecord => ({
  topic: "t",
  partition: 0,
  offset,
  timestamp: 0,
  key: null,
  value: Buffer.alloc(0),
  headers: [],
});
const through = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a reader of ranges", () => {
  it("given ranges of 500 records, then a broker is asked for about their bytes, once it is known how large records are", async () => {
    const { asked, read } = scene();
    expect(await read(0, 500)).toEqual(through(0, 500));
    asked.splice(0);
    expect(await read(500, 1_000)).toEqual(through(500, 1_000));
    expect(asked).toEqual([500 * recordBytes]);
  });

  it("given a single record, then it is not asked for more than 16 KiB", async () => {
    const { asked, read } = scene();
    expect(await read(7, 8)).toEqual([7]);
    expect(asked).toEqual([16_384]);
  });

  it("given a range of any length, then it is not asked for more than 1 MiB at a time", async () => {
    const { asked, read } = scene();
    expect(await read(0, held)).toEqual(through(0, held));
    expect(Math.max(...asked)).toBe(1_048_576);
  });

  it("given a broker that fails, then it waits as the settings say", async () => {
    const bounds = kafkaBounds(settingsOf({ KAFKA_RETRY_FIRST_MS: "20", KAFKA_RETRY_MOST_MS: "50" }));
    const { at, trouble, read } = scene(bounds);
    trouble.next = new Error("away");
    const reading = read(0, 10);
    await vi.advanceTimersByTimeAsync(150);
    trouble.next = null;
    await vi.advanceTimersByTimeAsync(50);
    expect(await reading).toEqual(through(0, 10));
    const waits = at.map((instant, index) => instant - (at[index - 1] ?? instant)).slice(1);
    expect(waits).toEqual([20, 40, 50, 50]);
  });
});
