import type { ChangeVerdict, SegmentChange } from "@tidemark/contracts";
import { describe, expect, test } from "vitest";
import { planBatch } from "../src/batch.ts";
import { automationsInForce } from "../src/in-force.ts";
import type { ReadRecord } from "../src/read-records.ts";
import { changeRecord, definitionsWith, segmentChange } from "./samples.ts";

const welcome = {
  kind: "automation",
  id: "welcome",
  on: { enters: "loyal" },
  do: [{ webhook: "crm" }, { webhook: "chat-bot" }],
};
const inForce = automationsInForce(definitionsWith(welcome));

const change = (offset: number, given: Partial<SegmentChange>): ReadRecord => ({
  record: changeRecord(offset),
  decoded: { type: "tidemark.changes.SegmentChange", value: segmentChange(given) },
});
const fence = (offset: number, epoch: number): ReadRecord => ({
  record: changeRecord(offset),
  decoded: { type: "tidemark.changes.Fence", value: { epoch, token: "t" } },
});

describe("what a batch sets off", () => {
  test("given repeats, an owner shut out and a gap, then each change that counts is acted on once and the gap is told", () => {
    const batch = planBatch(
      { offset: 0, cursor: { sequence: 0, epoch: 0 } },
      [
        fence(0, 1),
        change(1, { sequence: 1 }),
        change(2, { sequence: 2 }),
        fence(3, 2),
        change(4, { sequence: 3, epoch: 1 }),
        change(5, { sequence: 2, epoch: 2 }),
        change(6, { sequence: 3, epoch: 2 }),
        change(7, { sequence: 6, epoch: 2 }),
        { record: changeRecord(8), decoded: undefined },
      ],
      inForce,
    );
    expect(batch.steps.map(({ webhooks }) => webhooks.map(({ id }) => id))).toEqual([
      ["3-1/welcome/0", "3-1/welcome/1"],
      ["3-2/welcome/0", "3-2/welcome/1"],
      ["3-3/welcome/0", "3-3/welcome/1"],
      ["3-6/welcome/0", "3-6/welcome/1"],
    ]);
    expect(batch.verdicts).toEqual<ChangeVerdict[]>(["new", "new", "void", "repeat", "new", "gap"]);
    expect(batch.gaps).toEqual([{ offset: 7, expected: 4, found: 6 }]);
    const before = batch.steps.map(({ before: { offset, cursor } }) => [
      offset,
      cursor.sequence,
      cursor.epoch,
    ]);
    expect(before).toEqual([
      [1, 0, 1],
      [2, 1, 1],
      [6, 2, 2],
      [7, 3, 2],
    ]);
    expect(batch.end).toEqual({ offset: 9, cursor: { sequence: 6, epoch: 2 } });
  });

  test("given history, then nothing is sent and it is counted", () => {
    const batch = planBatch(
      { offset: 0, cursor: { sequence: 0, epoch: 1 } },
      [change(0, { sequence: 1, historic: true }), change(1, { sequence: 2, historic: true, to: "out" })],
      inForce,
    );
    expect(batch.steps.flatMap(({ webhooks }) => webhooks)).toEqual([]);
    expect(batch.historic).toBe(1);
    expect(batch.end).toEqual({ offset: 2, cursor: { sequence: 2, epoch: 1 } });
  });

  test("given changes that were found elsewhere, then whoever goes on from before one of them misses it again", () => {
    const from = { offset: 9, cursor: { sequence: 1, epoch: 2 } };
    const found = (offset: number, sequence: number): ReadRecord => ({
      ...change(offset, { sequence, epoch: 1 }),
      isRepaired: true,
    });
    const { steps, end, gaps } = planBatch(
      from,
      [found(2, 2), found(3, 3), change(9, { sequence: 4, epoch: 2 })],
      inForce,
    );
    expect(gaps).toEqual([]);
    expect(steps.map(({ before }) => before)).toEqual([from, from, from]);
    expect(end).toEqual({ offset: 10, cursor: { sequence: 4, epoch: 2 } });
  });
});
