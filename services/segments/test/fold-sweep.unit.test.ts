import {
  type CustomerEvent,
  createLocalCodec,
  type SegmentChange,
  type SweepApply,
  type SweepBatch,
  topicNames,
} from "@tidemark/contracts";
import { emptyCustomer, foldEvent, packFeatures } from "@tidemark/core";
import {
  definitionSets,
  emptyMeta,
  type Logger,
  type LogRecord,
  packRedirect,
  systemClock,
  unpackMeta,
} from "@tidemark/runtime";
import { createMemoryStateStore } from "@tidemark/testkit";
import { describe, expect, it } from "vitest";
import type { Entry } from "../src/entry.ts";
import { foldSweepApplies } from "../src/fold-sweep.ts";
import { createPartitionWorker } from "../src/partition-worker.ts";
import { cutIntoSteps } from "../src/step.ts";

const quiet = () => {};
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet } as unknown as Logger;
const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);

const bought = (times: number) => ({
  kind: "segment",
  id: "bought",
  name: "Bought",
  when: { count: "order.placed", during: { last: "60 days" }, atLeast: times },
});

type Line =
  | { readonly type: "event"; readonly subject: string; readonly at: number; readonly offset?: number }
  | { readonly type: "definition"; readonly version: number; readonly document: object | null }
  | { readonly type: "sweep"; readonly id: string; readonly version: number }
  | {
      readonly type: "apply";
      readonly id: string;
      readonly subject: string;
      readonly orders: readonly number[];
    }
  | {
      readonly type: "batch";
      readonly id: string;
      readonly begunAt: number;
      readonly applies: readonly Brought[];
    }
  | { readonly type: "end"; readonly id: string }
  | { readonly type: "clock" };

/** What a sweep brings to somebody: orders at these days. */
type Brought = readonly [subject: string, orderDays: readonly number[]];

/** A line of the log and when it was appended. */
type At = Line & { readonly appendedAt: number };

const codec = createLocalCodec();
await codec.prepare(topicNames.customerEvents, [
  "tidemark.log.CustomerEvent",
  "tidemark.log.DefinitionVersion",
  "tidemark.log.Sweep",
  "tidemark.log.SweepApply",
  "tidemark.log.SweepBatch",
  "tidemark.log.SweepEnd",
  "tidemark.log.Clock",
]);
await codec.prepare(topicNames.segmentChanges, ["tidemark.changes.SegmentChange", "tidemark.changes.Fence"]);

