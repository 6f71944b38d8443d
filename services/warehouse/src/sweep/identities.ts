/**
 * Who was merged into whom and who was erased, from the records that say so: the archive has events under the names
 * that they came with. What an erasure took away does not count, and who was merged counts for who took over.
 */
import {
  type Absorb,
  type Erasure,
  instantOf,
  type SubjectKind,
  subjectHash,
  subjectKey,
} from "@tidemark/contracts";
import type { Warehouse } from "@tidemark/runtime";

/** Somebody who became part of another: what one record says of it. */
interface Absorption {
  /** Of the record, in the partition of who took over. */
  readonly offset: number;
  readonly from: string;
  readonly orders: Absorb["orders"];
}

/** Of a record. */
interface LogPlace {
  readonly partition: number;
  readonly offset: number;
}

export interface Identities {
  /** Offset below which nothing of a subject counts; 0 where it was never erased. */
  erasedBelow(kind: SubjectKind, subject: string): number;
  /** The merge of a subject into another: behind it nothing comes for the subject itself. Undefined where there was none. */
  mergeOf(key: string): LogPlace | undefined;
  /** In the order of the log. */
  absorbed(key: string): readonly Absorption[];
  /** Those who took over somebody, with their partition, in no order. */
  readonly owners: readonly {
    readonly kind: SubjectKind;
    readonly subject: string;
    readonly partition: number;
  }[];
  /** Those that were merged, and whether it is archived what became of them. */
  readonly merged: readonly (LogPlace & { readonly isTaken: boolean })[];
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
         ',"from":', JSONExtractRaw(value, 'from'), ',"orders":', JSONExtractRaw(value, 'orders'), '}'), value) AS value
     FROM control_records
     WHERE topic = 'customer-events' AND type IN ('Merge', 'Erasure', 'Absorb')
       AND (type = 'Erasure' OR JSONHas(value, 'subject'))
       AND (kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)
     ORDER BY kafka_partition, offset`,
  );
  return identitiesOf(rows);
}

/** Of records that count, each partition's in order. */
export function identitiesOf(rows: readonly Row[]): Identities {
  /** By hash of the subject: that is all an archived erasure says. */
  const erased = new Map<string, { readonly at: number; readonly offset: number }>();
  const keysByHash = new Map<string, string>();
  const merged = new Map<string, LogPlace>();
  const absorbed = new Map<string, Absorption[]>();
  const owners = new Map<string, Identities["owners"][number]>();
  for (const { type, partition, offset, appendedAt, value } of rows) {
    const record = JSON.parse(value, revived) as Pick<Absorb, "subject" | "subjectKind" | "from" | "orders"> &
      Pick<Erasure, "erasedAt"> & { readonly subjectHash: string };
    const { subject, subjectKind: kind } = record;
    if (type === "Erasure") {
      const hash = record.subjectHash;
      const at = instantOf(record.erasedAt ?? null, appendedAt);
      // One dated not after another changes nothing.
      if ((erased.get(hash)?.at ?? Number.NEGATIVE_INFINITY) >= at) continue;
      erased.set(hash, { at, offset });
      const gone = keysByHash.get(hash);
      if (gone === undefined) continue;
      merged.delete(gone);
      absorbed.delete(gone);
      continue;
    }
    const key = subjectKey(kind, subject);
    keysByHash.set(subjectHash(kind, subject), key);
    if (type === "Merge") {
      if (!merged.has(key)) merged.set(key, { partition, offset });
    } else if (!merged.has(key)) {
      // Else it was sent on to who took over.
      const found = { offset, from: record.from, orders: record.orders };
      absorbed.set(key, [...(absorbed.get(key) ?? []), found]);
      owners.set(key, { kind, subject, partition });
    }
  }
  const taken = new Set(
    [...owners].flatMap(([key, { kind }]) =>
      (absorbed.get(key) ?? []).map(({ from }) => subjectKey(kind, from)),
    ),
  );
  return {
    erasedBelow: (kind, subject) =>
      erased.size === 0 ? 0 : (erased.get(subjectHash(kind, subject))?.offset ?? 0),
    mergeOf: (key) => merged.get(key),
    absorbed: (key) => absorbed.get(key) ?? [],
    owners: [...owners.values()],
    merged: [...merged].map(([key, place]) => ({ ...place, isTaken: taken.has(key) })),
  };
}

/** Bytes, as rows.ts writes them. */
function revived(_: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (type !== "Buffer") return value;
  return Array.isArray(data) ? Buffer.from(data as number[]) : Buffer.from(String(data), "base64");
}
