/** How far a block that can be read no more was archived, as the tables have it. */
import type { TopicPartition, Warehouse } from "@tidemark/runtime";

const sql = `
SELECT max(end) AS position, max(last) AS sequence FROM (
  SELECT offset + 1 AS end, 0 AS last FROM customer_events
  WHERE {topic:String} = 'customer-events' AND kafka_partition = {partition:UInt32} AND offset >= {from:Int64} AND offset < {to:Int64}
  UNION ALL
  SELECT offset + 1 AS end, 0 AS last FROM control_records
  WHERE topic = {topic:String} AND kafka_partition = {partition:UInt32} AND offset >= {from:Int64} AND offset < {to:Int64}
  UNION ALL
  SELECT offset + 1 AS end, 0 AS last FROM rejected_events
  WHERE {topic:String} = 'rejected-events' AND kafka_partition = {partition:UInt32} AND offset >= {from:Int64} AND offset < {to:Int64}
  UNION ALL
  SELECT offset + 1 AS end, sequence AS last FROM segment_changes
  WHERE {topic:String} = 'segment-changes' AND kafka_partition = {partition:UInt32} AND offset < {to:Int64}
)`;

/**
 * Of a block [from, to): where its last archived row ends (`from` where there is none), and for `segment-changes` the
 * last number archived below its end.
 */
export async function archivedUpTo(
  warehouse: Warehouse,
  { topic, partition }: TopicPartition,
  from: number,
  to: number,
): Promise<{ readonly position: number; readonly sequence: number }> {
  const [row] = await warehouse.query<{ position: number; sequence: number }>(sql, {
    topic,
    partition,
    from,
    to,
  });
  return { position: Math.max(row?.position ?? 0, from), sequence: row?.sequence ?? 0 };
}