/** A partition that folds lines as its log would bring them, `batch` records at a time. */
async function partition(batch: number) {
  const sets = definitionSets("UTC");
  const store = createMemoryStateStore();
  const changes: SegmentChange[] = [];
  const worker = createPartitionWorker(0, {
    log: {
      append: async (topic: string, _: number, records: readonly { readonly value: Buffer | null }[]) => {
        for (const { value } of records) {
          const decoded = codec.decodeSync(value as Buffer);
          if (topic === topicNames.segmentChanges && decoded?.type === "tidemark.changes.SegmentChange")
            changes.push(decoded.value as SegmentChange);
        }
        return { baseOffset: 0 };
      },
      read: async function* () {},
      partitionCount: async () => 1,
      startOffsets: async () => [0],
    } as never,
    store,
    codec,
    clock: systemClock,
    logger,
    definitionSets: sets,
    observe: { events: quiet, published: quiet, fired: quiet, clock: quiet, failed: quiet },
  });
  await worker.takeOver();
  let offset = 0;
  let hasEvents = false;

  /** Features as a sweep folds them, with the definitions that the partition has then. */
  const features = async (subject: string, orders: readonly number[]): Promise<Uint8Array> => {
    const plan = sets.unpack((await store.load(0)).definitions).history;
    if (plan === null) return new Uint8Array(0);
    const state = emptyCustomer("customer", subject);
    for (const [index, occurredAt] of orders.entries())
      foldEvent(plan, state, {
        occurredAt,
        partition: 0,
        offset: index,
        contributions: [{ name: "order.placed", occurredAt, sign: 1, properties: {}, remembered: true }],
      });
    return packFeatures(plan, state);
  };

  const encoded = async (line: Line): Promise<Buffer> => {
    switch (line.type) {
      case "event": {
        hasEvents = true;
        const event: CustomerEvent = {
          subject: line.subject,
          subjectKind: "customer",
          name: "order.placed",
          occurredAt: line.at,
          eventId: null,
          sourceId: "orders",
          sourcePartition: 0,
          sourceOffset: offset,
          ordinal: 0,
          count: 1,
          attributes: null,
          properties: "{}",
          order: null,
        };
        return codec.encode("tidemark.log.CustomerEvent", event);
      }
      case "definition": {
        const document = line.document === null ? null : JSON.stringify(line.document);
        const record = { kind: "segment", id: "bought", version: line.version, filling: hasEvents, document };
        return codec.encode("tidemark.log.DefinitionVersion", record);
      }
      case "sweep": {
        const definitions = [{ kind: "segment", id: "bought", version: line.version }];
        return codec.encode("tidemark.log.Sweep", { id: line.id, generation: line.version, definitions });
      }
      case "apply": {
        const apply: SweepApply = {
          sweep: line.id,
          begunAt: -1,
          subject: line.subject,
          subjectKind: "customer",
          features: Buffer.from(await features(line.subject, line.orders)),
          erasedBelow: 0,
          subjects: 2,
          from: null,
          source: null,
        };
        return codec.encode("tidemark.log.SweepApply", apply);
      }
      case "batch": {
        const applies = line.applies.map(async ([subject, orderDays]) => {
          const orders = orderDays.map((one) => start + one * day);
          return {
            subject,
            subjectKind: "customer" as const,
            features: Buffer.from(await features(subject, orders)),
            erasedBelow: 0,
          };
        });
        const sweepBatch: SweepBatch = {
          sweep: line.id,
          begunAt: line.begunAt,
          subjects: 2,
          applies: await Promise.all(applies),
        };
        return codec.encode("tidemark.log.SweepBatch", sweepBatch);
      }
      case "end":
        return codec.encode("tidemark.log.SweepEnd", { sweep: line.id });
      case "clock":
        return codec.encode("tidemark.log.Clock", { at: start + 1_000 * day, max: 250 });
    }
  };

  return {
    changes,
    store,
    /** Answers the changes that these bring. */
    async fold(...lines: readonly At[]) {
      const before = changes.length;
      const records: LogRecord[] = [];
      for (const { appendedAt, ...line } of lines) {
        const value = await encoded(line);
        const record = { topic: topicNames.customerEvents, partition: 0, key: null, headers: [] };
        records.push({ ...record, offset, timestamp: appendedAt, value });
        offset += 1;
      }
      for (let at = 0; at < records.length; at += batch) await worker.process(records.slice(at, at + batch));
      return changes
        .slice(before)
        .map(({ subject, from, to, cause, historic, effectiveAt, definitionVersion: version }) => {
          return { subject, from, to, cause, historic, version, day: (effectiveAt - start) / day };
        });
    },
    progress: async () => unpackMeta((await store.load(0)).meta).swept,
  };
}

const event = (subject: string, days: number, appendedDays = days): At => {
  return { type: "event", subject, at: start + days * day, appendedAt: start + appendedDays * day };
};
const definition = (version: number, document: object | null, days: number): At => {
  return { type: "definition", version, document, appendedAt: start + days * day };
};
const sweep = (version: number, days: number, id = "s1"): At => {
  return { type: "sweep", id, version, appendedAt: start + days * day };
};
const apply = (subject: string, orderDays: readonly number[], days: number, id = "s1"): At => {
  const orders = orderDays.map((one) => start + one * day);
  return { type: "apply", id, subject, orders, appendedAt: start + days * day };
};
const together = (applies: readonly Brought[], days: number, begunAt = -1): At => {
  return { type: "batch", id: "s1", begunAt, applies, appendedAt: start + days * day };
};
const end = (days: number, id = "s1"): At => ({ type: "end", id, appendedAt: start + days * day });
const clock = (days: number): At => ({ type: "clock", appendedAt: start + days * day });

