/** Customers who are merged and erased while they go on: the workers of services/segments over logs in memory, and SQL over what services/warehouse would have archived of them. */
import { topicNames } from "@tidemark/contracts";
import { buildPlan, parseDefinitions } from "@tidemark/core";
import type { Warehouse } from "@tidemark/runtime";
import { cluster, day, hour, noon } from "../../../services/segments/test/cluster.ts";
import { blockRows } from "../../../services/warehouse/src/block-rows.ts";
import { noTombstones } from "../../../services/warehouse/src/erasure/archived-erasure.ts";
import { removeErased } from "../../../services/warehouse/src/erasure/remove-erased.ts";
import { seededRandom } from "../../../test/bench/random.ts";
import { type Comparison, comparisonQuery, compileQuery } from "../src/index.ts";
import type { Archive, Row } from "./archive.ts";
import { answerIn, answersOf } from "./equal.ts";

const partitions = 3;

const documents = [
  { kind: "metric", id: "orders", count: "order.placed" },
  { kind: "metric", id: "revenue", sum: "total", of: "order.placed" },
  { kind: "metric", id: "recent", sum: "total", of: "order.placed", during: { last: "3 days" } },
  { kind: "metric", id: "largest", maximum: "total", of: "order.placed" },
  { kind: "metric", id: "pages", distinct: "page", of: "page.viewed" },
  { kind: "metric", id: "views-this-month", count: "page.viewed", during: { this: "month" } },
  { kind: "segment", id: "buyer", when: { metric: "recent", atLeast: 20 } },
  { kind: "segment", id: "gold", when: { attribute: "tier", is: "gold" } },
  { kind: "segment", id: "silent", when: { since: "last", of: "page.viewed", atLeast: "2 days" } },
  {
    kind: "segment",
    id: "abandoned",
    when: { did: "page.viewed", without: "order.placed", for: "6 hours" },
  },
  {
    kind: "segment",
    id: "loyal",
    enter: { metric: "orders", atLeast: 3 },
    leave: { metric: "orders", is: 0 },
  },
  {
    kind: "classification",
    id: "tier",
    categories: [
      { id: "high", when: { metric: "revenue", atLeast: 60 } },
      { id: "some", when: { metric: "orders", atLeast: 1 } },
    ],
    otherwise: "none",
  },
];

export interface MergedLife {
  readonly seed: number;
  readonly customers: number;
  /** Records that are written between two looks. */
  readonly records: number;
  readonly looks: number;
  /** Customers are erased too; each look then waits until all is folded. */
  readonly erases: boolean;
}

export interface MergedCompared {
  /** Customers looked at, each look for itself. */
  readonly cases: number;
  readonly merges: number;
  readonly erasures: number;
  readonly differences: readonly string[];
  /** Of whom a published change was taken away, and in whom the comparison of what is published finds a difference. */
  readonly lost: readonly { readonly subject: string; readonly found: readonly string[] }[];
}

