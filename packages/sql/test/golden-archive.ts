/** Golden cases as rows of the archive, in ClickHouse's engine within this process. */
import { attributeValues } from "../../../services/warehouse/src/attribute-values.ts";
import type { GoldenCase } from "../../../test/golden/golden-case.ts";
import { type LogRecord, logOf } from "../../../test/golden/log.ts";
import type { Row } from "./archive.ts";

/** Corrections as what an order source says: the order is cancelled, or updated to what it gives from then on. */
export function eventRows({ events }: GoldenCase, prefix: string): Row[] {
  const log = logOf(events);
  const orders = new Map<string, { id: string; properties: string }>();
  const rows: Row[] = [];
  const place = (record: LogRecord): Row => ({
    kafka_partition: 0,
    offset: record.event.offset,
    appended_at: instant(record.event.occurredAt),
    subject_kind: record.kind,
    subject: prefix + record.subject,
    occurred_at: instant(record.event.occurredAt),
    source_id: "golden",
    source_partition: 0,
    source_offset: record.event.offset,
    ordinal: 0,
    ordinal_count: 1,
  });
  const first = new Map<string, Row>();
  for (const record of log) {
    const { event } = record;
    const [one, other] = event.contributions;
    const attributes = event.attributes === undefined ? null : JSON.stringify(event.attributes);
    const shared = { ...place(record), attributes, attribute_values: attributeValues(attributes) };
    if (one === undefined || one.sign === 1) {
      const properties = JSON.stringify(one?.properties ?? {});
      const row: Record<string, unknown> = { ...shared, name: one?.name ?? "profile.changed", properties };
      rows.push(row);
      if (one !== undefined) first.set(keyOf(record, one.occurredAt, properties), row);
      continue;
    }
    const key = keyOf(record, one.occurredAt, JSON.stringify(one.properties));
    const known = orders.get(key) ?? { id: `order-${rows.length}`, properties: "" };
    const placed = first.get(key) as Record<string, unknown> | undefined;
    if (placed !== undefined) Object.assign(placed, { order_id: known.id, order_action: "placed" });
    const now = other === undefined ? JSON.stringify(one.properties) : JSON.stringify(other.properties);
    rows.push({
      ...shared,
      name: other === undefined ? "order.cancelled" : "order.updated",
      properties: now,
      order_id: known.id,
      order_action: other === undefined ? "cancelled" : "updated",
    });
    if (other !== undefined) orders.set(keyOf(record, one.occurredAt, now), known);
  }
  return rows;
}

function keyOf({ kind, subject }: LogRecord, at: number, properties: string): string {
  return `${kind} ${subject} ${at} ${properties}`;
}

function instant(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").slice(0, 23);
}
