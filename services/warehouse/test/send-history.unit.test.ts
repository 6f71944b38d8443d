/** What a sweep sends to partitions that fold at paces of their own. */
import { createLocalCodec, type SweepBatch } from "@tidemark/contracts";
import { buildHistoryPlan, parseDefinitions } from "@tidemark/core";
import { systemClock, type Warehouse } from "@tidemark/runtime";
import { createMemoryLog } from "@tidemark/testkit";
import { describe, expect, it } from "vitest";
import { cutApplies, sendHistory, Unwanted } from "../src/sweep/send-history.ts";

const topic = "customer-events";
const { definitions } = parseDefinitions([{ kind: "metric", id: "orders", count: "order.placed" }]);
const inputs = definitions.map((definition) => ({ definition, version: 1, filling: false, generation: 1 }));
const plan = buildHistoryPlan({ inputs, generation: 1 }, "UTC");

/** Subjects of each stretch of the archive, with the partition that each lives in. */
type Stretches = readonly (readonly (readonly [subject: string, partition: number])[])[];

async function sweeping(stretches: Stretches, maxAhead: number) {
  const log = createMemoryLog();
  await log.ensureTopics([{ name: topic, partitions: 2, replicas: 1, settings: {} }]);
  const codec = createLocalCodec();
  await codec.prepare(topic, ["tidemark.log.SweepBatch"]);
  let [reads, isWanted] = [0, true];
  const positions = [0, 0];
  const warehouse: Warehouse = {
    execute: async () => undefined,
    insert: async () => undefined,
    close: async () => undefined,
    query: async <Row>(sql: string, parameters?: Readonly<Record<string, unknown>>) => {
      if (!sql.includes("GROUP BY subject ") || parameters?.kind !== "customer") return [] as Row[];
      const stretch = stretches[reads] ?? [];
      reads += 1;
      return stretch.map(([subject, partition]) => ({ subject, partition, events: 0 })) as Row[];
    },
  };
  let now = 1_000_000;
  const clock = {
    ...systemClock,
    elapsedMs: () => now,
    sleep: (ms: number) => {
      now += ms;
      return new Promise<void>((resolve) => setImmediate(resolve));
    },
  };
  const store = { position: async (partition: number) => positions[partition] ?? 0 };
  const partitions = [0, 1].map((partition) => ({ partition, sweep: "s1", fence: 0, plan }));
  const options = { topics: { customerEvents: topic }, maxAhead, lagMs: 100, pollMs: 15 };
  const sent = sendHistory({ log, store, warehouse, codec, clock }, options, partitions, () => isWanted);
  sent.catch(() => {});
  const batches = (partition: number): readonly (readonly string[])[] =>
    log.records(topic, partition).map(({ value }) => {
      const batch = codec.decodeSync(value as Buffer)?.value as SweepBatch | undefined;
      return (batch?.applies ?? []).map(({ subject }) => subject);
    });
  return {
    sent,
    batches,
    /** From now on all that comes to a partition is folded at once. */
    async folds(partition: number) {
      positions[partition] = Number.POSITIVE_INFINITY;
      await turns();
    },
    async stop() {
      isWanted = false;
      await turns();
    },
  };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 1_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const six = ["a", "b", "c", "d", "e", "f"].map((subject) => [subject, 0] as const);

describe("what a sweep sends", () => {
  it("given a partition that folds nothing, then it has as many subjects ahead as it may, and the other has its next stretch, but no more than that", async () => {
    const sweep = await sweeping([[...six, ["g", 1]], [["h", 1]], [["i", 1]]], 4);
    await sweep.folds(1);
    expect(sweep.batches(0)).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
    expect(sweep.batches(1)).toEqual([["g"], ["h"]]);

    await sweep.folds(0);
    expect(await sweep.sent).toMatchObject({
      subjects: 9,
      lastOffsets: new Map([
        [0, 2],
        [1, 2],
      ]),
    });
    expect(sweep.batches(0).flat()).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(sweep.batches(1).flat()).toEqual(["g", "h", "i"]);
  });

  it("given that nobody wants it any more, then it ends once nothing is under way", async () => {
    const sweep = await sweeping([[...six, ["g", 1]]], 4);
    await turns();
    await sweep.stop();
    await expect(sweep.sent).rejects.toThrow(Unwanted);
    const before = sweep.batches(0).length;
    await turns();
    expect(sweep.batches(0).length).toBe(before);
  });
});

describe("subjects of one record", () => {
  const apply = (subject: string, bytes: number) => {
    return { subject, subjectKind: "customer" as const, features: new Uint8Array(bytes), erasedBelow: 0 };
  };
  const cut = (applies: readonly ReturnType<typeof apply>[], most: number) =>
    [...cutApplies(applies, (one) => one, most)].map((some) => some.map(({ subject }) => subject));

  it("given some, then so many at most go together, in order", () => {
    const applies = ["a", "b", "c", "d", "e"].map((subject) => apply(subject, 10));
    expect(cut(applies, 2)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
    expect(cut([], 2)).toEqual([]);
  });

  it("given large ones, then 64 KiB of features at most go together, and a larger one alone", () => {
    const applies = [
      apply("a", 30_000),
      apply("b", 35_536),
      apply("c", 1),
      apply("d", 70_000),
      apply("e", 1),
    ];
    expect(cut(applies, 50)).toEqual([["a", "b"], ["c"], ["d"], ["e"]]);
  });
});
