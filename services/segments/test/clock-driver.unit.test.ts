import type { Clock } from "@tidemark/runtime";
import { expect, it } from "vitest";
import { clockDriver } from "../src/clock-driver.ts";

/** A clock that runs through its callbacks at once, up to an instant. */
function virtualClock(start: number) {
  let now = start;
  let putBackMs = 0;
  let waiting: { readonly at: number; readonly run: () => void }[] = [];
  const after = (delayMs: number, run: () => void): (() => void) => {
    const entry = { at: now + delayMs, run };
    waiting.push(entry);
    return () => {
      waiting = waiting.filter((other) => other !== entry);
    };
  };
  const clock: Clock = {
    now: () => now,
    elapsedMs: () => now + putBackMs,
    after,
    sleep: (delayMs) => new Promise((resolve) => after(delayMs, resolve)),
  };
  return {
    clock,
    putBack(byMs: number) {
      now -= byMs;
      putBackMs += byMs;
      waiting = waiting.map(({ at, run }) => ({ at: at - byMs, run }));
    },
    async runTo(until: number) {
      for (;;) {
        for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
        const next = waiting.toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > until) break;
        waiting = waiting.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = until;
    },
  };
}

const day = 86_400_000;
const bounds = { maxTimers: 250, slotMs: 1_000, outstandingTimeoutMs: 10_000 };
const two = { count: () => 2, returned: () => undefined };

/** A partition with a timer due at `dueAt` by the broker's clock, which is `aheadMs` behind ours. */
function partition(
  clock: Clock,
  driver: () => ReturnType<typeof clockDriver>,
  dueAt: number,
  aheadMs: () => number,
) {
  const appended: number[] = [];
  let due = dueAt;
  return {
    appended,
    target: {
      clockAheadMs: () => (appended.length === 0 ? 0 : aheadMs()),
      nextDueAt: () => due,
      refreshDue: async () => undefined,
      async appendClock() {
        const at = clock.now() - aheadMs();
        appended.push(at);
        if (at >= due) due = Number.POSITIVE_INFINITY;
        // Read back 5 ms later.
        clock.after(5, () => driver().wake(0, true));
      },
    },
  };
}

it("given a clock a day ahead and a timer due in ten seconds, then clock records go out once a second at most, and it fires in time", async () => {
  const { clock, runTo } = virtualClock(day);
  const driver = clockDriver(clock, bounds, two, () => undefined);
  const { appended, target } = partition(
    clock,
    () => driver,
    10_000,
    () => day,
  );
  driver.add(0, target);
  await runTo(day + 60_000);

  expect(appended.length).toBeLessThanOrEqual(12);
  expect(appended.at(-1)).toBeGreaterThanOrEqual(10_000);
  expect(appended.at(-1)).toBeLessThanOrEqual(11_100);
});

it("given a clock 300 ms ahead, then one clock record comes too early and the next in time", async () => {
  const { clock, runTo } = virtualClock(0);
  const driver = clockDriver(clock, bounds, two, () => undefined);
  const { appended, target } = partition(
    clock,
    () => driver,
    5_000,
    () => 300,
  );
  driver.add(0, target);
  await runTo(20_000);

  expect(appended).toEqual([4_700, 5_000]);
});

it("given a clock a day ahead that is put right, then a timer that is due fires within a second or so", async () => {
  const { clock, runTo, putBack } = virtualClock(day);
  let aheadMs = day;
  const driver = clockDriver(clock, bounds, two, () => undefined);
  const { appended, target } = partition(
    clock,
    () => driver,
    10_000,
    () => aheadMs,
  );
  driver.add(0, target);
  await runTo(day + 9_900);
  putBack(day);
  aheadMs = 0;
  await runTo(20_000);

  expect(appended.at(-1)).toBeGreaterThanOrEqual(10_000);
  expect(appended.at(-1)).toBeLessThanOrEqual(11_100);
});

/** Partitions in which as many timers as said are due at 1,000 ms; `readAfterMs` null: a clock record is not read back. */
function waves(
  clock: Clock,
  slots: number,
  partitions: readonly { readonly records: number; readonly readAfterMs: number | null }[],
) {
  const appended: { readonly partition: number; readonly at: number }[] = [];
  const driver = clockDriver(
    clock,
    bounds,
    { count: () => slots, returned: () => undefined },
    () => undefined,
  );
  for (const [number, { records, readAfterMs }] of partitions.entries()) {
    let left = records;
    driver.add(number, {
      clockAheadMs: () => 0,
      nextDueAt: () => (left > 0 ? 1_000 : Number.POSITIVE_INFINITY),
      refreshDue: async () => undefined,
      async appendClock() {
        appended.push({ partition: number, at: clock.now() });
        if (readAfterMs === null) return;
        clock.after(readAfterMs, () => {
          left -= 1;
          driver.wake(number, true);
        });
      },
    });
  }
  return appended;
}

it("given partitions with much due at one instant, then they take turns", async () => {
  const { clock, runTo } = virtualClock(0);
  const busy = { records: 3, readAfterMs: 5 };
  const appended = waves(clock, 1, [busy, busy, busy]);
  await runTo(2_000);

  expect(appended.map(({ partition }) => partition)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
});

it("given much due at one instant, then no more clock records are on their way than may be, and one a partition", async () => {
  const { clock, runTo } = virtualClock(0);
  const appended = waves(
    clock,
    2,
    Array.from({ length: 5 }, () => ({ records: 4, readAfterMs: 50 })),
  );
  await runTo(5_000);

  expect(appended).toHaveLength(20);
  for (const { at } of appended) {
    const onTheirWay = appended.filter((other) => other.at <= at && at < other.at + 50);
    expect(onTheirWay.length).toBeLessThanOrEqual(2);
    expect(new Set(onTheirWay.map(({ partition }) => partition)).size).toBe(onTheirWay.length);
  }
});

it("given two partitions that are so far behind that they read nothing back, then the timers of a third do not wait for them", async () => {
  const { clock, runTo } = virtualClock(0);
  const behind = { records: 1, readAfterMs: null };
  const appended = waves(clock, 2, [behind, behind, { records: 5, readAfterMs: 5 }]);
  await runTo(4_000);

  expect(appended.filter(({ partition }) => partition === 2)).toHaveLength(5);
  expect(appended.filter(({ partition }) => partition < 2)).toHaveLength(2);
});