const first = { from: "out", to: "in", cause: "definition", historic: true };

describe.each([1, 3, 100])("a definition that comes when there are events, in batches of %d", (batch) => {
  it("given history and a sweep, then who is in enters once, as history, at the sweep; and then live events make live changes", async () => {
    const log = await partition(batch);
    // One buys twice within 60 days, another once, a third long ago.
    expect(await log.fold(event("a", 0), event("a", 10), event("b", 10), event("c", -99, 10))).toEqual([]);
    expect(
      await log.fold(definition(1, bought(2), 11), sweep(1, 12), event("b", 13), event("d", 14)),
    ).toEqual([]);
    const applied = await log.fold(
      apply("a", [0, 10], 15),
      apply("b", [10], 15),
      apply("c", [-99], 15),
      end(15),
    );
    expect(applied).toEqual([
      { ...first, subject: "a", version: 1, day: 15 },
      { ...first, subject: "b", version: 1, day: 15 },
    ]);
    expect(await log.fold(event("d", 16))).toEqual([
      { subject: "d", from: "out", to: "in", cause: "event", historic: false, version: 1, day: 16 },
    ]);
    // The first order of `a` leaves the window after 60 days.
    expect(await log.fold(clock(61))).toEqual([
      { subject: "a", from: "in", to: "out", cause: "time", historic: false, version: 1, day: 60 },
    ]);
  });

  it("given one that comes new after the sweep began, then the definition is in force for it at once", async () => {
    const log = await partition(batch);
    await log.fold(event("a", 0), definition(1, bought(2), 1), sweep(1, 2));
    expect(await log.fold(event("n", 3), event("n", 4))).toEqual([
      { subject: "n", from: "out", to: "in", cause: "event", historic: false, version: 1, day: 4 },
    ]);
  });

  it("given features that come twice, or of a sweep that is over or unknown, then they count once", async () => {
    const log = await partition(batch);
    await log.fold(event("a", 0), definition(1, bought(2), 1), sweep(1, 2));
    expect(await log.fold(apply("a", [0], 3), apply("a", [0], 3), apply("a", [0], 3, "other"))).toEqual([]);
    expect(await log.progress()).toEqual({ applied: 1, subjects: 2, sentOn: 0, taken: 0 });
    expect(await log.fold(end(4), apply("a", [0], 5))).toEqual([]);
    expect((await log.fold(event("a", 6))).map(({ to, cause }) => [to, cause])).toEqual([["in", "event"]]);
  });

  it("given a definition that changes, then the version before stays in force until the sweep, and the net difference comes out", async () => {
    const log = await partition(batch);
    await log.fold(definition(1, bought(1), 0));
    expect(await log.fold(event("a", 1), event("b", 1), event("b", 2))).toMatchObject([
      { subject: "a", to: "in" },
      { subject: "b", to: "in" },
    ]);
    // Version 1 goes on: `c` enters by it, after the edit and after the sweep began.
    expect(await log.fold(definition(2, bought(2), 3), event("c", 4), sweep(2, 5), event("a", 6))).toEqual([
      { subject: "c", from: "out", to: "in", cause: "event", historic: false, version: 1, day: 4 },
    ]);
    // `a` has two by now and `b` too: nothing changes for them. `c` has one.
    expect(await log.fold(apply("a", [1], 7), apply("b", [1, 2], 7), apply("c", [4], 7), end(7))).toEqual([
      { subject: "c", from: "in", to: "out", cause: "definition", historic: true, version: 2, day: 7 },
    ]);
    expect((await log.fold(event("c", 8))).map(({ subject, to, version }) => [subject, to, version])).toEqual(
      [["c", "in", 2]],
    );
  });

  it("given one who is in by the version before and whose time is up when the sweep comes, then that leave comes first, at its own instant", async () => {
    const log = await partition(batch);
    await log.fold(definition(1, bought(1), 0), event("a", 1), definition(2, bought(2), 3), sweep(2, 5));
    expect(await log.fold(apply("a", [1], 62))).toEqual([
      { subject: "a", from: "in", to: "out", cause: "time", historic: true, version: 1, day: 61 },
    ]);
  });

  it("given a definition that is deleted while it is swept, then nothing comes out for it any more", async () => {
    const log = await partition(batch);
    await log.fold(event("a", 0), event("b", 0), definition(1, bought(1), 1), sweep(1, 2));
    expect(await log.fold(apply("a", [0], 3))).toHaveLength(1);
    expect(await log.fold(definition(2, null, 4), apply("b", [0], 5), end(6), event("b", 7))).toEqual([]);
  });

  it("given a sweep that begins again, as its definition was deleted and came anew meanwhile, then what was read for the first time is not taken", async () => {
    const log = await partition(batch);
    await log.fold(event("a", 0), definition(1, bought(2), 1), sweep(1, 2), definition(2, null, 3), end(4));
    // The order of day 5 is below the second beginning: it is part of what is read for that one alone.
    await log.fold(event("a", 5), definition(3, bought(2), 6), sweep(3, 7));
    const [first, second] = [2, 7];
    expect(await log.fold(together([["a", [0]]], 8, first))).toEqual([]);
    expect(await log.fold(together([["a", [0, 5]]], 9, second), end(10))).toMatchObject([
      { subject: "a", from: "out", to: "in", cause: "definition", version: 3, day: 9 },
    ]);
  });

  it("given a definition that is deleted and written anew, then all memberships ended without a change, and who is in enters anew", async () => {
    const log = await partition(batch);
    // `a` has no event between the deletion and the new version, `b` has one, `c` is in for the first time only.
    await log.fold(
      event("a", 10),
      event("b", 10),
      event("c", 10),
      definition(1, bought(1), 11),
      sweep(1, 12),
    );
    expect(
      await log.fold(apply("a", [10], 13), apply("b", [10], 13), apply("c", [10], 13), end(14)),
    ).toHaveLength(3);
    expect(
      await log.fold(
        definition(2, null, 20),
        event("b", 21),
        definition(3, bought(1), 71),
        sweep(3, 72, "s2"),
      ),
    ).toEqual([]);
    const applied = await log.fold(
      apply("b", [10, 21], 73, "s2"),
      apply("c", [10], 73, "s2"),
      apply("a", [10, 70], 73, "s2"),
      end(74, "s2"),
    );
    expect(applied).toEqual([
      { ...first, subject: "b", version: 3, day: 73 },
      { ...first, subject: "a", version: 3, day: 73 },
    ]);
  });
});

