import type { LogRecord } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { closeLane, fillLane, hasRoom, type Lane, type LaneOptions, openLane } from "../src/lanes.ts";

const place = { topic: "t", partition: 3 };
const turn = () => new Promise((resolve) => setImmediate(resolve));
const records = (from: number, to: number): LogRecord[] =>
  Array.from({ length: to - from }, (_, at) => ({
    ...place,
    offset: from + at,
    timestamp: 0,
    key: null,
    value: null,
    headers: [],
  }));

/** A lane whose handler answers when the test wants. */
function watchedLane(options: Partial<LaneOptions> = {}) {
  const lane = openLane(place, 0, 262_144);
  const batches: number[][] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const room: Lane[] = [];
  const failures: unknown[] = [];
  const all: LaneOptions = {
    maxBatchRecords: 5,
    onBatch: async (_, batch) => {
      batches.push(batch.map(({ offset }) => offset));
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
    },
    mayDeliver: () => true,
    onRoom: (own) => room.push(own),
    onFailure: (error) => failures.push(error),
    ...options,
  };
  return {
    lane,
    batches,
    room,
    failures,
    fill: (from: number, to: number, bytes = 1, nextOffset = to) =>
      fillLane(lane, { records: records(from, to), bytes, nextOffset }, all),
    async answer() {
      gates.shift()?.resolve();
      await turn();
    },
  };
}

describe("a lane", () => {
  it("given fetches of any size, then batches join and cut them, one at a time, none larger than wanted", async () => {
    const { batches, fill, answer } = watchedLane();
    fill(0, 2);
    fill(2, 3);
    fill(3, 15);
    expect(batches).toEqual([[0, 1]]);
    await answer();
    expect(batches).toEqual([
      [0, 1],
      [2, 3, 4, 5, 6],
    ]);
    await answer();
    await answer();
    await answer();
    expect(batches.slice(2)).toEqual([
      [7, 8, 9, 10, 11],
      [12, 13, 14],
    ]);
    fill(15, 16);
    expect(batches).toHaveLength(5);
  });

  it("given more bytes than it holds, then it has no room until a handler took some, and says so once", async () => {
    const { lane, room, fill, answer } = watchedLane();
    fill(0, 5, 100_000);
    fill(5, 15, 200_000);
    expect(hasRoom(lane)).toBe(true);
    fill(15, 20, 100_000);
    expect(hasRoom(lane)).toBe(false);
    await answer();
    expect(lane.bufferedBytes).toBe(200_000);
    expect(room).toEqual([lane]);
    await answer();
    expect(room).toEqual([lane]);
  });

  it("given offsets without records, then the position moves on and nothing is handed over", () => {
    const { lane, batches, fill } = watchedLane();
    fill(0, 0, 0, 7);
    expect(lane.position).toBe(7);
    expect(batches).toEqual([]);
  });

  it("given a lane that is closed, then nothing more is handed over, and its handler's error is nobody's", async () => {
    const gate = Promise.withResolvers<void>();
    const { lane, batches, failures, fill } = watchedLane({ onBatch: () => gate.promise });
    fill(0, 10);
    closeLane(lane);
    gate.reject(new Error("the partition is lost"));
    await turn();
    fill(10, 20);
    expect(batches).toEqual([]);
    expect(failures).toEqual([]);
    expect(lane).toMatchObject({ bufferedBytes: 0, position: 10 });
  });

  it("given a handler that throws, then that is told and nothing more is handed over", async () => {
    let calls = 0;
    const { failures, fill } = watchedLane({
      onBatch: async () => {
        calls += 1;
        throw new Error("no");
      },
      mayDeliver: () => calls === 0,
    });
    fill(0, 10);
    await turn();
    expect(failures.map(String)).toEqual(["Error: no"]);
    expect(calls).toBe(1);
  });
});
