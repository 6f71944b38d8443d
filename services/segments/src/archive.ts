/** The archive as a second source of what was on the topics: services/warehouse writes it, `docs/analysts.md` tells it. */
import { type Codec, type CustomerEvent, subjectKey, topicNames } from "@tidemark/contracts";
import type { LogRecord, Warehouse } from "@tidemark/runtime";
import type { Published } from "./publisher.ts";

export interface Archive {
  /**
   * The records of a partition of `customer-events` in [from, to), in order, as the fold needs them. Rejects where one
   * of them is not there.
   */
  events(partition: number, from: number, to: number): AsyncIterable<readonly LogRecord[]>;
  /** What was ever published in a partition of `segment-changes`, as far as the archive goes. */
  published(partition: number): Promise<Published>;
}

const pageOffsets = 50_000;
const batchRecords = 2_000;

const unreadableType = "Unreadable";

interface EventRow {
  readonly offset: number;
  readonly appendedAt: number;
  readonly subjectKind: CustomerEvent["subjectKind"];
  readonly subject: string;
  readonly name: string;
  readonly occurredAt: number;
  readonly eventId: string | null;
  readonly sourceId: string;
  readonly sourcePartition: number;
  readonly sourceOffset: number;
  readonly ordinal: number;
  readonly count: number;
  readonly attributes: string | null;
  readonly properties: string;
  readonly orderId: string | null;
  readonly action: NonNullable<CustomerEvent["order"]>["action"];
  readonly version: number | null;
  readonly refund: number | null;
}

interface ControlRow {
  readonly offset: number;
  readonly appendedAt: number;
  readonly type: string;
  readonly value: string;
}

const range = "kafka_partition = {partition:UInt32} AND offset >= {from:Int64} AND offset < {to:Int64}";

const eventSql = `
SELECT offset, toUnixTimestamp64Milli(appended_at) AS appendedAt, subject_kind AS subjectKind, subject, name,
       toUnixTimestamp64Milli(occurred_at) AS occurredAt, event_id AS eventId, source_id AS sourceId,
       source_partition AS sourcePartition, source_offset AS sourceOffset, ordinal, ordinal_count AS count,
       attributes, properties, order_id AS orderId, order_action AS action, order_version AS version,
       order_refund AS refund
FROM customer_events WHERE ${range} ORDER BY offset`;

const controlSql = `
SELECT offset, toUnixTimestamp64Milli(appended_at) AS appendedAt, type, value
FROM control_records WHERE topic = {topic:String} AND ${range} ORDER BY offset`;

const publishedSql = `
SELECT max(sequence) AS sequence, max(epoch) AS epoch FROM (
  SELECT sequence, epoch FROM segment_changes WHERE kafka_partition = {partition:UInt32}
  UNION ALL
  SELECT 0 AS sequence, JSONExtractInt(value, 'epoch') AS epoch FROM control_records
  WHERE topic = {topic:String} AND kafka_partition = {partition:UInt32} AND type = 'Fence'
)`;

/** `open` connects when it is needed first: a service that loses nothing needs no warehouse. */
export function createArchive(open: () => Promise<Warehouse>, codec: Codec): Archive {
  let opened: Promise<Warehouse> | undefined;
  const warehouse = (): Promise<Warehouse> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const prepared = new Set<string>();
  const encode = async (type: string, value: object): Promise<Buffer> => {
    if (!prepared.has(type)) await codec.prepare(topicNames.customerEvents, [type]);
    prepared.add(type);
    return codec.encode(type, value);
  };

  async function page(partition: number, from: number, to: number): Promise<readonly LogRecord[]> {
    const { query } = await warehouse();
    const parameters = { partition, from, to, topic: topicNames.customerEvents };
    const [events, controls] = await Promise.all([
      query<EventRow>(eventSql, parameters),
      query<ControlRow>(controlSql, parameters),
    ]);
    const records = new Map<number, LogRecord>();
    const put = ({ offset, appendedAt }: EventRow | ControlRow, key: Buffer | null, value: Buffer): void => {
      const place = { topic: topicNames.customerEvents, partition, offset, timestamp: appendedAt };
      records.set(offset, { ...place, key, value, headers: [] });
    };
    for (const row of events) {
      const key = Buffer.from(subjectKey(row.subjectKind, row.subject));
      put(row, key, await encode("tidemark.log.CustomerEvent", eventOf(row)));
    }
    for (const row of controls) {
      const value =
        row.type === unreadableType
          ? Buffer.from(row.value, "base64")
          : await encode(`tidemark.log.${row.type}`, JSON.parse(row.value, reviveBytes));
      put(row, null, value);
    }
    requireWhole(records, partition, from, to);
    return [...records.values()].sort((a, b) => a.offset - b.offset);
  }

  return {
    async *events(partition, from, to) {
      for (let at = from; at < to; at += pageOffsets) {
        const records = await page(partition, at, Math.min(at + pageOffsets, to));
        for (let next = 0; next < records.length; next += batchRecords)
          yield records.slice(next, next + batchRecords);
      }
    },
    async published(partition) {
      const { query } = await warehouse();
      const [row] = await query<Published>(publishedSql, { partition, topic: topicNames.segmentChanges });
      return { sequence: row?.sequence ?? 0, epoch: row?.epoch ?? 0 };
    },
  };
}

function eventOf({
  offset: _,
  appendedAt: __,
  orderId,
  action,
  version,
  refund,
  ...event
}: EventRow): CustomerEvent {
  return { ...event, order: orderId === null ? null : { orderId, action, version, refund } };
}

/** Folding on over a hole would be a loss that nobody hears of. */
function requireWhole(
  records: ReadonlyMap<number, LogRecord>,
  partition: number,
  from: number,
  to: number,
): void {
  const missing: number[] = [];
  for (let offset = from; offset < to; offset += 1) if (!records.has(offset)) missing.push(offset);
  if (missing.length === 0) return;
  const first = missing.slice(0, 5).join(", ");
  throw new Error(
    `the archive lacks ${missing.length} records of ${topicNames.customerEvents}/${partition} that the topic holds no more, the first at ${first}`,
  );
}

/** Bytes as `JSON.stringify` writes a Buffer, or the same in base64. */
function reviveBytes(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("type" in value) || !("data" in value)) return value;
  if (value.type === "Buffer" && typeof value.data === "string") return Buffer.from(value.data, "base64");
  return value.type === "Buffer" && Array.isArray(value.data) ? Buffer.from(value.data as number[]) : value;
}
