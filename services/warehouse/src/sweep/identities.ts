/**
 * Who was merged into whom and who was erased, from the records that say so: the archive has events under the names
 * that they came with. What an erasure took away does not count, and who was merged counts for who took over.
 */
import { type Absorb, type Erasure, instantOf, type SubjectKind, subjectKey } from "@tidemark/contracts";
import type { Warehouse } from "@tidemark/runtime";

/** Somebody who became part of another: what one record says of it. */
interface Absorption {
  /** Of the record, in the partition of who took over. */
  readonly offset: number;
  readonly from: string;
  readonly orders: Absorb["orders"];
  /** How far the archive must be for all that went before: partition and offset. */
  readonly source: { readonly partition: number; readonly offset: number } | null;
}

export interface Identities {
  /** Offset below which nothing of a subject counts; 0 where it was never erased. */
  erasedBelow(key: string): number;
  /** Offset from which on nothing came for a subject itself; infinite where it was not merged. */
  mergedFrom(key: string): number;
  /** In the order of the log. */
  absorbed(key: string): readonly Absorption[];
  /** Those who took over somebody, with their partition, in no order. */
  readonly owners: readonly {
    readonly kind: SubjectKind;
    readonly subject: string;
    readonly partition: number;
  }[];
}

interface Row {
  readonly type: "Merge" | "Erasure" | "Absorb";
  readonly partition: number;
  readonly offset: number;
  readonly appendedAt: number;
  readonly value: string;
}

/** As far as the archive goes. */
export async function readIdentities(warehouse: Warehouse): Promise<Identities> {
  const rows = await warehouse.query<Row>(
    `SELECT type, kafka_partition AS partition, offset, toUnixTimestamp64Milli(appended_at) AS appendedAt,
       if(type = 'Absorb', concat('{"subject":', JSONExtractRaw(value, 'subject'), ',"subjectKind":', JSONExtractRaw(value, 'subjectKind'),
         ',"from":', JSONExtractRaw(value, 'from'), ',"orders":', JSONExtractRaw(value, 'orders'), ',"source":', JSONExtractRaw(value, 'source'), '}'), value) AS value
     FROM control_records
     WHERE topic = 'customer-events' AND type IN ('Merge', 'Erasure', 'Absorb')
       AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
     ORDER BY kafka_partition, offset`,
  );
  return identitiesOf(rows);
}

/** Of records that count, each partition's in order. */
export function identitiesOf(rows: readonly Row[]): Identities {
  const erased = new Map<string, { readonly at: number; readonly offset: number }>();
  const merged = new Map<string, number>();
  const absorbed = new Map<string, Absorption[]>();
  const owners = new Map<string, Identities["owners"][number]>();
  for (const { type, partition, offset, appendedAt, value } of rows) {
    const record = JSON.parse(value, revived) as Pick<
      Absorb,
      "subject" | "subjectKind" | "from" | "orders" | "source"
    > &
      Pick<Erasure, "erasedAt">;
    const { subject, subjectKind: kind, source } = record;
    const key = subjectKey(kind, subject);
    if (type === "Erasure") {
      const at = instantOf(record.erasedAt ?? null, appendedAt);
      // One dated not after another changes nothing.
      if ((erased.get(key)?.at ?? Number.NEGATIVE_INFINITY) >= at) continue;
      erased.set(key, { at, offset });
      merged.delete(key);
      absorbed.delete(key);
    } else if (type === "Merge") {
      if (!merged.has(key)) merged.set(key, offset);
    } else if (!merged.has(key)) {
      // Else it was sent on to who took over.
      const place = source && { partition: source.sourcePartition, offset: source.sourceOffset };
      const found = { offset, from: record.from, orders: record.orders, source: place };
      absorbed.set(key, [...(absorbed.get(key) ?? []), found]);
      owners.set(key, { kind, subject, partition });
    }
  }
  return {
    erasedBelow: (key) => erased.get(key)?.offset ?? 0,
    mergedFrom: (key) => merged.get(key) ?? Number.POSITIVE_INFINITY,
    absorbed: (key) => absorbed.get(key) ?? [],
    owners: [...owners.values()],
  };
}

/** Bytes, as rows.ts writes them. */
function revived(_: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (type !== "Buffer") return value;
  return Array.isArray(data) ? Buffer.from(data as number[]) : Buffer.from(String(data), "base64");
}
