import { subjectHash } from "@tidemark/contracts";
import type { LogRecord, Warehouse } from "@tidemark/runtime";
import { Session } from "chdb";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { ArchivedErasure } from "../src/erasure/archived-erasure.ts";
import { knownErasures, removeErased } from "../src/erasure/remove-erased.ts";
import { readMigrations } from "../src/index.ts";
import { controlRecordRow } from "../src/rows.ts";

const noon = Date.UTC(2026, 4, 1, 12);
const tables = ["control_records", "erasures", "customer_events", "segment_changes"];
const session = new Session();
for (const { sql } of await readMigrations())
  for (const statement of sql.split(/;\s*$/m)) if (statement.trim() !== "") session.query(statement);
afterAll(() => session.cleanup());
beforeEach(() => {
  for (const table of tables) session.query(`TRUNCATE TABLE ${table}`);
});

const asked = (sql: string, parameters: Readonly<Record<string, unknown>> = {}): readonly object[] => {
  const text = session.queryBind(sql, parameters, "JSONEachRow").trim();
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line));
};
/** ClickHouse's engine within this process. */
const warehouse: Warehouse = {
  execute: async (sql) => void session.query(sql),
  query: async <Row>(sql: string, parameters?: Readonly<Record<string, unknown>>) =>
    asked(sql, parameters) as readonly Row[],
  insert: async (table, rows) =>
    void session.query(
      `INSERT INTO ${table} FORMAT JSONEachRow ${rows.map((row) => JSON.stringify(row)).join("\n")}`,
    ),
  close: async () => undefined,
};

type Told = readonly [type: string, partition: number, appendedAt: number, value: object];

/** Offsets of those left, which are those of the list's order. */
async function left(told: readonly Told[], erasures: readonly ArchivedErasure[]): Promise<readonly number[]> {
  const rows = told.map(([type, partition, timestamp, value], offset) => {
    const record = { topic: "customer-events", partition, offset, timestamp, value: null } as LogRecord;
    return controlRecordRow(record, `tidemark.log.${type}`, { subjectKind: "customer", ...value });
  });
  await warehouse.insert("control_records", rows, "rows");
  await removeErased({ warehouse, clock: { now: () => noon } }, erasures);
  const found = asked("SELECT offset FROM control_records ORDER BY offset");
  return found.map((row) => Number((row as { offset: number }).offset));
}

/** Of ann in partition 2, dated noon and appended ten ms later. */
const erasure: ArchivedErasure = {
  part: "events",
  partition: 2,
  offset: 70,
  hash: subjectHash("customer", "ann"),
  subject: { kind: "customer", id: "ann" },
  erasedAt: noon,
  appendedAt: noon + 10,
  upTo: 70,
};

describe("records that name who was erased", () => {
  it("given requests to merge in another partition, then those go that came before the erasure or are dated up to it", async () => {
    const request = (appendedAt: number, subject: string, into: string, mergedAt: number | null): Told => {
      return ["MergeRequest", 0, appendedAt, { subject, into, mergedAt, source: null }];
    };
    const told = [
      request(noon + 10, "ann", "bob", noon + 5),
      request(noon + 99, "ann", "bob", noon),
      request(noon + 99, "bob", "ann", noon - 5),
      // Of who began anew.
      request(noon + 99, "ann", "bob", noon + 5),
      request(noon + 99, "ann", "bob", null),
      request(noon + 99, "cid", "bob", noon - 5),
      request(noon + 99, "cid", "bob", -5),
    ];
    expect(await left(told, [erasure])).toEqual([3, 4, 5, 6]);
  });

  it("given merges, then those of the erasure's partition go that came before it", async () => {
    const merge = { subject: "ann", into: "bob", mergedAt: noon - 5 };
    const told: readonly Told[] = [
      ["Merge", 2, noon + 9, merge],
      ["Absorb", 2, noon + 9, { subject: "bob", from: "ann", mergedAt: noon - 5 }],
      ["Merge", 1, noon + 9, merge],
      ["Merge", 2, noon + 11, merge],
      // Into who begins anew: had it been part of who was erased, it would be erased itself.
      ["Merge", 2, noon + 9, { subject: "cid", into: "ann", mergedAt: noon + 5 }],
    ];
    expect(await left(told, [erasure])).toEqual([2, 3, 4]);
  });

  it("given what a sweep brings to several at once, then it goes where one of them was erased behind it", async () => {
    const batch = (...ids: readonly string[]) => ({
      sweep: "s1",
      subjects: 9,
      applies: ids.map((subject) => ({ subject, subjectKind: "customer", features: Buffer.of(1) })),
    });
    const told: readonly Told[] = [
      ["SweepBatch", 2, noon + 9, batch("bob", "ann")],
      ["SweepBatch", 2, noon + 9, batch("bob", "cid")],
      ["SweepBatch", 2, noon + 11, batch("ann")],
      ["SweepBatch", 1, noon + 9, batch("ann")],
      ["SweepBatch", 2, noon + 9, batch()],
      ["SweepBatch", 2, noon + 9, { ...batch(), applies: [{ subject: "ann", subjectKind: "company" }] }],
    ];
    expect(await left(told, [erasure])).toEqual([1, 2, 3, 4, 5]);
  });

  it("given a word that somebody may be merged anew, then requests that came before it go, however later ones are dated", async () => {
    const value = { subject: "ann", into: "bob", mergedAt: noon - 5 };
    const told: readonly Told[] = [
      ["MergeRequest", 0, noon + 9, value],
      ["MergeRequest", 0, noon + 11, value],
      // Of somebody of that partition, into who began anew.
      ["Merge", 0, noon + 9, { subject: "cid", into: "ann", mergedAt: noon + 5 }],
      ["Absorb", 0, noon + 9, { subject: "cid", from: "ann", mergedAt: noon - 5 }],
    ];
    const unmerge: ArchivedErasure = { ...erasure, part: "merge", partition: 0, subject: null };
    expect(await left(told, [unmerge])).toEqual([1, 2, 3]);
  });

  it("given receipts, then it is known until when somebody was erased, and what had been appended by then", async () => {
    const changes: ArchivedErasure = { ...erasure, part: "changes", appendedAt: noon + 30, upTo: 4 };
    await removeErased({ warehouse, clock: { now: () => noon } }, [erasure]);
    await removeErased({ warehouse, clock: { now: () => noon } }, [changes]);
    const known = await knownErasures(warehouse, [erasure.hash, subjectHash("customer", "bob")]);
    expect([...known]).toEqual([[erasure.hash, { erasedAt: noon, appendedAt: noon + 30 }]]);
  });
});
