/**
 * Customers that are merged while a definition is filled from history, with the partitions at different sides of the
 * sweep: the workers of services/segments over logs in memory, what services/warehouse folds of the archive, and every
 * step of both drawn from a seed.
 */
import { type CustomerEvent, type SegmentChange, topicNames } from "@tidemark/contracts";
import { unpackMeta } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { cluster, hour, noon } from "../../services/segments/test/cluster.ts";
import { controlRecordRow } from "../../services/warehouse/src/rows.ts";
import type { ArchivedEvent } from "../../services/warehouse/src/sweep/archived-events.ts";
import { familyOf, foldHistory } from "../../services/warehouse/src/sweep/fold-history.ts";
import { identitiesOf } from "../../services/warehouse/src/sweep/identities.ts";
import { areWhole, cutApplies } from "../../services/warehouse/src/sweep/send-history.ts";
import { seededRandom } from "../bench/random.ts";

const partitions = 3;
const runs = Number(process.env.TIDEMARK_MERGE_RUNS ?? 60);
const firstSeed = Number(process.env.TIDEMARK_MERGE_SEED ?? 1);

const spent = (version: number, days: number | null) => ({
  kind: "metric",
  id: "spent",
  version,
  filling: true,
  document: JSON.stringify({
    ...{ kind: "metric", id: "spent", sum: "total", of: "order.placed" },
    ...(days === null ? {} : { during: { last: `${days} days` } }),
  }),
});
const written = [
  spent(10, 300),
  ...[
    { kind: "metric", id: "views", count: "page.viewed" },
    { kind: "segment", id: "viewer", when: { metric: "views", atLeast: 3 } },
    { kind: "segment", id: "spender", when: { metric: "spent", atLeast: 100 } },
  ].map((document, at) => ({
    ...document,
    version: 11 + at,
    filling: true,
    document: JSON.stringify(document),
  })),
];
const generation = 13;

/** One life of a few customers, all of it by the seed; answers what is kept of each in the end and what should be. */
async function life(seed: number) {
  const random = seededRandom(seed);
  const upTo = (count: number): number => Math.floor(random() * count);
  const place = await cluster({
    partitions,
    definitions: [
      JSON.parse(spent(1, null).document),
      { kind: "metric", id: "orders", count: "order.placed" },
    ],
  });
  const ids = Array.from({ length: 5 }, (_, at) => `c${seed}-${at}`);
  const happened = new Map(ids.map((id) => [id, { spent: 0, views: 0, orders: 0 }]));
  const mergedInto = new Map<string, string>();
  const events: (() => Promise<void>)[] = [];
  let orders = 0;
  const event = async (): Promise<void> => {
    const id = ids[upTo(ids.length)] ?? "";
    const own = happened.get(id);
    if (own === undefined) return;
    if (random() < 0.5) {
      const total = 1 + upTo(40);
      orders += 1;
      own.spent += total;
      own.orders += 1;
      await place.order(id, `o-${orders}`, total);
    } else {
      own.views += 1;
      await place.event(id);
    }
  };
  const merge = async (): Promise<void> => {
    const [from = "", into = ""] = [ids[upTo(ids.length)], ids[upTo(ids.length)]];
    for (let at: string | undefined = into; at !== undefined; at = mergedInto.get(at))
      if (at === from) return;
    if (mergedInto.has(from)) return;
    mergedInto.set(from, into);
    await place.merge(from, into);
  };
  for (let count = 12 + upTo(20); count > 0; count -= 1) events.push(event);
  for (let count = 1 + upTo(4); count > 0; count -= 1) events.splice(upTo(events.length), 0, merge);

  const load = () =>
    Promise.all(Array.from({ length: partitions }, (_, partition) => place.store.load(partition)));
  const ends = (): number[] =>
    Array.from(
      { length: partitions },
      (_, partition) => place.log.records(topicNames.customerEvents, partition).length,
    );
  const toAll = (type: string, values: readonly object[]) =>
    Array.from({ length: partitions }, (_, partition) => async () => {
      for (const value of values) await place.append(partition, type, value);
    });

  /** What is to be written next, partition by partition, and what must be so before. */
  let todo: (() => Promise<void>)[] = [];
  let stage = 0;
  let seen: number[] = [];
  const advance = async (): Promise<void> => {
    const next = todo.shift();
    if (next !== undefined) return next();
    const states = await load();
    const positions = states.map(({ position }) => position);
    const sets = states.map(({ definitions }) => place.sets.unpack(definitions));
    if (stage === 0 && random() < 0.1) {
      todo = toAll("tidemark.log.DefinitionVersion", written);
      stage = 1;
    } else if (stage === 1) {
      const known = sets.every((set) =>
        written.every(({ id, version }) =>
          set.definitions.some((one) => one.id === id && one.version === version),
        ),
      );
      if (!known) return;
      todo = toAll("tidemark.log.Sweep", [{ id: "s", generation, definitions: written }]);
      stage = 2;
    } else if (stage === 2 && sets.every(({ sweep }) => sweep !== null)) {
      seen = ends();
      stage = 3;
    } else if (stage === 3 && seen.every((end, partition) => (positions[partition] ?? 0) >= end)) {
      const applies = await history(place, sets);
      if (applies === null) return;
      todo = applies;
      stage = 4;
    } else if (stage === 4) {
      if (ends().some((end, partition) => (positions[partition] ?? 0) < end)) return;
      const swept = (await load()).map(({ meta }) => unpackMeta(meta).swept);
      expect(swept.reduce((sum, { sentOn, taken }) => sum + sentOn - taken, 0)).toBe(0);
      todo = toAll("tidemark.log.SweepEnd", [{ sweep: "s" }]);
      stage = 5;
    }
  };

  for (let steps = 0; steps < 5_000; steps += 1) {
    const choice = random();
    if (choice < 0.25) await events.shift()?.();
    else if (choice < 0.5) await advance();
    else if (stage !== 4 || random() < 0.7) await place.foldSome(upTo(partitions), 1 + upTo(4));
    else
      for (let partition = 0; partition < partitions; partition += 1) await place.foldSome(partition, 1_000);
    if (events.length === 0 && stage === 5 && todo.length === 0) break;
  }
  expect([stage, todo.length, events.length]).toEqual([5, 0, 0]);
  await place.settle();
  place.at(noon + hour);

  const whole = new Map<string, { spent: number; views: number; orders: number }>();
  for (const [id, own] of happened) {
    let end = id;
    for (let into = mergedInto.get(end); into !== undefined; into = mergedInto.get(end)) end = into;
    const sum = whole.get(end) ?? { spent: 0, views: 0, orders: 0 };
    whole.set(end, {
      spent: sum.spent + own.spent,
      views: sum.views + own.views,
      orders: sum.orders + own.orders,
    });
  }
  return { place, whole };
}

