import { type MergeRequest, subjectHash } from "@tidemark/contracts";
import type { LogRecord, Warehouse } from "@tidemark/runtime";
import { expect, it } from "vitest";
import { archivedRequest, removeErasedRequests } from "../src/erasure/archived-request.ts";

const noon = Date.UTC(2026, 4, 1, 12);

function request(offset: number, subject: string, into: string, mergedAt: number | null) {
  const record = { topic: "customer-events", partition: 0, offset, timestamp: noon } as LogRecord;
  const value: MergeRequest = { subject, subjectKind: "customer", into, mergedAt, source: null };
  return archivedRequest(record, value);
}

/** What is executed where these were erased, by the hash of their id. */
async function executed(
  requests: readonly ReturnType<typeof request>[],
  erased: Readonly<Record<string, number>>,
): Promise<readonly string[]> {
  const statements: string[] = [];
  const warehouse: Warehouse = {
    execute: async (sql) => void statements.push(sql),
    query: async <Row>(_sql: string, parameters?: Readonly<Record<string, unknown>>) =>
      Object.entries(erased)
        .map(([id, erasedAt]) => ({ hash: subjectHash("customer", id), erasedAt }))
        .filter(({ hash }) => JSON.stringify(parameters).includes(hash)) as Row[],
    insert: async () => undefined,
    close: async () => undefined,
  };
  await removeErasedRequests(warehouse, requests);
  return statements;
}

it("given requests to merge, when who is named on either side was erased at their instant or later, then their rows are removed; those of a later instant stay", async () => {
  const requests = [
    request(4, "ann", "bob", noon - 10),
    request(5, "cid", "ann", noon - 9),
    request(6, "ann", "dee", noon - 8),
    // Without an instant of its own it is about that of its record.
    request(7, "ann", "eve", null),
  ];
  expect(await executed(requests, { ann: noon - 9 })).toEqual([
    "ALTER TABLE control_records DELETE WHERE topic = 'customer-events' AND type = 'MergeRequest' AND kafka_partition = 0 AND offset IN (4, 5) SETTINGS mutations_sync = 2",
  ]);
});

it("given requests to merge, when nobody whom they name was erased, then nothing is removed", async () => {
  expect(await executed([request(4, "ann", "bob", noon)], { cid: noon })).toEqual([]);
  expect(await executed([], { ann: noon })).toEqual([]);
});
