/** How many subjects of a sweep are on their way at a time. */
import { systemClock } from "@tidemark/runtime";
import { expect, test } from "vitest";
import { createSweepWindow } from "../src/sweep/sweep-window.ts";

const options = { maxAhead: 400, fewest: 400, most: 1_600, lagMs: 100, pollMs: 15 };

/** Records of 200 subjects each: a partition's first stands at 0, the next at 1. */
function scene() {
  let now = 1_000_000;
  let isWanted = true;
  const positions = [0, 0, 0, 0, 0, 0, 0, 0];
  const ends = positions.map(() => 0);
  const clock = {
    ...systemClock,
    elapsedMs: () => now,
    sleep: (ms: number) => {
      now += ms;
      return new Promise<void>((resolve) => setImmediate(resolve));
    },
  };
  const store = { position: async (partition: number) => positions[partition] ?? 0 };
  const window = createSweepWindow(store, clock, options, () => isWanted);
  const granted: number[] = [];
  return {
    granted,
    send(partition: number): Promise<boolean> {
      const room = window.room(partition, 200);
      return room.then((may) => {
        if (!may) return false;
        granted.push(partition);
        window.appended(partition, 200, 200, ends[partition] ?? 0);
        ends[partition] = (ends[partition] ?? 0) + 1;
        return true;
      });
    },
    /** All that came to a partition is folded so long after now. */
    fold(partition: number, afterMs: number) {
      now += afterMs;
      positions[partition] = ends[partition] ?? 0;
    },
    stop() {
      isWanted = false;
    },
  };
}

/** Less than what makes a partition count as stalled. */
const turns = async (count = 40): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test("given nothing that was folded yet, then two records are on their way over all partitions, and no more", async () => {
  const { granted, send } = scene();
  for (const partition of [0, 1, 2, 3]) void send(partition);
  await turns();
  expect(granted).toEqual([0, 1]);
});

test("given records that are folded in time, then more are on their way at a time, and fewer once they take longer", async () => {
  const { granted, send, fold } = scene();
  // More than one partition may have at a time: somebody waits, and looks.
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 0, 0];
  /** How many go before any is folded. All go in the end, each folded so long after it came. */
  const atATime = async (turnsEach: number): Promise<number> => {
    granted.splice(0);
    const sent = all.map(send);
    await turns(turnsEach);
    const found = granted.length;
    while (granted.length < all.length) {
      for (const partition of granted) fold(partition, 0);
      await turns(turnsEach);
    }
    await Promise.all(sent);
    for (const partition of all) fold(partition, 0);
    return found;
  };
  // Each turn takes 15 ms.
  expect(await atATime(2)).toBe(2);
  const grown = await atATime(2);
  expect(grown).toBeGreaterThan(2);
  await atATime(20);
  await atATime(20);
  const shrunk = await atATime(20);
  expect(shrunk).toBeLessThan(grown);
  expect(shrunk).toBeGreaterThanOrEqual(2);
});

test("given a partition that nobody folds, then it has what one partition may have, and the others go on", async () => {
  const { granted, send, fold } = scene();
  void send(0);
  void send(0);
  void send(0);
  void send(1);
  await turns();
  expect(granted).toEqual([0, 0]);
  // Six seconds later.
  fold(7, 6_000);
  await turns();
  expect(granted).toEqual([0, 0, 1]);
});

test("given that nobody wants it any more, then who waits hears that", async () => {
  const { send, stop } = scene();
  void send(0);
  void send(0);
  const waiting = send(1);
  await turns();
  stop();
  expect(await waiting).toBe(false);
});
