/**
 * ClickHouse as the warehouse sees it: rows by table; an insert whose token a table has seen is dropped. Of SQL it knows
 * the statements by which erasures find and remove rows.
 */
import { createHash } from "node:crypto";
import type { Warehouse } from "@tidemark/runtime";
import { historyQuery } from "./archived-history.ts";
import type { Host } from "./host.ts";

export interface Tables {
  insert(table: string, rows: readonly object[], token: string): void;
  rows(table: string): readonly Row[];
  execute(sql: string): void;
  query(sql: string, parameters?: Readonly<Record<string, unknown>>): readonly Row[];
}

export function createTables(): Tables {
  const tables = new Map<string, Row[]>();
  const rows = (table: string): readonly Row[] => tables.get(table) ?? [];
  const tokens = new Set<string>();
  return {
    insert(table, inserted, token) {
      if (tokens.has(`${table} ${token}`)) return;
      tokens.add(`${table} ${token}`);
      tables.set(table, [...(tables.get(table) ?? []), ...(inserted as Row[])]);
    },
    rows,
    execute(sql) {
      const deletion = /^ALTER TABLE (\w+) DELETE WHERE (.*) SETTINGS/s.exec(sql);
      if (deletion === null) return;
      const [, table = "", condition = ""] = deletion;
      const isMeant = conditionOf(condition);
      tables.set(
        table,
        rows(table).filter((row) => !isMeant(row)),
      );
    },
    query(sql, parameters) {
      const count = /count\(\) AS found FROM (\w+) WHERE (.*) GROUP BY hash$/s.exec(sql);
      if (count !== null) {
        const [, table = "", condition = ""] = count;
        const byHash = Map.groupBy(rows(table).filter(conditionOf(condition)), (row) =>
          hashOf(row, "subject"),
        );
        return [...byHash].map(([hash, found]) => ({ hash, found: found.length }));
      }
      if (sql.startsWith("SELECT DISTINCT subject FROM")) return subjectsIn(rows, parameters ?? {});
      if (!sql.includes("FROM erasures")) return historyQuery(rows, sql, parameters ?? {}) ?? [];
      if (sql.includes("AS latest")) {
        const told = rows("erasures").filter(({ part }) => part !== "dead-letters");
        const latest = told.map((row) => Math.max(instantOf(row.erased_at), instantOf(row.appended_at)));
        return [{ latest: Math.max(0, ...latest), known: told.length }];
      }
      const hashes = parameters?.hashes;
      if (Array.isArray(hashes)) {
        const named = rows("erasures").filter(
          (row) => row.part !== "dead-letters" && hashes.includes(row.subject_hash),
        );
        return [...Map.groupBy(named, (row) => row.subject_hash)].map(([hash, own]) => ({
          hash,
          erasedAt: Math.max(...own.map((row) => instantOf(row.erased_at))),
          appendedAt: Math.max(...own.map((row) => instantOf(row.appended_at))),
        }));
      }
      const known = rows("erasures").filter(
        (row) => row.kafka_partition === parameters?.partition && row.part === "events",
      );
      return [...Map.groupBy(known, (row) => row.subject_hash)].map(([hash, own]) => {
        const [latest] = own.toSorted(
          (a, b) => instantOf(b.erased_at) - instantOf(a.erased_at) || Number(a.offset) - Number(b.offset),
        );
        return { hash, erasedAt: instantOf(latest?.erased_at), offset: latest?.offset };
      });
    },
  };
}

type Row = Readonly<Record<string, unknown>>;

/** Of those with events, and of those who took over somebody. */
function subjectsIn(
  rows: (table: string) => readonly Row[],
  { partition, kind, after }: Readonly<Record<string, unknown>>,
): readonly Row[] {
  const events = rows("customer_events")
    .filter((row) => row.kafka_partition === partition && row.subject_kind === kind)
    .map(({ subject }) => subject);
  const absorbs = rows("control_records")
    .filter(({ topic, type, ...row }) => type === "Absorb" && row.kafka_partition === partition)
    .map(({ value }) => JSON.parse(String(value)))
    .filter(({ subjectKind }) => subjectKind === kind)
    .map(({ subject }) => subject ?? "");
  const found = [...events, ...absorbs].map(String).filter((subject) => subject > String(after));
  return [...new Set(found)].toSorted().map((subject) => ({ subject }));
}

