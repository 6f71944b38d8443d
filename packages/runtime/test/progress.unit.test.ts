import { createMemoryLog, type ManualClock, manualClock } from "@tidemark/testkit";
import { describe, expect, it } from "vitest";
import { createProgress, type Log, type Progress } from "../src/index.ts";

const bounds = { checkMs: 1_000, stalledAfterMs: 60_000 };
const at = (partition: number) => ({ topic: "t", partition });
const record = { key: null, value: Buffer.from("v") };

interface Scene {
  readonly clock: ManualClock;
  readonly log: Log;
  readonly progress: Progress;
  /** Lets the batches in hand end. */
  readonly release: () => void;
  readonly commit: (offset: number) => Promise<void>;
  readonly append: (count: number) => Promise<void>;
}

async function consuming(doneWhenCommitted: readonly string[] = []): Promise<Scene> {
  const clock = manualClock(1_000_000);
  const log = createMemoryLog({ clock });
  await log.ensureTopics([{ name: "t", partitions: 1, replicas: 1, settings: {} }]);
  const progress = createProgress(clock, bounds);
  let gate = Promise.withResolvers<void>();
  const consumption = await progress.follow(log, { doneWhenCommitted, appendTimes: true }).consume({
    group: "g",
    topics: ["t"],
    maxBatchRecords: 100,
    sessionTimeoutMs: 6_000,
    onAssigned: async (gained) => gained.map((partition) => ({ ...partition, offset: 0 })),
    onRevoked: async () => {},
    onBatch: () => gate.promise,
  });
  return {
    clock,
    log,
    progress,
    release() {
      gate.resolve();
      gate = Promise.withResolvers();
    },
    commit: (offset) => consumption.commit([{ ...at(0), offset, metadata: "" }]),
    append: async (count) =>
      void (await log.append(
        "t",
        0,
        Array.from({ length: count }, () => record),
      )),
  };
}

describe("given a service that follows its progress", () => {
  it("and nothing to do, then it is ready for as long as that lasts, and nothing lags", async () => {
    const { clock, progress } = await consuming();
    await clock.advance(10 * bounds.stalledAfterMs);
    expect(progress.ready()).toEqual({ ready: true });
    expect(progress.lags()).toEqual([{ ...at(0), records: 0, ms: 0 }]);
    expect(progress.inHand()).toEqual([]);
  });

  it("and a batch that is not done for longer than the bound, then it is not ready and says which (P1)", async () => {
    const { clock, progress, append, release } = await consuming();
    await append(5);
    await clock.advance(60_000);
    expect(progress.ready()).toEqual({ ready: true });
    await clock.advance(1_000);
    expect(progress.ready()).toEqual({
      ready: false,
      reason: "t/0 makes no progress: 5 records wait and none was done for 61 s",
    });
    expect(progress.lags()).toEqual([{ ...at(0), records: 5, ms: 61_000 }]);
    expect(progress.inHand()).toEqual(["t/0: 5 records for 61 s"]);
    release();
    await clock.advance(0);
    expect(progress.ready()).toEqual({ ready: true });
    expect(progress.lags()).toEqual([{ ...at(0), records: 0, ms: 0 }]);
  });

  it("and done means committed, then what was handled and not committed waits", async () => {
    const { clock, progress, append, release, commit } = await consuming(["t", "another"]);
    await append(4);
    await clock.advance(0);
    release();
    await clock.advance(30_000);
    await commit(3);
    expect(progress.lags()).toMatchObject([{ records: 1 }]);
    await clock.advance(60_000);
    expect(progress.ready().ready).toBe(true);
    await clock.advance(1_000);
    expect(progress.ready().ready).toBe(false);
    await commit(4);
    expect(progress.ready()).toEqual({ ready: true });
  });

  it("and another topic that is done when committed, then a batch of this one is done when it is handled", async () => {
    const { clock, progress, append, release } = await consuming(["another"]);
    await append(4);
    await clock.advance(0);
    release();
    await clock.advance(10 * bounds.stalledAfterMs);
    expect(progress.ready()).toEqual({ ready: true });
  });

  it("and offsets behind which nothing can be read, then they are not waited for (P2)", async () => {
    const clock = manualClock(1_000_000);
    const broker = createMemoryLog({ clock });
    await broker.ensureTopics([{ name: "t", partitions: 1, replicas: 1, settings: {} }]);
    // A transaction's marker takes an offset and is never handed out.
    let marker = 0;
    const log: Log = {
      ...broker,
      endOffsets: async () => [marker],
      async *read() {},
    };
    const progress = createProgress(clock, bounds);
    await progress.follow(log).consume({
      group: "g",
      topics: ["t"],
      maxBatchRecords: 100,
      sessionTimeoutMs: 6_000,
      onAssigned: async (gained) => gained.map((partition) => ({ ...partition, offset: 0 })),
      onRevoked: async () => {},
      onBatch: async () => {},
    });
    marker = 1;
    for (let minute = 0; minute < 10; minute += 1) {
      await clock.advance(60_000);
      expect(progress.ready()).toEqual({ ready: true });
    }
    expect(progress.lags()).toEqual([{ ...at(0), records: 0, ms: 0 }]);
  });
});
