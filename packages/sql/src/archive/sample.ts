/**
 * A sample of subjects: those whose key, a hash of who they are, lies in the lowest part of all keys. The same each time,
 * the smaller one within the larger, and whether somebody is in it hangs on nobody else (Bernoulli sampling).
 */

/** A subject's key, as tables have it that are in its order. */
export function keySql(subject: string): string {
  return `sipHash64({subject_kind:String}, ${subject})`;
}

/** `sampled_events` (services/warehouse/migrations) has one subject of 2^6: what comes from it is read by key. */
const keptHalvings = 6;

/** The table with the events of all subjects of a sample, as `events`. */
export function ownEventsTable(halvings: number): string {
  return halvings >= keptHalvings ? "sampled_events AS events FINAL" : "customer_events AS events";
}

/** Behind other conditions of a query over that table: whether a subject is in the sample. */
export function inSampleSql(halvings: number, subject: string): string {
  if (halvings === 0) return "";
  const key = halvings >= keptHalvings ? "events.subject_key" : keySql(subject);
  return `\n    AND ${key} < {key_below:UInt64}`;
}

/** Behind other conditions, of any table: whether the key of a subject is in the sample. */
export function keyInSampleSql(halvings: number, key: string): string {
  return halvings === 0 ? "" : `\n    AND ${key} < {key_below:UInt64}`;
}

/** What bounds the keys, as a query's parameter. */
export function keyBelow(halvings: number): string {
  return String((2n ** 64n) >> BigInt(halvings));
}
