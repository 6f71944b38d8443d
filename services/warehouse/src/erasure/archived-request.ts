/**
 * Requests of merges whose subjects were erased. They stand in partition 0, whoever they are about, so an erasure in
 * another partition may be archived first. Each erasure keeps its receipt before it removes rows, and here receipts are
 * looked for once the rows are there: one of the two finds the other. Nobody else tells partition 0 of a request that
 * was refused.
 */
import { instantOf, type MergeRequest, subjectHash } from "@tidemark/contracts";
import type { LogRecord, Warehouse } from "@tidemark/runtime";
import { deleteFrom, knownErasures } from "./remove-erased.ts";

export interface ArchivedRequest {
  readonly partition: number;
  readonly offset: number;
  /** Of whom it names. */
  readonly hashes: readonly string[];
  /** Ms since the epoch. */
  readonly mergedAt: number;
}

export function archivedRequest(
  { partition, offset, timestamp }: LogRecord,
  { subjectKind, subject, into, mergedAt }: MergeRequest,
): ArchivedRequest {
  const hashes = [subject, into].map((id) => subjectHash(subjectKind, id));
  return { partition, offset, hashes, mergedAt: instantOf(mergedAt, timestamp) };
}

/** Removes those of one partition that name somebody who was erased at their instant or later. */
export async function removeErasedRequests(
  warehouse: Warehouse,
  requests: readonly ArchivedRequest[],
): Promise<void> {
  const [first] = requests;
  if (first === undefined) return;
  const erased = await knownErasures(
    warehouse,
    requests.flatMap(({ hashes }) => hashes),
  );
  const offsets = requests
    .filter(({ hashes, mergedAt }) =>
      hashes.some((hash) => (erased.get(hash)?.erasedAt ?? Number.NEGATIVE_INFINITY) >= mergedAt),
    )
    .map(({ offset }) => offset);
  if (offsets.length === 0) return;
  const place = `kafka_partition = ${first.partition} AND offset IN (${offsets.join(", ")})`;
  await deleteFrom(
    warehouse,
    "control_records",
    `topic = 'customer-events' AND type = 'MergeRequest' AND ${place}`,
  );
}
