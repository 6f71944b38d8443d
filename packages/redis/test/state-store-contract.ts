import type { PartitionCommit, StateStore } from "@tidemark/runtime";
import { beforeEach, describe, expect, it } from "vitest";

const text = (value: string) => Buffer.from(value);

function commitOf(more: Partial<PartitionCommit> = {}): PartitionCommit {
  return {
    position: 10,
    sequence: 2,
    changesOffset: 3,
    meta: text("meta"),
    subjects: [],
    orders: [],
    ...more,
  };
}

const start = { position: 0, sequence: 0, changesOffset: 0 };

/** What every `StateStore` does. `open` answers an empty store, and a second view of the same data. */
export function stateStoreContract(
  name: string,
  open: () => Promise<{ store: StateStore; reconnect: () => Promise<void> }>,
): void {
  describe(`${name}: the StateStore contract`, () => {
    let store: StateStore;
    let reconnect: () => Promise<void>;
    beforeEach(async () => {
      ({ store, reconnect } = await open());
    });

    it("given nothing stored, then a partition begins at nought and subjects are unknown", async () => {
      expect(await store.load(4)).toEqual({
        position: 0,
        sequence: 0,
        changesOffset: 0,
        meta: null,
        definitions: null,
        owner: null,
      });
      expect(await store.position(4)).toBe(0);
      expect(await store.subjects(4, ["a", "b"])).toEqual([null, null]);
      expect(await store.earliestTimer(4, "live")).toBeNull();
    });

    it("given a commit by the owner, then everything of it is there, bytes unchanged", async () => {
      const owner = await store.takeOver(1);
      const state = Buffer.from([0, 255, 10, 13, 0, 128]);
      const outcome = await store.commit(
        owner,
        start,
        commitOf({
          definitions: text("{}"),
          subjects: [
            { subject: "customer:1", state, timer: { set: "live", dueAt: 1_700_000_000_123 } },
            { subject: "customer:2", state: text("x"), timer: null },
          ],
          orders: [{ key: "customer:1|o-1", subject: "customer:1", image: text("image") }],
        }),
      );
      expect(outcome).toBe("committed");
      expect(await store.load(1)).toEqual({
        position: 10,
        sequence: 2,
        changesOffset: 3,
        meta: text("meta"),
        definitions: text("{}"),
        owner: owner.token,
      });
      expect(await store.position(1)).toBe(10);
      expect(await store.subjects(1, ["customer:2", "customer:9", "customer:1"])).toEqual([
        text("x"),
        null,
        state,
      ]);
      expect(await store.orders(1, ["customer:1|o-1", "none"])).toEqual([text("image"), null]);
      expect(await store.earliestTimer(1, "live")).toBe(1_700_000_000_123);
      expect(await store.subjects(2, ["customer:1"])).toEqual([null]);
    });

    it("given orders of several subjects, then those of one are listed, without those removed", async () => {
      const owner = await store.takeOver(1);
      const order = (subject: string, id: string, image: Buffer | null) => ({
        key: `${subject}|${id}`,
        subject,
        image,
      });
      const orders = [
        order("customer:1", "o-2", text("b")),
        order("customer:1", "o-10", text("a")),
        order("customer:1|o", "o-3", text("c")),
        order("customer:11", "o-4", text("d")),
      ];
      await store.commit(owner, start, commitOf({ orders }));
      expect(await store.orderKeys(1, "customer:1")).toEqual(["customer:1|o-10", "customer:1|o-2"]);
      expect(await store.orderKeys(1, "customer:1|o")).toEqual(["customer:1|o|o-3"]);
      expect(await store.orderKeys(2, "customer:1")).toEqual([]);

      const removed = [order("customer:1", "o-2", null), order("customer:1", "o-9", null)];
      await store.commit(owner, { ...start, position: 10, sequence: 2 }, commitOf({ orders: removed }));
      expect(await store.orderKeys(1, "customer:1")).toEqual(["customer:1|o-10"]);
      expect(await store.orders(1, ["customer:1|o-2"])).toEqual([null]);
    });

    it("given a new owner, then the one before it is fenced and changes nothing", async () => {
      const before = await store.takeOver(1);
      const after = await store.takeOver(1);
      expect(after.epoch).toBe(before.epoch + 1);
      expect(after.token).not.toBe(before.token);
      expect((await store.load(1)).owner).toBe(after.token);
      expect(await store.commit(before, start, commitOf())).toBe("fenced");
      expect((await store.load(1)).position).toBe(0);
      expect(await store.commit(after, start, commitOf())).toBe("committed");
    });

    it("given another position or sequence than expected, then nothing is written", async () => {
      const owner = await store.takeOver(1);
      expect(await store.commit(owner, { ...start, position: 5 }, commitOf())).toBe("moved");
      expect(await store.commit(owner, { ...start, sequence: 1 }, commitOf())).toBe("moved");
      expect(await store.load(1)).toMatchObject({ position: 0, meta: null });
    });

    it("given a connection that broke, then an ownership taken before is void", async () => {
      const owner = await store.takeOver(1);
      await reconnect();
      expect(await store.commit(owner, start, commitOf())).toBe("fenced");
      expect(await store.commit(await store.takeOver(1), start, commitOf())).toBe("committed");
    });

    it("given a partition that is forgotten, then nothing of it is left, its owner is fenced and the next epoch is higher", async () => {
      const owner = await store.takeOver(1);
      const other = await store.takeOver(11);
      const full = commitOf({
        definitions: text("{}"),
        subjects: [
          { subject: "customer:1", state: text("a"), timer: { set: "live", dueAt: 5 } },
          { subject: "customer:2", state: text("b"), timer: { set: "held", dueAt: 6 } },
        ],
        orders: Array.from({ length: 2_500 }, (_, at) => ({
          key: `customer:1|o-${at}`,
          subject: "customer:1",
          image: text("image"),
        })),
      });
      await store.commit(owner, start, full);
      await store.commit(other, start, full);

      await store.forget(1);

      const { owner: since, ...left } = await store.load(1);
      expect(left).toEqual({ ...start, meta: null, definitions: null });
      expect(since).not.toBe(owner.token);
      expect(await store.subjects(1, ["customer:1", "customer:2"])).toEqual([null, null]);
      expect(await store.orders(1, ["customer:1|o-0", "customer:1|o-2499"])).toEqual([null, null]);
      expect([await store.earliestTimer(1, "live"), await store.earliestTimer(1, "held")]).toEqual([
        null,
        null,
      ]);
      expect(await store.commit(owner, start, commitOf())).toBe("fenced");
      expect((await store.takeOver(1)).epoch).toBeGreaterThan(owner.epoch);
      // Another partition keeps what it has.
      expect(await store.orders(11, ["customer:1|o-7"])).toEqual([text("image")]);
      expect((await store.load(11)).position).toBe(10);
    });

    it("given a check, then it says what a commit would meet, and writes nothing", async () => {
      const before = await store.takeOver(1);
      const owner = await store.takeOver(1);
      expect(await store.check(before, start)).toBe("fenced");
      expect(await store.check(owner, start)).toBe("owned");
      expect(await store.check(owner, { ...start, position: 5 })).toBe("moved");
      expect(await store.check(owner, { ...start, sequence: 1 })).toBe("moved");
      expect((await store.load(1)).position).toBe(0);
      await store.commit(owner, start, commitOf());
      expect(await store.check(owner, start)).toBe("moved");
      expect(await store.check(owner, { position: 10, sequence: 2, changesOffset: 3 })).toBe("owned");
      await reconnect();
      expect(await store.check(owner, { position: 10, sequence: 2, changesOffset: 3 })).toBe("fenced");
    });

    it("given timers, then they come by instant and then by subject, each subject in one set only", async () => {
      const owner = await store.takeOver(1);
      const timer = (subject: string, set: "live" | "held", dueAt: number) => ({
        subject,
        state: text("s"),
        timer: { set, dueAt },
      });
      await store.commit(
        owner,
        start,
        commitOf({
          subjects: [
            timer("b", "live", 5),
            timer("a", "live", 5),
            timer("c", "live", 1),
            timer("d", "held", 2),
          ],
        }),
      );
      expect(await store.dueTimers(1, "live", 5, 2)).toEqual([
        { subject: "c", dueAt: 1 },
        { subject: "a", dueAt: 5 },
      ]);
      expect(await store.dueTimers(1, "live", 4, 10)).toEqual([{ subject: "c", dueAt: 1 }]);
      expect(await store.countDue(1, "live", 0)).toBe(0);
      expect(await store.countDue(1, "live", 1)).toBe(1);
      expect(await store.countDue(1, "live", 4)).toBe(1);
      expect(await store.countDue(1, "held", 4)).toBe(1);
      expect(await store.countDue(2, "live", 4)).toBe(0);
      const next = { position: 10, sequence: 2, changesOffset: 3 };
      await store.commit(
        owner,
        next,
        commitOf({
          position: 11,
          subjects: [timer("d", "live", 9), { subject: "c", state: null, timer: null }],
        }),
      );
      expect(await store.dueTimers(1, "held", 99, 10)).toEqual([]);
      expect(await store.dueTimers(1, "live", 99, 10)).toEqual([
        { subject: "a", dueAt: 5 },
        { subject: "b", dueAt: 5 },
        { subject: "d", dueAt: 9 },
      ]);
      expect(await store.subjects(1, ["c"])).toEqual([null]);
    });

    it("given a commit of 20,000 subjects, then all of it is there", async () => {
      const owner = await store.takeOver(1);
      const subjects = Array.from({ length: 20_000 }, (_, at) => ({
        subject: `customer:${at}`,
        state: text(`state ${at}`),
        timer: { set: "live" as const, dueAt: at },
      }));
      expect(await store.commit(owner, start, commitOf({ subjects }))).toBe("committed");
      expect(await store.subjects(1, ["customer:19999"])).toEqual([text("state 19999")]);
      expect(await store.dueTimers(1, "live", 1e15, 20_001)).toHaveLength(20_000);
    });
  });
}
