import { manualClock } from "@tidemark/testkit";
import { expect, it } from "vitest";
import { createDependencies } from "../src/index.ts";

const bounds = { checkMs: 1_000, awayAfterMs: 15_000 };

it("given a part that fails, then it is away after the bound, with what it said, and back with its first answer", async () => {
  const clock = manualClock(0);
  const dependencies = createDependencies(clock, bounds);
  let isAway = false;
  dependencies.watch("Redis", async () => {
    if (isAway) throw new Error("connection refused");
  });
  dependencies.watch("Kafka", async () => {});
  await clock.advance(60_500);
  expect(dependencies.ready()).toEqual({ ready: true });
  isAway = true;
  await clock.advance(14_000);
  expect(dependencies.ready()).toEqual({ ready: true });
  await clock.advance(2_000);
  expect(dependencies.ready()).toEqual({
    ready: false,
    reason: "Redis does not answer for 16 s: connection refused",
  });
  isAway = false;
  await clock.advance(1_000);
  expect(dependencies.ready()).toEqual({ ready: true });
});

it("given a part that hangs, then it is away after the bound", async () => {
  const clock = manualClock(0);
  const dependencies = createDependencies(clock, bounds);
  dependencies.watch("ClickHouse", () => new Promise(() => {}));
  await clock.advance(16_000);
  expect(dependencies.ready()).toEqual({ ready: false, reason: "ClickHouse does not answer for 16 s" });
});
