/** Removes what was archived of subjects that were erased, and keeps a receipt. Each step can be done again. */
import { subjectHashSql } from "@tidemark/contracts";
import type { Clock, Warehouse } from "@tidemark/runtime";
import { dateTime } from "../rows.ts";
import type { ArchivedErasure, Tombstones } from "./archived-erasure.ts";
import { noTombstones, putTombstone } from "./archived-erasure.ts";

export interface ErasurePorts {
  readonly warehouse: Warehouse;
  readonly clock: Pick<Clock, "now">;
}

export type ReceiptPart = "events" | "changes" | "dead-letters";

export interface ReceiptRow {
  readonly state: "found" | "removed";
  readonly found: number;
  /** Of dead letters. */
  readonly places?: string;
}

/** Known of a partition before its first block. */
export async function readTombstones(warehouse: Warehouse, partition: number): Promise<Tombstones> {
  const tombstones = noTombstones();
  const rows = await warehouse.query<{ hash: string; erasedAt: number; offset: number }>(
    `SELECT subject_hash AS hash, max(toUnixTimestamp64Milli(erased_at)) AS erasedAt,
            argMax(erasures.offset, (erased_at, -erasures.offset)) AS offset
     FROM erasures WHERE kafka_partition = {partition:UInt32} AND part = 'events' GROUP BY subject_hash`,
    { partition },
  );
  for (const { hash, ...tombstone } of rows) putTombstone(tombstones, hash, tombstone);
  return tombstones;
}

/** Of somebody; both in ms since the epoch. */
export interface KnownErasure {
  /** What is dated up to then is erased. */
  readonly erasedAt: number;
  /** And what was appended up to then: behind it there are only changes of who began anew. */
  readonly appendedAt: number;
}

/** Of these those that were erased, wherever they live, by hash of the subject. */
export async function knownErasures(
  warehouse: Warehouse,
  hashes: Iterable<string>,
): Promise<ReadonlyMap<string, KnownErasure>> {
  const known = await warehouse.query<KnownErasure & { hash: string }>(
    `SELECT subject_hash AS hash, max(toUnixTimestamp64Milli(erased_at)) AS erasedAt,
            max(toUnixTimestamp64Milli(appended_at)) AS appendedAt
     FROM erasures WHERE part IN ('events', 'changes') AND subject_hash IN {hashes:Array(String)} GROUP BY subject_hash`,
    { hashes: [...new Set(hashes)] },
  );
  return new Map(known.map(({ hash, ...erasure }) => [hash, erasure]));
}

/** Resolves when nothing of them is left in the tables. */
export async function removeErased(ports: ErasurePorts, erasures: readonly ArchivedErasure[]): Promise<void> {
  const of = (part: ArchivedErasure["part"]) => erasures.filter((erasure) => erasure.part === part);
  await removeRows(ports, "events", "customer_events", of("events"), eventBound);
  await removeRows(ports, "changes", "segment_changes", of("changes"), changeBound);
  const named = [...of("events"), ...of("merge")].filter(({ upTo }) => upTo !== null);
  if (named.length > 0) await deleteFrom(ports.warehouse, "control_records", controlCondition(named));
}

/** `narrow` are the tables that an insert into the table fills too (migrations/010-report-tables.sql). */
const eventBound = {
  column: "offset",
  below: (upTo: number) => upTo,
  narrow: ["order_events", "outcome_events", "attribute_writes", "sampled_events"],
};
const changeBound = {
  column: "sequence",
  below: (upTo: number) => upTo + 1,
  narrow: ["segment_steps"],
};

async function removeRows(
  ports: ErasurePorts,
  part: ReceiptPart,
  table: string,
  erasures: readonly ArchivedErasure[],
  bound: typeof eventBound,
): Promise<void> {
  const [first] = erasures;
  if (first === undefined) return;
  const effective = new Map<string, number>();
  for (const { hash, upTo } of erasures)
    if (upTo !== null) effective.set(hash, Math.max(bound.below(upTo), effective.get(hash) ?? 0));
  const counts = new Map<string, number>();
  if (effective.size > 0) {
    const limits = lookup(subjectHashSql, [...effective]);
    const condition = `kafka_partition = ${first.partition} AND ${bound.column} < ${limits}`;
    const found = await ports.warehouse.query<{ hash: string; found: number }>(
      `SELECT ${subjectHashSql} AS hash, count() AS found FROM ${table} WHERE ${condition} GROUP BY hash`,
    );
    for (const { hash, found: count } of found) counts.set(hash, count);
    await keepReceipts(ports, part, "found", erasures, counts);
    if (found.length > 0) {
      await removeNarrow(ports.warehouse, table, first.partition, condition, effective, bound);
      await deleteFrom(ports.warehouse, table, condition);
    }
  }
  await keepReceipts(ports, part, "removed", erasures, counts);
}

/** First of all: the keys that narrow tables know a subject by are read from the table that still has its id. */
async function removeNarrow(
  warehouse: Warehouse,
  table: string,
  partition: number,
  condition: string,
  limits: ReadonlyMap<string, number>,
  bound: typeof eventBound,
): Promise<void> {
  const keys = await warehouse.query<{ key: string; hash: string }>(
    `SELECT DISTINCT toString(sipHash64(subject_kind, subject)) AS key, ${subjectHashSql} AS hash FROM ${table} WHERE ${condition}`,
  );
  if (keys.length === 0) return;
  const known = keys.map(({ key }) => `toUInt64('${key}')`).join(",");
  const below = keys.map(({ hash }) => `toInt64(${limits.get(hash) ?? 0})`).join(",");
  const narrow = `kafka_partition = ${partition} AND ${bound.column} < transform(subject_key, [${known}], [${below}], toInt64(0))`;
  for (const one of bound.narrow) await deleteFrom(warehouse, one, narrow);
}

