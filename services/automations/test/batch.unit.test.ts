import type { ChangeVerdict, SegmentChange } from "@tidemark/contracts";
import { describe, expect, test } from "vitest";
import { planBatch, type Step, settleBatch } from "../src/batch.ts";
import { automationsInForce } from "../src/in-force.ts";
import { encodeCursor, parseCursor } from "../src/position.ts";
import type { ReadRecord } from "../src/read-records.ts";
import type { Webhook } from "../src/webhook.ts";
import { changeRecord, definitionsWith, segmentChange, webhook } from "./samples.ts";

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
      { sequence: 0, epoch: 0 },
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
      [],
      ["3-1/welcome/0", "3-1/welcome/1"],
      ["3-2/welcome/0", "3-2/welcome/1"],
      [],
      [],
      [],
      ["3-3/welcome/0", "3-3/welcome/1"],
      ["3-6/welcome/0", "3-6/welcome/1"],
      [],
    ]);
    expect(batch.verdicts).toEqual<ChangeVerdict[]>(["new", "new", "void", "repeat", "new", "gap"]);
    expect(batch.gaps).toEqual([{ offset: 7, expected: 4, found: 6 }]);
    expect(batch.steps.map(({ cursor }) => [cursor.sequence, cursor.epoch])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
      [2, 2],
      [2, 2],
      [2, 2],
      [3, 2],
      [6, 2],
      [6, 2],
    ]);
  });

  test("given history, then nothing is sent and it is counted", () => {
    const batch = planBatch(
      { sequence: 0, epoch: 1 },
      [change(0, { sequence: 1, historic: true }), change(1, { sequence: 2, historic: true, to: "out" })],
      inForce,
    );
    expect(batch.steps.flatMap(({ webhooks }) => webhooks)).toEqual([]);
    expect(batch.historic).toBe(1);
    expect(batch.steps.at(-1)?.cursor).toEqual({ sequence: 2, epoch: 1 });
  });
});

describe("the settling of a batch", () => {
  const step = (offset: number, ...webhooks: readonly Webhook[]): Step => ({
    record: changeRecord(offset),
    webhooks,
    cursor: { sequence: offset, epoch: 1 },
  });
  const to = (id: string, endpoint: string, subject: string) => webhook({ id, endpoint, subject });
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test("given an endpoint that hangs, then all messages to others are sent meanwhile, and those of a subject in order", async () => {
    const sent: string[] = [];
    const opened = Promise.withResolvers<void>();
    const steps = [
      step(0, to("a1", "hung", "ann"), to("a1", "fine", "ann")),
      step(1, to("b1", "hung", "bob"), to("b1", "fine", "bob")),
      step(2, to("a2", "hung", "ann"), to("a2", "fine", "ann")),
    ];
    const settled = settleBatch(steps, async ({ id, endpoint }) => {
      sent.push(`${endpoint} ${id}`);
      if (endpoint === "hung") await opened.promise;
      return true;
    });
    await turn();
    expect(sent.filter((name) => name.startsWith("fine")).sort()).toEqual(["fine a1", "fine a2", "fine b1"]);
    expect(sent.filter((name) => name.startsWith("hung")).sort()).toEqual(["hung a1", "hung b1"]);
    expect(sent.indexOf("fine a1")).toBeLessThan(sent.indexOf("fine a2"));
    opened.resolve();
    expect(await settled).toBe(3);
    expect(sent.at(-1)).toBe("hung a2");
  });

  test("given one that was abandoned, then only what lies before it is settled, and its subject waits", async () => {
    const sent: string[] = [];
    const steps = [
      step(0, to("a1", "crm", "ann")),
      step(1),
      step(2, to("b1", "crm", "bob"), to("b1", "chat", "bob")),
      step(3, to("c1", "crm", "cat")),
      step(4, to("b2", "crm", "bob")),
    ];
    const settled = await settleBatch(steps, async ({ id, endpoint }) => {
      sent.push(`${endpoint} ${id}`);
      return !(id === "b1" && endpoint === "crm");
    });
    expect(settled).toBe(2);
    expect(sent).not.toContain("crm b2");
    expect(sent).toContain("crm c1");
  });

  test("given nothing to send, then all is settled", async () => {
    expect(await settleBatch([step(0), step(1)], async () => false)).toBe(2);
  });
});

describe("what a commit says", () => {
  test("given a cursor, then it comes back", () => {
    expect(parseCursor(encodeCursor({ sequence: 12, epoch: 3 }))).toEqual({ sequence: 12, epoch: 3 });
  });

  test.each(["", "null", "5", "{}", "hello", '{"sequence":-2,"epoch":0}', '{"sequence":1.5,"epoch":0}'])(
    "given %j, then it is refused",
    (text) => {
      expect(() => parseCursor(text)).toThrow("not ours");
    },
  );
});
