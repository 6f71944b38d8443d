import { createMemoryLog, manualClock } from "@tidemark/testkit";
import { expect, it } from "vitest";
import { createMemoryGate } from "../src/index.ts";

const bounds = { residentBytes: 1_000, nearPercent: 87.5, pauseMs: 1_000 };
const record = { key: null, value: Buffer.from("v") };

/** Three partitions with a record each, whose handlers end when a test says. */
async function scene(resident: () => number, giveBack = () => 0, collectSooner = () => {}) {
  const clock = manualClock(0);
  const log = createMemoryLog({ clock });
  await log.ensureTopics([{ name: "t", partitions: 3, replicas: 1, settings: {} }]);
  const handed: number[] = [];
  const ends: (() => void)[] = [];
  const gate = createMemoryGate(clock, bounds, { residentBytes: resident, giveBack, collectSooner });
  await gate.guard(log).consume({
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
  return { clock, handed, ends, gate };
}

it("given memory below its bound, then batches of all partitions are handed over side by side", async () => {
  const { handed } = await scene(() => 870);
  expect([...handed].sort()).toEqual([0, 1, 2]);
});

it("given memory above it that nobody needs any more, then it is given back, and batches of all go side by side", async () => {
  let resident = 5_000;
  const { handed } = await scene(
    () => resident,
    () => {
      resident = 800;
      return 10;
    },
  );
  expect([...handed].sort()).toEqual([0, 1, 2]);
});

it("M2: given memory above it that is needed, then the loop is stood still for that once a minute at most", async () => {
  let times = 0;
  const { clock, ends } = await scene(
    () => 5_000,
    () => {
      times += 1;
      return 10;
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

it("M2: given memory near its bound again and again that nobody needs, then it is given back before the bound is passed, a twentieth of the time", async () => {
  let resident = 0;
  const givenBackAt: number[] = [];
  const { clock, gate } = await scene(
    () => resident,
    () => {
      givenBackAt.push(clock.now());
      resident = 300;
      return 100;
    },
  );
  const peaks: number[] = [];
  for (let now = 0; now < 10_000; now += 100) {
    resident += 25;
    gate.look();
    peaks.push(resident);
    await clock.advance(100);
  }
  expect(Math.max(...peaks)).toBeLessThanOrEqual(1_000);
  // Every 23 looks from 300 to beyond 875, and 35 from nothing.
  expect(givenBackAt).toEqual([3_500, 5_900, 8_300]);
});

it("M2: given memory that comes back near its bound at once, then nineteen times as long as it took nothing is given back", async () => {
  const givenBackAt: number[] = [];
  let resident = 0;
  const { clock, gate } = await scene(
    () => resident,
    () => {
      givenBackAt.push(clock.now());
      resident = 300;
      return 100;
    },
  );
  for (let now = 0; now < 6_000; now += 100) {
    resident = 900;
    gate.look();
    await clock.advance(100);
  }
  expect(givenBackAt).toEqual([0, 1_900, 3_800, 5_700]);
});

it("given memory near its bound, then less gathers from then on, which is told once, before what is there is given back", async () => {
  const told: string[] = [];
  let resident = 875;
  const { clock, gate } = await scene(
    () => resident,
    () => {
      told.push("give back");
      resident = 300;
      return 0;
    },
    () => told.push("collect sooner"),
  );
  gate.look();
  expect(told).toEqual([]);
  for (let times = 0; times < 2; times += 1) {
    resident = 876;
    gate.look();
    await clock.advance(100);
  }
  expect(told).toEqual(["collect sooner", "give back", "give back"]);
});