/** A repeat has the same token: the first count stands. */
async function keepReceipts(
  ports: ErasurePorts,
  part: ReceiptPart,
  state: ReceiptRow["state"],
  erasures: readonly ArchivedErasure[],
  counts: ReadonlyMap<string, number>,
): Promise<void> {
  for (const erasure of erasures)
    await keepReceipt(ports, part, erasure, { state, found: counts.get(erasure.hash) ?? 0 });
}

export async function keepReceipt(
  { warehouse, clock }: ErasurePorts,
  part: ReceiptPart,
  erasure: Pick<ArchivedErasure, "partition" | "offset" | "hash" | "erasedAt"> & {
    readonly appendedAt?: number;
  },
  { state, found, places = "[]" }: ReceiptRow,
): Promise<void> {
  const { partition, offset, hash, erasedAt, appendedAt } = erasure;
  const row = {
    kafka_partition: partition,
    offset,
    subject_hash: hash,
    erased_at: dateTime(erasedAt),
    part,
    state,
    found,
    places,
    at: dateTime(clock.now()),
    ...(appendedAt === undefined ? {} : { appended_at: dateTime(appendedAt) }),
  };
  await warehouse.insert("erasures", [row], `${partition}/${offset}/${part}/${state}`);
}

/**
 * Merges and what was absorbed name subjects inside of JSON. Requests of merges stand in partition 0, whoever they are
 * about: one that came behind an erasure in another partition and is dated before it may be archived first. A merge goes
 * with who was merged, who is erased too where this one was part of who was erased: else it is into who begins anew.
 */
function controlCondition(erasures: readonly ArchivedErasure[]): string {
  const partition = erasures[0]?.partition ?? 0;
  // Of several of the same subject the last one holds.
  const appended = new Map<string, number>();
  const ofPartition = new Map<string, number>();
  const dated = new Map<string, number>();
  const raise = (limits: Map<string, number>, hash: string, at: number): void =>
    void limits.set(hash, Math.max(at + 1, limits.get(hash) ?? Number.MIN_SAFE_INTEGER));
  for (const { part, hash, appendedAt, erasedAt } of erasures) {
    raise(appended, hash, appendedAt);
    if (part !== "events") continue;
    raise(ofPartition, hash, appendedAt);
    raise(dated, hash, erasedAt);
  }
  const appendedAtSql = "toUnixTimestamp64Milli(appended_at)";
  const requested = namedBelow(appendedAtSql, appended);
  const ofCustomers = "topic = 'customer-events'";
  if (dated.size === 0) return `${ofCustomers} AND type = 'MergeRequest' AND (${requested})`;
  const request = `type = 'MergeRequest' AND (${requested} OR ${namedBelow(mergedAtSql, dated)})`;
  const merge = `type = 'Merge' AND ${namedBelow(appendedAtSql, ofPartition, ["subject"])}`;
  const other = `type IN ('Absorb', 'SweepApply', 'Rescore') AND (${namedBelow(appendedAtSql, ofPartition)})`;
  const batch = `type = 'SweepBatch' AND ${appendedAtSql} < ${ofBatch(ofPartition)}`;
  return `${ofCustomers} AND ((${request}) OR (kafka_partition = ${partition} AND ((${merge}) OR (${other}) OR (${batch}))))`;
}

/**
 * SQL: the highest limit of those to whom a sweep brings something in one record. All of it goes: what it brings to others
 * is of events that are archived, and without one of them the archive is not the whole log anyway.
 */
function ofBatch(limits: ReadonlyMap<string, number>): string {
  const hash = subjectHashSql
    .replace("subject_kind", "one.subjectKind")
    .replace(", subject)", ", one.subject)");
  const applies = "JSONExtract(value, 'applies', 'Array(Tuple(subject String, subjectKind String))')";
  return `arrayMax(one -> ${lookup(hash, [...limits], Number.MIN_SAFE_INTEGER)}, ${applies})`;
}

/** As `instantOf` has it. */
const mergedAtSql =
  "least(toUnixTimestamp64Milli(appended_at), ifNull(JSONExtract(value, 'mergedAt', 'Nullable(Int64)'), toUnixTimestamp64Milli(appended_at)))";

/** SQL: whether an instant lies below the limit of anybody whom the record names. */
function namedBelow(
  instant: string,
  limits: ReadonlyMap<string, number>,
  fields: readonly string[] = ["subject", "into", "from"],
): string {
  const hashOf = (field: string) =>
    subjectHashSql
      .replace("subject_kind", "JSONExtractString(value, 'subjectKind')")
      .replace(", subject)", `, JSONExtractString(value, '${field}'))`);
  return fields
    .map((field) => `${instant} < ${lookup(hashOf(field), [...limits], Number.MIN_SAFE_INTEGER)}`)
    .join(" OR ");
}

/** SQL: the number that belongs to a hash; `missing` for any other. */
function lookup(
  hash: string,
  limits: readonly (readonly [hash: string, limit: number])[],
  missing = 0,
): string {
  const hashes = limits.map(([one]) => `'${one}'`).join(",");
  const numbers = limits.map(([, limit]) => `toInt64(${limit})`).join(",");
  return `transform(${hash}, [${hashes}], [${numbers}], toInt64(${missing}))`;
}

/** Written anew without them; waits until that is done. The statement names nobody: ClickHouse keeps it. */
export async function deleteFrom(warehouse: Warehouse, table: string, condition: string): Promise<void> {
  await warehouse.execute(`ALTER TABLE ${table} DELETE WHERE ${condition} SETTINGS mutations_sync = 2`);
}
