/**
 * Laws I1 and I2 (send.ts): a source stream cut into any batches, with failures anywhere, killed anywhere and started
 * again from any commit ever made, gives every (position, ordinal), in order for whoever drops what is not above the
 * highest position seen.
 */

import { type Consumption, type Log, LogError } from "@tidemark/runtime";
import { createMemoryLog, type MemoryLog } from "@tidemark/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startIntake } from "../src/index.ts";
import {
  eventually,
  isDrained,
  options,
  portsOver,
  type Read,
  readEvents,
  source,
  specification,
  topics,
} from "./harness.ts";

const sourcePartitions = 2;
const targetPartitions = 3;

/** What happens to the appends of a run, in turn; after the list all succeed. */
type Fate = "written" | "retry" | "ambiguous" | "lost-but-ambiguous" | "killed-before" | "killed-after";

interface Run {
  readonly maxBatchRecords: number;
  readonly fates: readonly Fate[];
  /** Which of the commits made so far this run begins from, by partition: 0 is the first, 1 the last. */
  readonly from: readonly number[];
}

const fate = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Fate>("written") },
  { weight: 2, arbitrary: fc.constant<Fate>("retry") },
  { weight: 2, arbitrary: fc.constant<Fate>("ambiguous") },
  { weight: 2, arbitrary: fc.constant<Fate>("lost-but-ambiguous") },
  { weight: 1, arbitrary: fc.constant<Fate>("killed-before") },
  { weight: 1, arbitrary: fc.constant<Fate>("killed-after") },
);

const run: fc.Arbitrary<Run> = fc.record({
  maxBatchRecords: fc.integer({ min: 1, max: 12 }),
  fates: fc.array(fate, { maxLength: 60 }),
  from: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
    minLength: sourcePartitions,
    maxLength: sourcePartitions,
  }),
});

/** A customer, a company, both, or neither. */
const value = fc.record(
  {
    customer: fc.integer({ min: 0, max: 6 }).map((n) => `c${n}`),
    company: fc.integer({ min: 0, max: 2 }).map((n) => `f${n}`),
  },
  { requiredKeys: [] },
);

type SourceValue = typeof value extends fc.Arbitrary<infer Value> ? Value : never;

/** Long enough for a commit to be made meanwhile. */
const slow = () => new Promise((resolve) => setTimeout(resolve, 4));

const never = new Promise<never>(() => {});

/** A client whose appends meet their fates, and whose group begins from older commits than the last. */
function fatedLog(client: MemoryLog, { fates, from }: Run, commits: readonly Map<number, number>[]) {
  const rest = [...fates];
  let killed: () => void = () => {};
  const whenKilled = new Promise<void>((resolve) => {
    killed = resolve;
  });
  const kill = () => {
    client.crash();
    killed();
    return never;
  };
  const log: Log = {
    ...client,
    async append(topic, partition, records) {
      const next = rest.shift() ?? "written";
      if (next === "killed-before") return slow().then(kill);
      if (next === "retry") throw new LogError("retry", "the broker is busy");
      if (next === "lost-but-ambiguous") throw new LogError("ambiguous", "no answer came");
      const answer = await client.append(topic, partition, records);
      if (next === "killed-after") return slow().then(kill);
      if (next === "ambiguous") throw new LogError("ambiguous", "the answer was lost");
      return answer;
    },
    async committed(group, topic) {
      const last = await client.committed(group, topic);
      return last.map((position, partition) => {
        const known = commits.map((commit) => commit.get(partition)).filter((offset) => offset !== undefined);
        const chosen = known[Math.round((from[partition] ?? 1) * (known.length - 1))];
        return chosen === undefined ? position : { offset: chosen, metadata: "" };
      });
    },
  };
  return { log, whenKilled };
}

/** Keeps every commit that is made. */
function rememberingCommits(log: Log, commits: Map<number, number>[]): Log {
  return {
    ...log,
    async consume(consumeOptions): Promise<Consumption> {
      const consumption = await log.consume(consumeOptions);
      return {
        ...consumption,
        async commit(positions) {
          await consumption.commit(positions);
          commits.push(new Map(positions.map(({ partition, offset }) => [partition, offset])));
        },
      };
    },
  };
}

/** The first start: killed when it has kept where the source ended, before anything else was written. */
async function mark(log: MemoryLog): Promise<void> {
  const client = log.connect();
  const stuck: Log = {
    ...client,
    append: (topic, ...rest) => (topic === topics.segmentDefinitions ? client.append(topic, ...rest) : never),
  };
  startIntake(portsOver(stuck), source, options).ended.catch(() => undefined);
  const isMarked = () => log.records(topics.segmentDefinitions, 0).length >= sourcePartitions;
  await eventually(isMarked, "the end is kept");
  client.crash();
}

/** Plays all runs, each until it is killed or done. */
async function play(log: MemoryLog, runs: readonly Run[], commits: Map<number, number>[]): Promise<void> {
  for (const each of runs) {
    const client = log.connect();
    const fated = fatedLog(client, each, commits);
    const service = startIntake(portsOver(rememberingCommits(fated.log, commits)), source, {
      ...options,
      maxBatchRecords: each.maxBatchRecords,
      commitIntervalMs: 1,
    });
    service.ended.catch(() => undefined);
    const killed = fated.whenKilled.then(() => true);
    const drained = eventually(() => isDrained(log), "all is committed").then(() => false);
    drained.catch(() => undefined);
    if (!(await Promise.race([killed, drained]))) await service.stop();
  }
}

