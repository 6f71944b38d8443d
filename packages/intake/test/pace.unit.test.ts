import { manualClock } from "@tidemark/testkit";
import { describe, expect, test } from "vitest";
import { createPace } from "../src/pace.ts";

const options = { foldGroup: "fold", aheadRecords: 100, lookEveryMs: 200, standstillMs: 5_000 };

/** A topic whose partitions end and are folded where a test says; null where the fold never said. */
function scene() {
  const clock = manualClock(0);
  const state = { ends: [0, 0], folded: [0, 0] as (number | null)[], isAway: false, looks: 0 };
  const log = {
    async endOffsets() {
      if (state.isAway) throw new Error("away");
      return state.ends;
    },
    async committed() {
      state.looks += 1;
      return state.folded.map((offset) => (offset === null ? null : { offset, metadata: "" }));
    },
  };
  const pace = createPace(log, clock, "events", options);
  const ask = async (afterMs: number): Promise<"room" | "waits"> => {
    const asked = pace.room(() => true).then(() => "room" as const);
    await clock.advance(afterMs);
    return Promise.race([asked, Promise.resolve().then(() => "waits" as const)]);
  };
  return { clock, state, pace, ask };
}

describe("how far intake runs ahead of the fold", () => {
  test("given more than may be ahead over all partitions, then it waits, and goes on once the fold has come up", async () => {
    const { state, ask, pace } = scene();
    state.ends = [80, 60];
    await ask(0);
    expect(await ask(1_000)).toBe("waits");
    state.folded = [10, 20];
    expect(await ask(1_000)).toBe("waits");
    state.folded = [30, 20];
    expect(await ask(400)).toBe("room");
    expect(pace.isHeld()).toBe(false);
  });

  test("given a partition that nobody folds, then it holds up the others for a while and no longer", async () => {
    const { clock, state, ask } = scene();
    state.ends = [500, 10];
    await ask(0);
    expect(await ask(1_000)).toBe("waits");
    await clock.advance(5_000);
    expect(await ask(0)).toBe("room");
    // It moves again, and counts again.
    state.folded = [100, 10];
    await ask(200);
    await ask(200);
    expect(await ask(1_000)).toBe("waits");
  });

  test("given a fold that never said how far it is, then nothing waits for it", async () => {
    const { state, ask } = scene();
    state.ends = [10_000, 10_000];
    state.folded = [null, null];
    await ask(0);
    expect(await ask(1_000)).toBe("room");
  });

  test("given a broker that is away, then nothing waits for an answer, and what was known counts no longer than a standstill", async () => {
    const { clock, state, ask } = scene();
    state.ends = [500, 0];
    await ask(0);
    state.isAway = true;
    expect(await ask(1_000)).toBe("waits");
    await clock.advance(5_000);
    expect(await ask(0)).toBe("room");
  });

  test("given nothing to send, then nobody is asked", async () => {
    const { clock, state, ask } = scene();
    await ask(0);
    await clock.advance(60_000);
    expect(state.looks).toBe(1);
  });

  test("given that nobody wants to send any more, then the waiting ends", async () => {
    const { clock, state, ask, pace } = scene();
    state.ends = [500, 0];
    await ask(0);
    let isWanted = true;
    const asked = pace.room(() => isWanted);
    isWanted = false;
    await clock.advance(200);
    await asked;
  });
});