describe("what a sweep brings to those who are not there any more", () => {
  const sets = definitionSets("UTC");
  const document = JSON.stringify(bought(1));
  const version = { kind: "segment", id: "bought", version: 1, filling: true, document };
  const definitions = sets.fold(
    sets.apply(sets.unpack(null), [version], true),
    [{ type: "sweep", offset: 5, sweep: { id: "s1", generation: 1, definitions: [version] } }],
    true,
  );
  const record: LogRecord = {
    topic: topicNames.customerEvents,
    partition: 0,
    offset: 9,
    timestamp: start,
    key: null,
    value: null,
    headers: [],
  };
  const applies = (subjects: readonly string[]) =>
    subjects.map((subject, at) => {
      const features = Buffer.alloc(0);
      const who = { subject, subjectKind: "customer" as const };
      const apply = { sweep: "s1", begunAt: -1, ...who, features, erasedBelow: 0, subjects: 2 };
      return { record, apply: { ...apply, from: null, source: null }, at };
    });
  /** Of a merge into ann. */
  const redirect = (offset: number) =>
    packRedirect({
      into: "ann",
      mergedAt: start,
      offset,
      sweep: 0,
      absorbed: [],
      through: start,
      passed: [],
    });
  const fold = (states: Readonly<Record<string, Buffer | null>>) => {
    const named = new Map(Object.entries(states).map(([id, state]) => [`customer:${id}`, state]));
    const input = { partition: 0, definitions, meta: emptyMeta(), sequence: 4 };
    return foldSweepApplies(input, applies(Object.keys(states)), named);
  };

  it("given somebody who was merged into another before the sweep, or erased, then it changes nothing", () => {
    const { changes, subjects, sequence, onward } = fold({ merged: redirect(3), erased: null });
    expect([changes, subjects, sequence, onward]).toEqual([[], [], 4, []]);
  });

  it("given several in one record who were merged since, then each is sent on, with a place of its own (F2, F6)", () => {
    const { onward } = fold({ bea: redirect(6), erased: null, cid: redirect(7) });
    expect(
      onward.map(({ subject, value }) => {
        const { from, source } = value as SweepApply;
        return [subject, from, source?.sourceOffset, source?.ordinal];
      }),
    ).toEqual([
      ["customer:ann", "bea", 9, 0],
      ["customer:ann", "cid", 9, 2],
    ]);
  });
});

