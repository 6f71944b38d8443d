/** How far the log counts. */

/** Behind other conditions on `kafka_partition` and `offset`: records below the offset given of their partition. */
export function belowSql(isBounded: boolean): string {
  return isBounded ? "\n    AND offset < {up_to:Array(Int64)}[kafka_partition + 1]" : "";
}
