import { describe, expect, test } from "vitest";
import { decideLoad } from "../src/load/decide-load.ts";
import type { LoadMark, LoadSource } from "../src/load/load-mark.ts";

const nothing = { mark: undefined, records: 0, now: 1_000, seed: 1, zone: "UTC" };
const wish = { file: null, seed: null, zone: null };
const demo: LoadMark = { source: { kind: "demo", seed: 1, now: 500 }, zone: "UTC", isComplete: true };
const file: Extract<LoadSource, { kind: "file" }> = {
  kind: "file",
  file: "/a.csv",
  bytes: 10,
  modifiedAt: 5,
  map: "customer=a",
  hasHeader: true,
  guest: null,
};

describe("what a start loads", () => {
  test("given nothing there, when the demo is started, then it is loaded with the last order now", () => {
    expect(decideLoad(wish, nothing)).toEqual({
      action: "load",
      mark: { source: { kind: "demo", seed: 1, now: 1_000 }, zone: "UTC", isComplete: false },
    });
    expect(decideLoad({ ...wish, seed: 9, zone: "Asia/Tokyo" }, nothing)).toMatchObject({
      mark: { source: { seed: 9 }, zone: "Asia/Tokyo" },
    });
  });

  test("given the demo there, when it is started again, then it is kept; with the same seed too", () => {
    const present = { ...nothing, mark: demo, records: 50 };
    expect(decideLoad(wish, present)).toEqual({ action: "keep", mark: demo });
    expect(decideLoad({ ...wish, seed: 1 }, present)).toEqual({ action: "keep", mark: demo });
  });

  test("given a load that was cut off, when it is started again, then the same load goes on, at the same instant", () => {
    const mark = { ...demo, isComplete: false };
    expect(decideLoad(wish, { ...nothing, mark, records: 50 })).toEqual({ action: "load", mark });
  });

  test("given a mark but topics that are empty, when it is started, then the demo is loaded anew", () => {
    expect(decideLoad(wish, { ...nothing, mark: demo })).toMatchObject({
      action: "load",
      mark: { source: { now: 1_000 } },
    });
  });

  test("given the demo there, when another seed, zone or a file is asked for, then it is refused with the way out", () => {
    const present = { ...nothing, mark: demo, records: 50 };
    for (const other of [{ seed: 2 }, { zone: "Asia/Tokyo" }, { file }]) {
      const decision = decideLoad({ ...wish, ...other }, present);
      expect(decision).toMatchObject({ action: "refuse", reason: expect.stringContaining("--fresh") });
    }
  });

  test("given a file loaded, when the same one is asked for again, then it is kept, and one that changed is refused", () => {
    const present = { ...nothing, mark: { ...demo, source: file }, records: 50 };
    expect(decideLoad({ ...wish, file }, present).action).toBe("keep");
    expect(decideLoad(wish, present).action).toBe("keep");
    expect(decideLoad({ ...wish, file: { ...file, bytes: 11 } }, present).action).toBe("refuse");
  });

  test("given events that somebody else wrote, when the demo is started, then they are left alone", () => {
    expect(decideLoad(wish, { ...nothing, records: 50 })).toEqual({ action: "foreign", zone: "UTC" });
    expect(decideLoad({ ...wish, file }, { ...nothing, records: 50 }).action).toBe("refuse");
  });
});
