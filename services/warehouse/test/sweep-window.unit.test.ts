/** How many subjects of a sweep are on their way at a time. */
import { systemClock } from "@tidemark/runtime";
import { expect, test } from "vitest";
import { createSweepWindow } from "../src/sweep/sweep-window.ts";

const options = { maxAhead: 400, fewest: 400, most: 1_600, lagMs: 100 };

/** Records of 200 subjects each: a partition's first stands at 0, the next at 1. */
function scene() {
  let now = 1_000_000;
  let isWanted = true;
  const positions = [0, 0, 0, 0, 0, 0, 0, 0];
  const ends = positions.map(() => 0);
  const clock = {
    ...systemClock,
    now: () => now,
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
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test("given nothing that was folded yet, then two records are on their way over all partitions, and no more", async () => {
  const { granted, send } = scene();
  for (const partition of [0, 1, 2, 3]) void send(partition);
  await turns();
  expect(granted).toEqual([0, 1]);
});

test("given records that are folded in time, then more are on their way at a time, and fewer once they take longer", async () => {
  const { granted, send, fold } = scene();
  const sendAndFold = async (afterMs: number): Promise<void> => {
    const sent = [send(0), send(1)];
    await Promise.all(sent);
    for (const partition of [0, 1]) fold(partition, partition === 0 ? afterMs : 0);
    await send(2);
    fold(2, afterMs);
  };
  for (let time = 0; time < 4; time += 1) await sendAndFold(10);
  granted.splice(0);
  for (const partition of [3, 4, 5, 6, 7]) void send(partition);
  await turns();
  // 400, and 50 more for each record that was seen to be folded: 600 after four of them at least.
  expect(granted.length).toBeGreaterThanOrEqual(3);
  const before = granted.length;

  for (const partition of [3, 4, 5, 6, 7]) fold(partition, 200);
  await turns();
  granted.splice(0);
  for (const partition of [0, 1, 2, 3, 4]) void send(partition);
  await turns();
  expect(granted.length).toBeLessThan(before);
  expect(granted.length).toBeGreaterThanOrEqual(2);
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
