/** What a preview asks of the archive before its own query. */
import type { SubjectKind } from "@tidemark/core";
import type { Warehouse } from "@tidemark/runtime";

type Reads = Pick<Warehouse, "query">;

/** Kinds of subjects of which anybody ever became part of another. */
export async function hadMerges(warehouse: Reads): Promise<ReadonlySet<string>> {
  const rows = await warehouse.query<{ readonly kind: string }>(
    "SELECT DISTINCT JSONExtractString(value, 'subjectKind') AS kind FROM control_records WHERE type IN ('Merge', 'Absorb') AND topic = 'customer-events'",
  );
  return new Set(rows.map(({ kind }) => kind));
}

/** `sampled_events` has one subject of so many (services/warehouse/migrations/020-sampled-events.sql). */
const keptOneOf = 64;
/** Where so many subjects are kept there they are enough: a larger sample would be looked for among all events. */
const enoughKept = 2_000;

/**
 * One subject of how many is to be looked at, a power of two, so that there are about `wanted` at most (`isBidden`: no
 * fewer than need be); 1 for all. Who is in `sampled_events` tells how many there are; those who became part of others
 * count there too.
 */
export async function oneOfFor(
  warehouse: Reads,
  subject: SubjectKind,
  wanted: number,
  isBidden: boolean,
): Promise<number> {
  const [row] = await warehouse.query<{ readonly kept: number }>(
    "SELECT uniqExact(subject_key) AS kept FROM sampled_events WHERE subject_kind = {kind:String}",
    { kind: subject },
  );
  const kept = row?.kept ?? 0;
  let oneOf = 1;
  while ((kept * keptOneOf) / oneOf > wanted) oneOf *= 2;
  return oneOf > 1 && oneOf < keptOneOf && kept >= enoughKept && !isBidden ? keptOneOf : oneOf;
}

/** Zones that subjects ever had. */
export async function zonesOf(warehouse: Reads, subject: SubjectKind): Promise<string[]> {
  const rows = await warehouse.query<{ readonly zone: string }>(
    "SELECT DISTINCT JSONExtractString(value) AS zone FROM attribute_writes WHERE subject_kind = {kind:String} AND path = 'zone'",
    { kind: subject },
  );
  return rows.map(({ zone }) => zone).filter((zone) => zone !== "");
}
