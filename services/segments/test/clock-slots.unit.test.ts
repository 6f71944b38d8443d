import { expect, it } from "vitest";
import { clockSlots } from "../src/clock-slots.ts";

const bounds = { fewest: 2, most: 16, busyPercent: 70 };

/** Clock records come back every 10 ms for a second, while the process is as busy as said. */
function wave(busy: number, wanted = true) {
  let now = 0;
  let percent = busy;
  const slots = clockSlots({ elapsedMs: () => now }, bounds, () => percent);
  const goOn = (next = percent): number => {
    percent = next;
    for (const end = now + 1_000; now < end; ) {
      now += 10;
      slots.returned(wanted);
    }
    return slots.count();
  };
  return {
    goOn,
    pass: (ms: number) => {
      now += ms;
    },
    slots,
  };
}

it("given a process that is busy, then a wave has the fewest clock records on their way", () => {
  expect(wave(90).goOn()).toBe(2);
});

it("given a process with time to spare, then a wave has more and more, up to the most", () => {
  const { goOn } = wave(30);
  expect(goOn()).toBeGreaterThan(8);
  expect(goOn()).toBe(16);
  expect(goOn()).toBe(16);
});

it("given a process that has become busy, then a wave goes back to the fewest within a second", () => {
  const { goOn } = wave(30);
  goOn();
  goOn();
  expect(goOn(95)).toBe(2);
});

it("given no timer that waits for its place, then there are no more than the fewest, whatever time there is to spare", () => {
  expect(wave(10, false).goOn()).toBe(2);
});

it("given a wave long after another, then it begins with the fewest", () => {
  const { goOn, pass, slots } = wave(30);
  goOn();
  goOn();
  pass(5_000);
  slots.returned(true);
  expect(slots.count()).toBe(2);
});
