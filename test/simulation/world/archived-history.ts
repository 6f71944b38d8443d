/** What sweeps ask of the tables: the statements of services/warehouse/src/sweep, in memory. */

type Row = Readonly<Record<string, unknown>>;
type Parameters = Readonly<Record<string, unknown>>;

/** Undefined for any other statement. */
export function historyQuery(
  rows: (table: string) => readonly Row[],
  sql: string,
  parameters: Parameters,
): readonly Row[] | undefined {
  const rejected = new Set(
    rows("rejected_events").map(({ event_partition, event_offset }) => `${event_partition}/${event_offset}`),
  );
  const isAdmitted = (row: Row): boolean => !rejected.has(`${row.kafka_partition}/${row.offset}`);
  if (sql.startsWith("SELECT type, kafka_partition")) return identities(rows("control_records"), isAdmitted);
  if (!sql.includes("FROM customer_events")) return undefined;
  const isMeant = conditionOf(sql, parameters);
  const found = rows("customer_events").filter((row) => isAdmitted(row) && isMeant(row));
  if (sql.startsWith("SELECT kafka_partition AS partition, uniqExact"))
    return [...Map.groupBy(found, (row) => row.kafka_partition)].map(([partition, own]) => ({
      partition,
      subjects: new Set(own.map((row) => `${row.subject_kind}:${row.subject}`)).size,
    }));
  if (sql.startsWith("SELECT subject, any(kafka_partition)"))
    return [...Map.groupBy(found, (row) => String(row.subject))]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([subject, own]) => ({
        subject,
        partition: own[0]?.kafka_partition,
        events: own.filter((row) => isSelected(row, sql, parameters)).length,
      }));
  if (!sql.startsWith("SELECT subject, kafka_partition AS partition, offset")) return undefined;
  return found
    .filter((row) => isSelected(row, sql, parameters))
    .toSorted(
      (one, other) =>
        String(one.subject).localeCompare(String(other.subject)) || Number(one.offset) - Number(other.offset),
    )
    .map((row) => ({
      subject: row.subject,
      partition: row.kafka_partition,
      offset: row.offset,
      appendedAt: instantOf(row.appended_at),
      name: row.name,
      occurredAt: instantOf(row.occurred_at),
      properties: row.properties,
      orderId: row.order_id,
      orderAction: row.order_action,
      orderVersion: row.order_version,
      orderRefund: row.order_refund,
    }));
}

function conditionOf(sql: string, { kind, after, last, subjects }: Parameters): (row: Row) => boolean {
  const below =
    /kafka_partition IN \(([\d, ]*)\)\s+AND offset < transform\(kafka_partition, \[[^\]]*\], \[([\d, ]*)\]/.exec(
      sql,
    );
  const numbers = (list = ""): readonly number[] => list.split(", ").map(Number);
  const fences =
    below === null
      ? null
      : new Map(numbers(below[1]).map((partition, at) => [partition, numbers(below[2])[at] ?? 0] as const));
  return (row) => {
    const subject = String(row.subject);
    if (kind !== undefined && row.subject_kind !== kind) return false;
    if (after !== undefined && subject <= String(after)) return false;
    if (last !== undefined && subject > String(last)) return false;
    if (Array.isArray(subjects) && !subjects.includes(subject)) return false;
    return fences === null || Number(row.offset) < (fences.get(Number(row.kafka_partition)) ?? 0);
  };
}

/** Whether it goes into any feature that is asked for. */
function isSelected({ name, order_id: order }: Row, sql: string, { names }: Parameters): boolean {
  if (Array.isArray(names) && names.includes(name)) return true;
  return order !== null && sql.includes("OR order_id IS NOT NULL");
}

function identities(rows: readonly Row[], isAdmitted: (row: Row) => boolean): readonly Row[] {
  return rows
    .filter(
      ({ topic, type }) =>
        topic === "customer-events" && ["Merge", "Erasure", "Absorb"].includes(String(type)),
    )
    .filter(
      (row) => isAdmitted(row) && (row.type === "Erasure" || "subject" in JSON.parse(String(row.value))),
    )
    .toSorted(
      (one, other) =>
        Number(one.kafka_partition) - Number(other.kafka_partition) ||
        Number(one.offset) - Number(other.offset),
    )
    .map((row) => ({
      type: row.type,
      partition: row.kafka_partition,
      offset: row.offset,
      appendedAt: instantOf(row.appended_at),
      value: row.value,
    }));
}

function instantOf(text: unknown): number {
  return Date.parse(`${String(text).replace(" ", "T")}Z`);
}
