import { createMemoryLog, manualClock } from "@tidemark/testkit";
import { expect, it } from "vitest";
import { createMemoryGate } from "../src/index.ts";

const bounds = { residentBytes: 1_000, pauseMs: 1_000 };
const record = { key: null, value: Buffer.from("v") };

/** Three partitions with a record each, whose handlers end when a test says. */
async function scene(resident: () => number, giveBack = () => {}) {
  const clock = manualClock(0);
  const log = createMemoryLog({ clock });
  await log.ensureTopics([{ name: "t", partitions: 3, replicas: 1, settings: {} }]);
  const handed: number[] = [];
  const ends: (() => void)[] = [];
  await createMemoryGate(clock, bounds, { residentBytes: resident, giveBack })
    .guard(log)
    .consume({
      group: "g",
      topics: ["t"],
      maxBatchRecords: 10,
      sessionTimeoutMs: 6_000,
      onAssigned: async (gained) => gained.map((place) => ({ ...place, offset: 0 })),
      onRevoked: async () => {},
      onBatch: ({ partition }) => {
        handed.push(partition);
        return new Promise((resolve) => ends.push(resolve));
      },
    });
  for (const partition of [0, 1, 2]) await log.append("t", partition, [record]);
  await clock.advance(0);
  return { clock, handed, ends };
}

it("given memory below its bound, then batches of all partitions are handed over side by side", async () => {
  const { handed } = await scene(() => 1_000);
  expect([...handed].sort()).toEqual([0, 1, 2]);
});

it("given memory above it that nobody needs any more, then it is given back, and batches of all go side by side", async () => {
  let resident = 5_000;
  const { handed } = await scene(
    () => resident,
    () => {
      resident = 900;
    },
  );
  expect([...handed].sort()).toEqual([0, 1, 2]);
});

it("given memory above it that is needed, then the loop is stood still for that once a minute at most", async () => {
  let times = 0;
  const { clock, ends } = await scene(
    () => 5_000,
    () => {
      times += 1;
    },
  );
  for (const end of ends) end();
  await clock.advance(5_000);
  expect(times).toBe(1);
});

it("given memory above it, then one is handed over, and the next when that one is done", async () => {
  const { clock, handed, ends } = await scene(() => 1_001);
  expect(handed).toHaveLength(1);
  ends[0]!();
  await clock.advance(50);
  expect(handed).toHaveLength(2);
});

it("given memory that comes back, then the others go on though the first is not done", async () => {
  let resident = 5_000;
  const { clock, handed } = await scene(() => resident);
  resident = 900;
  await clock.advance(50);
  expect(handed).toHaveLength(3);
});

it("given memory that stays above it and a batch that never ends, then the others wait no longer than the pause", async () => {
  const { clock, handed } = await scene(() => 5_000);
  await clock.advance(900);
  expect(handed).toHaveLength(1);
  await clock.advance(200);
  expect(handed).toHaveLength(3);
});