type Place = Awaited<ReturnType<typeof cluster>>;
type DefinitionSet = ReturnType<Place["sets"]["unpack"]>;

/** What the warehouse sends of each subject, partition by partition; null where the archive is not whole yet. */
async function history(place: Place, sets: readonly DefinitionSet[]) {
  const rows: Parameters<typeof identitiesOf>[0][number][] = [];
  const eventsOf = new Map<string, ArchivedEvent[]>();
  const fences = new Map(sets.map(({ sweep }, partition) => [partition, sweep?.offset ?? 0]));
  const rejected = new Set((await place.rejected()).map(({ partition, offset }) => `${partition}/${offset}`));
  for (let partition = 0; partition < partitions; partition += 1)
    for (const record of place.log.records(topicNames.customerEvents, partition)) {
      const { offset, timestamp } = record;
      const decoded = await place.codec.decode(record.value ?? Buffer.alloc(0));
      const type = decoded.type.slice("tidemark.log.".length);
      if (rejected.has(`${partition}/${offset}`)) continue;
      if (type === "Merge" || type === "Absorb") {
        const { value } = controlRecordRow(record, decoded.type, decoded.value) as { readonly value: string };
        rows.push({ type, partition, offset, appendedAt: timestamp, value });
      }
      if (type !== "CustomerEvent") continue;
      const { subject, name, occurredAt, properties, order } = decoded.value as CustomerEvent;
      const archived = { partition, offset, appendedAt: timestamp, name, occurredAt, properties };
      const ofOrder = {
        orderId: order?.orderId ?? null,
        orderAction: order?.action ?? null,
        orderVersion: null,
        orderRefund: null,
      };
      eventsOf.set(subject, [...(eventsOf.get(subject) ?? []), { ...archived, ...ofOrder }]);
    }
  const identities = identitiesOf(rows);
  if (!areWhole(identities, fences)) return null;
  const subjects = new Map(identities.owners.map(({ subject, partition }) => [subject, partition]));
  for (const [subject, [first]] of eventsOf)
    if (first !== undefined && first.offset < (fences.get(first.partition) ?? 0))
      subjects.set(subject, first.partition);
  return [...Map.groupBy(subjects, ([, partition]) => partition)].flatMap(([partition, own]) => {
    const plan = sets[partition]?.history;
    if (plan === null || plan === undefined) return [];
    const applies = own.map(([subject]) => {
      const archived = { kind: "customer", subject, partition, events: eventsOf.get(subject) ?? [] } as const;
      const family = familyOf(identities, archived, fences, eventsOf);
      const features = Buffer.from(foldHistory(plan, family));
      return { subject, subjectKind: "customer" as const, features, erasedBelow: family.erasedBelow };
    });
    return [...cutApplies(applies, (one) => one, 2)].map((some) => async () => {
      const batch = { sweep: "s", subjects: subjects.size, applies: some };
      await place.append(partition, "tidemark.log.SweepBatch", batch);
    });
  });
}

function inOrder(changes: readonly SegmentChange[]): void {
  const state = new Map<string, string>();
  for (const { subject, definition, from, to } of changes) {
    expect(from).toBe(state.get(`${subject} ${definition}`) ?? "out");
    state.set(`${subject} ${definition}`, to);
  }
}

describe("merges while definitions are filled", () => {
  it(
    `given any order of events, merges and steps of a sweep over partitions, then who took over has what all of them had, once (I1, F6), seeds from ${firstSeed}`,
    async () => {
      for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
        const { place, whole } = await life(seed);
        for (const [id, expected] of whole) {
          const kept = await place.kept(id);
          if (kept === null) {
            expect([seed, id, expected]).toEqual([seed, id, { spent: 0, views: 0, orders: 0 }]);
            continue;
          }
          expect([seed, id, "metrics" in kept ? kept.metrics : kept]).toEqual([seed, id, expected]);
          const segments = "segments" in kept ? kept.segments.map((one) => one.id).toSorted() : [];
          const meant = [
            ...(expected.spent >= 100 ? ["spender"] : []),
            ...(expected.views >= 3 ? ["viewer"] : []),
          ];
          expect([seed, id, segments]).toEqual([seed, id, meant]);
        }
        inOrder(await place.changes());
      }
    },
    60_000 + runs * 2_000,
  );
});