/** A condition of an erasure; throws for any other. */
function conditionOf(sql: string): (row: Row) => boolean {
  const request = /type = 'MergeRequest' AND kafka_partition = (\d+) AND offset IN \(([\d, ]+)\)$/.exec(sql);
  if (request !== null) {
    const [, partition, list = ""] = request;
    const offsets = list.split(", ").map(Number);
    return (row) =>
      row.topic === "customer-events" &&
      row.type === "MergeRequest" &&
      row.kafka_partition === Number(partition) &&
      offsets.includes(Number(row.offset));
  }
  const partition = Number(/kafka_partition = (\d+)/.exec(sql)?.[1]);
  const limitOf = limitsIn(sql);
  const isNaming = sql.startsWith("topic = 'customer-events' AND");
  if (limitOf === null || (Number.isNaN(partition) && !isNaming))
    throw new Error(`SQL that nobody knows here: ${sql}`);
  const column = /^kafka_partition = \d+ AND (\w+) < transform/.exec(sql)?.[1];
  if (column !== undefined)
    return (row) =>
      row.kafka_partition === partition && Number(row[column]) < limitOf(hashOf(row, "subject"));
  const [requests = "", others = ""] = sql.split(" OR (kafka_partition = ");
  const datedOf = limitsIn(/'mergedAt'.*$/s.exec(requests)?.[0] ?? "");
  const [ofMerged, ofOthers] = others.split(" OR (type IN ").map(limitsIn);
  return (row) => {
    if (row.topic !== "customer-events") return false;
    const value = JSON.parse(String(row.value));
    const named = { ...value, subject_kind: value.subjectKind };
    const appendedAt = instantOf(row.appended_at);
    const mergedAt = Math.min(value.mergedAt ?? appendedAt, appendedAt);
    if (row.kafka_partition === partition && row.type === "SweepBatch")
      return (value.applies as readonly Row[]).some(({ subjectKind, subject }) => {
        const hash = hashOf({ subject_kind: subjectKind, subject }, "subject");
        return ofOthers != null && appendedAt < ofOthers(hash);
      });
    const isBelow = (at: number, limit: typeof limitOf | null | undefined, field: string): boolean =>
      limit != null && at < limit(hashOf(named, field));
    const names = ["subject", "into", "from"];
    if (row.type === "MergeRequest")
      return names.some((name) => isBelow(appendedAt, limitOf, name) || isBelow(mergedAt, datedOf, name));
    if (row.kafka_partition !== partition) return false;
    if (row.type === "Merge") return isBelow(appendedAt, ofMerged, "subject");
    return (
      ["Absorb", "SweepApply", "Rescore"].includes(String(row.type)) &&
      names.some((name) => isBelow(appendedAt, ofOthers, name))
    );
  };
}

/** Of the first lookup in the SQL; null where there is none. */
function limitsIn(sql: string): ((hash: string) => number) | null {
  const lists = /\[([^\]]*)\], \[([^\]]*)\], toInt64\((-?\d+)\)/.exec(sql);
  if (lists === null) return null;
  const hashes = [...(lists[1] ?? "").matchAll(/'(\w+)'/g)].map(([, hash]) => hash ?? "");
  const limits = [...(lists[2] ?? "").matchAll(/toInt64\((-?\d+)\)/g)].map(([, limit]) => Number(limit));
  return (hash) => limits[hashes.indexOf(hash)] ?? Number(lists[3]);
}

/** As the SQL has it: the first half of a SHA-256. */
export function hashOf(row: Row, field: string): string {
  const key = `tidemark:${row.subject_kind}:${row[field] ?? ""}`;
  return createHash("sha256").update(key).digest("hex").slice(0, 32);
}

function instantOf(text: unknown): number {
  return Date.parse(`${String(text).replace(" ", "T")}Z`);
}

const failure = (_kind: string, message: string): Error => new Error(message);

export function createHostWarehouse(host: Host, tables: Tables): Warehouse {
  return {
    execute: (sql) =>
      host.call("warehouse", "executes", () => tables.execute(sql), { failure, write: "repeats" }),
    query: <Row>(sql: string, parameters?: Readonly<Record<string, unknown>>) =>
      host.call("warehouse", "queries", () => tables.query(sql, parameters) as readonly Row[], { failure }),
    insert: (table, rows, token) =>
      host.call(
        "warehouse",
        `inserts ${rows.length} into ${table}`,
        () => tables.insert(table, rows, token),
        { failure, write: "repeats" },
      ),
    close: async () => undefined,
  };
}