export async function compareMerged(
  archive: Archive,
  { seed, customers, records, looks, erases }: MergedLife,
): Promise<MergedCompared> {
  const random = seededRandom(seed);
  const upTo = (count: number): number => Math.floor(random() * count);
  const parsed = parseDefinitions(documents);
  if (parsed.faults.length > 0) throw new Error(JSON.stringify(parsed.faults));
  const { definitions } = parsed;
  const plan = buildPlan(
    definitions.map((definition, at) => ({ definition, version: at + 1, filling: false })),
    { zone: "UTC" },
  );
  const names = definitions.map(({ kind, id }) => `${kind}/${id}`);
  const place = await cluster({ partitions, definitions: documents });
  const ids = Array.from({ length: customers }, (_, at) => `c${seed}-${at}`);
  const someone = (): string => ids[upTo(ids.length)] ?? "";
  let now = noon;
  let [merges, erasures, orders, cases] = [0, 0, 0, 0];
  const differences: string[] = [];
  const lost: { subject: string; found: readonly string[] }[] = [];

  const step = async (): Promise<void> => {
    now += upTo(4) === 0 ? upTo(10 * hour) : upTo(hour / 2);
    place.at(now);
    const late = upTo(5) === 0 ? { occurredAt: now - upTo(2 * day) } : {};
    const choice = random();
    if (choice < 0.35) {
      await place.event(someone(), { properties: JSON.stringify({ page: `p${upTo(6)}` }), ...late });
    } else if (choice < 0.45) {
      const tier = ["gold", "silver", null][upTo(3)];
      await place.event(someone(), {
        name: "profile.changed",
        attributes: JSON.stringify({ tier }),
        ...late,
      });
    } else if (choice < 0.7) {
      orders += 1;
      // Now and then one that somebody else has too.
      const order = `o${seed}-${upTo(4) === 0 ? upTo(orders) : orders}`;
      await place.order(someone(), order, 1 + upTo(40), late);
    } else if (choice < 0.82) {
      const action = (["updated", "cancelled", "refunded"] as const)[upTo(3)] ?? "updated";
      const refund = action === "refunded" && upTo(4) > 0 ? 1 + upTo(20) : null;
      await place.event(someone(), {
        name: `order.${action}`,
        properties: JSON.stringify({ total: 1 + upTo(40) }),
        order: { orderId: `o${seed}-${1 + upTo(orders)}`, action, version: null, refund },
        ...late,
      });
    } else if (choice < 0.87) {
      merges += 1;
      await place.merge(someone(), someone(), now - upTo(2) * upTo(day));
    } else if (choice < 0.91 && erases) {
      erasures += 1;
      await place.erase(someone(), now - upTo(2) * upTo(day));
    } else await place.clock(now);
  };

  const look = async (): Promise<void> => {
    const states = await Promise.all(Array.from({ length: partitions }, (_, at) => place.store.load(at)));
    const positions = states.map(({ position }) => position);
    await archiveOf(archive, place, positions);
    const query = compileQuery(definitions, "customer", names, { zone: "UTC", asOf: [now], upTo: positions });
    const rows = new Map(archive.rows(query).map((row) => [String(row.subject), row]));
    for (const id of ids) {
      cases += 1;
      const kept = await place.kept(id);
      const stream = kept === null || "into" in kept ? undefined : answersOf(plan, kept);
      const row = rows.get(id);
      rows.delete(id);
      const differ = (name: string, ofStream: unknown, ofSql: unknown): void => {
        differences.push(
          `seed ${seed}: ${name} of ${id} at ${new Date(now).toISOString()}, positions ${positions}: the stream says ${JSON.stringify(ofStream)}, SQL ${JSON.stringify(ofSql)}`,
        );
      };
      if (stream === undefined || row === undefined) {
        if ((stream === undefined) !== (row === undefined))
          differ("is there", stream !== undefined, row !== undefined);
        continue;
      }
      for (const name of names) {
        const [ofStream, ofSql] = [stream.get(name), answerIn(row, name, query.columns[name] ?? "")];
        if (JSON.stringify(ofStream) !== JSON.stringify(ofSql)) differ(name, ofStream, ofSql);
      }
    }
    for (const id of rows.keys()) differences.push(`seed ${seed}: SQL knows ${id}`);
  };

  const published = definitions
    .filter(({ kind }) => kind === "segment" || kind === "classification")
    .map(({ kind, id }) => `${kind}/${id}`);
  const compare = (upTo: readonly number[]): Comparison => {
    const options = { zone: "UTC", at: now, upTo, most: 10 };
    const query = comparisonQuery(definitions, "customer", published, options);
    return archive.rows({ ...query, columns: {} })[0] as unknown as Comparison;
  };

  /** What was published, once all that is due has been found out, and with one change of it lost. */
  const audit = async (): Promise<void> => {
    // What history armed waits for 30 s, and a timer may be armed again for an instant that has come.
    now += 60_000;
    place.at(now);
    for (let round = 0; round < 4; round += 1) {
      await place.clock(now);
      await place.settle();
    }
    const states = await Promise.all(Array.from({ length: partitions }, (_, one) => place.store.load(one)));
    const positions = states.map(({ position }) => position);
    await archiveOf(archive, place, positions);
    const { differing, differences: found, subjects } = compare(positions);
    if (differing > 0 || subjects === 0)
      differences.push(`seed ${seed}: of ${subjects} published ${JSON.stringify(found)}`);
    const last = "definition = 'buyer' ORDER BY appended_at DESC, sequence DESC LIMIT 1";
    const [change] = archive.rows({
      sql: `SELECT subject, to_state FROM segment_changes WHERE ${last}`,
      parameters: {},
      columns: {},
    });
    if (change === undefined) return;
    await archive.warehouse.execute(
      `ALTER TABLE segment_changes DELETE WHERE definition = 'buyer' AND subject = '${change.subject}' AND (appended_at, sequence) IN (SELECT appended_at, sequence FROM segment_changes WHERE ${last}) SETTINGS mutations_sync = 2`,
    );
    const [difference, ...more] = compare(positions).differences;
    lost.push({
      subject: String(change.subject),
      found: [difference, ...more].flatMap((one) => one?.[0] ?? []),
    });
  };

  for (let at = 0; at < looks; at += 1) {
    for (let record = 0; record < records; record += 1) {
      await step();
      if (upTo(3) === 0) await place.foldSome(upTo(partitions), 1 + upTo(12));
    }
    // Else what an erasure takes out of the archive at once is still to be erased in another partition.
    if (at === looks - 1 || erases) await place.settle();
    await look();
    if (at === looks - 1 || erases) await audit();
  }
  return { cases, merges, erasures, differences, lost };
}

/** What the service would have archived of the records below these positions. */
export async function archiveOf(
  archive: Archive,
  { log, codec }: Pick<Awaited<ReturnType<typeof cluster>>, "log" | "codec">,
  positions: readonly number[],
): Promise<void> {
  const tables: Record<string, Row[]> = {};
  const erasures: Parameters<typeof removeErased>[1][number][] = [];
  for (const topic of [topicNames.customerEvents, topicNames.segmentChanges, topicNames.rejectedEvents])
    for (const [partition, position] of positions.entries()) {
      const all = log.records(topic, partition);
      const records = topic === topicNames.customerEvents ? all.slice(0, position) : all;
      const cursor = { epoch: 0, sequence: 0 };
      const block = await blockRows(codec, cursor, records, noTombstones());
      for (const [table, rows] of block.tables) {
        const known = tables[table] ?? [];
        tables[table] = known;
        known.push(...(rows as Row[]));
      }
      erasures.push(...block.erasures);
    }
  archive.fill(tables);
  const ports = { warehouse: archive.warehouse as Warehouse, clock: { now: () => noon } };
  const byPlace = Map.groupBy(erasures, ({ part, partition }) => `${part} ${partition}`);
  for (const some of byPlace.values()) await removeErased(ports, some);
}
