import type { CommitPosition, LogRecord } from "@tidemark/runtime";
import { manualClock } from "@tidemark/testkit";
import { expect, test } from "vitest";
import { createPositionTeller } from "../src/tell-position.ts";

const place = (partition: number) => ({ topic: "customer-events", partition });
const upTo = (offset: number) => [{ offset }] as unknown as readonly LogRecord[];

function scene() {
  const clock = manualClock(0);
  const told: [number, number][][] = [];
  let fails = false;
  const teller = createPositionTeller(clock, 200, async (positions: readonly CommitPosition[]) => {
    if (fails) throw new Error("between two generations");
    told.push(positions.map(({ partition, offset }) => [partition, offset]));
  });
  return { clock, told, teller, fail: (given: boolean) => (fails = given) };
}

test("given batches that were folded, then the group is told now and then how far, of all partitions at once", async () => {
  const { clock, told, teller } = scene();
  teller.reached(place(0), upTo(4));
  teller.reached(place(1), upTo(7));
  teller.reached(place(0), upTo(9));
  await clock.advance(200);
  expect(told).toEqual([
    [
      [0, 10],
      [1, 8],
    ],
  ]);
  await clock.advance(10_000);
  expect(told).toHaveLength(1);
});

test("given a position that could not be told, then the next one is", async () => {
  const { clock, told, teller, fail } = scene();
  fail(true);
  teller.reached(place(0), upTo(4));
  await clock.advance(200);
  fail(false);
  teller.reached(place(0), upTo(6));
  await clock.advance(200);
  expect(told).toEqual([[[0, 7]]]);
});

test("given a partition that went elsewhere and a stop, then nothing is told of them", async () => {
  const { clock, told, teller } = scene();
  teller.reached(place(0), upTo(4));
  teller.forget(0);
  await clock.advance(200);
  teller.reached(place(1), upTo(4));
  teller.stop();
  teller.reached(place(1), upTo(5));
  await clock.advance(1_000);
  expect(told).toEqual([]);
});