describe.each([1, 3, 100])("several subjects in one record of a sweep, in batches of %d", (batch) => {
  const history = [event("ann", 0), event("bea", 1), event("cid", 2)];
  const begun = [definition(7, bought(2), 10), sweep(7, 11)];
  const brought: readonly Brought[] = [
    ["ann", [0, 5]],
    ["bea", [1]],
    ["nobody", [1, 2]],
    ["cid", [2, 3]],
  ];

  it("given the same in records of their own, then the changes, the states and the progress are the same", async () => {
    const [alone, joined] = [await partition(batch), await partition(batch)];
    const meanwhile = event("bea", 11);
    const lines = brought.map(([subject, orderDays]) => apply(subject, orderDays, 12));
    // What a sweep brings is folded by what stands there when it is written.
    for (const log of [alone, joined]) await log.fold(...history, ...begun, meanwhile);
    const expected = await alone.fold(...lines, end(13), clock(13));
    const found = await joined.fold(together(brought, 12), end(13), clock(13));
    expect(found).toEqual(expected);
    expect(found.filter(({ cause }) => cause === "definition").map(({ subject }) => subject)).toEqual([
      "ann",
      "bea",
      "cid",
    ]);
    const subjects = ["ann", "bea", "cid", "nobody"].map((id) => `customer:${id}`);
    expect(await joined.store.subjects(0, subjects)).toEqual(await alone.store.subjects(0, subjects));
    expect(await joined.progress()).toEqual(await alone.progress());
  });

  it("given a record that comes again, in whole or in part, then nobody is reached twice", async () => {
    const log = await partition(batch);
    await log.fold(...history, ...begun);
    await log.fold(together(brought, 12));
    expect(
      await log.fold(together(brought, 12), together(brought.slice(1), 12), apply("ann", [0, 5], 12)),
    ).toEqual([]);
    expect(await log.progress()).toMatchObject({ applied: 3 });
  });
});

describe("steps of what a sweep brings", () => {
  const entry = (offset: number, subjects: number): Entry => {
    const apply = {
      sweep: "s1",
      begunAt: -1,
      subjectKind: "customer" as const,
      features: Buffer.alloc(0),
      erasedBelow: 0,
      subjects: 9,
    };
    const applies = Array.from({ length: subjects }, (_, at) => ({
      ...apply,
      ...{ subject: `c${offset}-${at}`, from: null, source: null },
    }));
    return { type: "sweep-apply", record: { offset } as LogRecord, applies };
  };
  const event = (offset: number): Entry => ({ type: "event", record: { offset } }) as Entry;

  it("given records of many subjects, then a step has so many at most, whole records, and events go with them", () => {
    const entries = [event(0), entry(1, 50), entry(2, 50), event(3), entry(4, 100), entry(5, 1), event(6)];
    const steps = [...cutIntoSteps(entries)].map((step) => step.map(({ record }) => record.offset));
    expect(steps).toEqual([
      [0, 1, 2, 3, 4],
      [5, 6],
    ]);
  });

  it("given a record of more than that, then it is a step of its own", () => {
    const steps = [...cutIntoSteps([entry(0, 1), entry(1, 500), entry(2, 1)])];
    expect(steps.map((step) => step.map(({ record }) => record.offset))).toEqual([[0], [1], [2]]);
  });
});
