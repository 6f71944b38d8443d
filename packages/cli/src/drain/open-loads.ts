import type { Warehouse } from "@tidemark/runtime";

/** How many loads have begun and not ended, as the archive has them. */
export async function openLoads(warehouse: Warehouse): Promise<number> {
  const [row] = await warehouse.query<{ readonly open: number }>(
    `SELECT countIf(types = ['LoadBegin']) AS open FROM (
       SELECT kafka_partition, value, arraySort(groupUniqArray(type)) AS types
       FROM control_records WHERE type IN ('LoadBegin', 'LoadEnd') GROUP BY kafka_partition, value
     )`,
  );
  return row?.open ?? 0;
}
