/** The archive, read subject by subject: a stretch of subjects at a time, so that memory is bounded. */
import type { SubjectKind } from "@tidemark/contracts";
import type { Warehouse } from "@tidemark/runtime";
import type { SweptPartition } from "./swept-partition.ts";

export interface ArchivedSubject {
  readonly kind: SubjectKind;
  readonly subject: string;
  readonly partition: number;
  /** In the order of the log. */
  readonly events: readonly ArchivedEvent[];
}

export interface ArchivedEvent {
  readonly partition: number;
  readonly offset: number;
  readonly appendedAt: number;
  readonly name: string;
  readonly occurredAt: number;
  readonly properties: string;
  readonly orderId: string | null;
  readonly orderAction: "placed" | "updated" | "cancelled" | "refunded" | null;
  readonly orderVersion: number | null;
  readonly orderRefund: number | null;
}

interface SubjectRow {
  readonly subject: string;
  readonly partition: number;
  readonly events: number;
}

/** In one stretch at most; a subject with more events stands alone. */
const mostSubjects = 5_000;
const mostEvents = 20_000;

/** How many subjects of each partition have admitted events below its fence. */
export async function countSubjects(
  warehouse: Warehouse,
  partitions: readonly SweptPartition[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await warehouse.query<{ readonly partition: number; readonly subjects: number }>(
    `SELECT kafka_partition AS partition, uniqExact(subject_kind, subject) AS subjects
     FROM customer_events WHERE ${admittedBelow(partitions)} GROUP BY kafka_partition`,
  );
  return new Map(rows.map(({ partition, subjects }) => [partition, subjects]));
}

/**
 * The subjects of a kind behind `after`, in the order of their ids, with those of their admitted events below the fence
 * that the plans select. Empty behind the last one.
 */
export async function readSubjects(
  warehouse: Warehouse,
  partitions: readonly SweptPartition[],
  kind: SubjectKind,
  after: string,
): Promise<readonly ArchivedSubject[]> {
  const within = `subject_kind = {kind:String} AND subject > {after:String} AND ${admittedBelow(partitions)}`;
  const names = eventsSelected(partitions, kind);
  const matching = selection(names);
  // In the order of the table's key it reads this stretch, and not all that is behind it.
  const found = await warehouse.query<SubjectRow>(
    `SELECT subject, any(kafka_partition) AS partition, countIf(${matching}) AS events
     FROM customer_events WHERE ${within}
     GROUP BY subject ORDER BY subject LIMIT ${mostSubjects}
     SETTINGS optimize_aggregation_in_order = 1`,
    { kind, after, names },
  );
  const subjects = found.slice(0, stretchOf(found));
  const last = subjects.at(-1);
  if (last === undefined) return [];
  const bySubject = subjects.some(({ events }) => events > 0)
    ? await readEvents(warehouse, `${within} AND subject <= {last:String} AND ${matching}`, {
        kind,
        after,
        names,
        last: last.subject,
      })
    : new Map<string, ArchivedEvent[]>();
  return subjects.map(({ subject, partition }) => {
    return { kind, subject, partition, events: bySubject.get(subject) ?? [] };
  });
}

/** The admitted events of these subjects that the plans select, wherever they are, by subject. */
export async function readEventsOf(
  warehouse: Warehouse,
  partitions: readonly SweptPartition[],
  kind: SubjectKind,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, readonly ArchivedEvent[]>> {
  if (subjects.length === 0) return new Map();
  const names = eventsSelected(partitions, kind);
  const where = `subject_kind = {kind:String} AND subject IN {subjects:Array(String)} AND ${admitted}
     AND ${selection(names)}`;
  return readEvents(warehouse, where, { kind, subjects, names });
}

async function readEvents(
  warehouse: Warehouse,
  where: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<Map<string, ArchivedEvent[]>> {
  const rows = await warehouse.query<ArchivedEvent & { readonly subject: string }>(
    `SELECT subject, kafka_partition AS partition, offset, toUnixTimestamp64Milli(appended_at) AS appendedAt, name,
       toUnixTimestamp64Milli(occurred_at) AS occurredAt, properties, order_id AS orderId,
       order_action AS orderAction, order_version AS orderVersion, order_refund AS orderRefund
     FROM customer_events WHERE ${where} ORDER BY subject, offset`,
    parameters,
  );
  return Map.groupBy(rows, ({ subject }) => subject);
}

function stretchOf(rows: readonly SubjectRow[]): number {
  let events = 0;
  const end = rows.findIndex((row, index) => {
    events += row.events;
    return index > 0 && events > mostEvents;
  });
  return end < 0 ? rows.length : end;
}

/** Numbers of ours only: nothing that a user wrote gets into the text. */
function admittedBelow(partitions: readonly SweptPartition[]): string {
  const ids = partitions.map(({ partition }) => partition).join(", ");
  const fences = partitions.map(({ fence }) => fence).join(", ");
  return `kafka_partition IN (${ids})
     AND offset < transform(kafka_partition, [${ids}], [${fences}], 0)
     AND ${admitted}`;
}

const admitted =
  "(kafka_partition, offset) NOT IN (SELECT event_partition, event_offset FROM rejected_events)";

/** Names of the events that go into some feature. */
function eventsSelected(partitions: readonly SweptPartition[], kind: SubjectKind): string[] {
  return [...new Set(partitions.flatMap(({ plan }) => [...plan.subjects[kind].groupsByEvent.keys()]))];
}

/** What happened to an order hangs on all of its events. */
function selection(names: readonly string[]): string {
  const named = "name IN {names:Array(String)}";
  return names.some((name) => name.startsWith("order.")) ? `(${named} OR order_id IS NOT NULL)` : named;
}