/** Without faults, from the last commit. */
const plainRun: Run = { maxBatchRecords: 5, fates: [], from: [1, 1] };

/** What the source asks for, per target partition and source partition, as `offset/ordinal`. */
function expected(log: MemoryLog, values: readonly (readonly SourceValue[])[]): Map<string, string[]> {
  const places = new Map<string, string[]>();
  values.forEach((list, partition) => {
    list.forEach(({ customer, company }, offset) => {
      const keys = [
        ...(customer === undefined ? [] : [`customer:${customer}`]),
        ...(company === undefined ? [] : [`company:${company}`]),
      ];
      keys.forEach((key, ordinal) => {
        const target = log.partitionFor(Buffer.from(key), targetPartitions);
        const place = `${target} from ${partition}`;
        places.set(place, [...(places.get(place) ?? []), `${offset}/${ordinal}`]);
      });
    });
  });
  return places;
}

/** What a reader admits that drops all that is not above the highest position seen. */
function admitted(reads: readonly (readonly Read[])[]): Map<string, string[]> {
  const places = new Map<string, string[]>();
  const highest = new Map<string, readonly [number, number]>();
  reads.forEach((records, target) => {
    for (const read of records) {
      if (read.type !== "event") continue;
      const { sourcePartition, sourceOffset, ordinal } = read.event;
      const place = `${target} from ${sourcePartition}`;
      const [offset, last] = highest.get(place) ?? [-1, -1];
      if (sourceOffset < offset || (sourceOffset === offset && ordinal <= last)) continue;
      highest.set(place, [sourceOffset, ordinal]);
      places.set(place, [...(places.get(place) ?? []), `${sourceOffset}/${ordinal}`]);
    }
  });
  return places;
}

/** Of each load in a partition: whether it began before any event, ended, and no live event was before its end. */
function loadFaults(records: readonly Read[], loaded: readonly number[]): string[] {
  return loaded.flatMap((endOffset, partition) => {
    const of = (type: "begin" | "end") =>
      records.findIndex((read) => read.type === type && read.load.sourcePartition === partition);
    const events = records.flatMap((read, at) =>
      read.type === "event" && read.event.sourcePartition === partition
        ? [{ at, offset: read.event.sourceOffset }]
        : [],
    );
    if (endOffset === 0) return of("begin") + of("end") === -2 ? [] : [`${partition} had nothing to load`];
    const firstLive = events.find(({ offset }) => offset >= endOffset)?.at ?? Number.POSITIVE_INFINITY;
    const firstSeen = new Map<number, number>();
    for (const { at, offset } of events) if (!firstSeen.has(offset)) firstSeen.set(offset, at);
    const lastHistoric = Math.max(
      -1,
      ...[...firstSeen].filter(([offset]) => offset < endOffset).map(([, at]) => at),
    );
    return [
      ...(of("begin") >= 0 && of("begin") < (events[0]?.at ?? Number.POSITIVE_INFINITY)
        ? []
        : ["begins late"]),
      ...(of("end") > lastHistoric ? [] : ["ends before its last event, or never"]),
      ...(firstLive > of("end") ? [] : ["a live event came before its end"]),
    ].map((text) => `the load of ${partition} ${text}`);
  });
}

describe("given any batches, failures, kills and commits to go on from", () => {
  it("every (position, ordinal) is there, in order; loads begin and end around their events", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(value, { maxLength: 40 }), {
          minLength: sourcePartitions,
          maxLength: sourcePartitions,
        }),
        fc.array(fc.array(value, { maxLength: 10 }), {
          minLength: sourcePartitions,
          maxLength: sourcePartitions,
        }),
        fc.array(run, { maxLength: 4 }),
        fc.integer({ min: 0, max: 4 }),
        async (held, live, runs, liveAfter) => {
          const log = createMemoryLog();
          await log.ensureTopics([
            specification(source.topic, sourcePartitions),
            specification(topics.customerEvents, targetPartitions),
            specification(topics.segmentDefinitions, 1),
            specification(topics.deadLetters, 2),
          ]);
          const put = async (values: readonly (readonly SourceValue[])[]) => {
            for (const [partition, list] of values.entries()) {
              if (list.length === 0) continue;
              const records = list.map((item) => ({ key: null, value: Buffer.from(JSON.stringify(item)) }));
              await log.append(source.topic, partition, records);
            }
          };
          const commits: Map<number, number>[] = [];
          await put(held);
          await mark(log);
          await play(log, runs.slice(0, liveAfter), commits);
          await put(live);
          await play(log, [...runs.slice(liveAfter), plainRun], commits);

          const all = held.map((list, partition) => [...list, ...(live[partition] ?? [])]);
          const reads = await Promise.all(
            Array.from({ length: targetPartitions }, (_, partition) =>
              readEvents(log.records(topics.customerEvents, partition)),
            ),
          );
          expect(admitted(reads)).toEqual(expected(log, all));
          const letters = [0, 1].flatMap((partition) => log.records(topics.deadLetters, partition));
          const refused = all.flatMap((list, partition) =>
            list.flatMap((item, offset) =>
              item.customer === undefined && item.company === undefined
                ? [`source/${partition}/${offset}`]
                : [],
            ),
          );
          expect(new Set(letters.map(({ key }) => key?.toString()))).toEqual(new Set(refused));
          const loaded = held.map(({ length }) => length);
          expect(reads.flatMap((records) => loadFaults(records, loaded))).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
