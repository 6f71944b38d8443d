import type { Clock } from "@tidemark/runtime";
import { expect, it } from "vitest";
import { clockDriver } from "../src/clock-driver.ts";

/** A clock that runs through its callbacks at once, up to an instant. */
function virtualClock(start: number) {
  let now = start;
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
    after,
    sleep: (delayMs) => new Promise((resolve) => after(delayMs, resolve)),
  };
  return {
    clock,
    putBack(byMs: number) {
      now -= byMs;
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
const bounds = { maxTimers: 250, maxOutstanding: 2, outstandingTimeoutMs: 10_000 };

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
  const driver = clockDriver(clock, bounds, () => undefined);
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
  const driver = clockDriver(clock, bounds, () => undefined);
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
  const driver = clockDriver(clock, bounds, () => undefined);
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
