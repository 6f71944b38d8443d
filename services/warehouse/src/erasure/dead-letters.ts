/**
 * Dead letters of subjects that were erased. The topic is compacted by key, so a record of the same key and no value
 * takes a letter's place; the broker removes the letter itself when it compacts. Until that was seen, the receipt says
 * `found`, and the empty record is written again now and then: a broker closes a segment, and compacts it, only when
 * something comes behind it.
 */
import { type Codec, UnreadableError } from "@tidemark/contracts";
import type { Clock, Log, Logger, LogRecord, Warehouse } from "@tidemark/runtime";
import type { ArchivedErasure } from "./archived-erasure.ts";
import { type Named, rawMentions, valueMentions } from "./mentions.ts";
import { keepReceipt } from "./remove-erased.ts";

export interface LetterPorts {
  readonly log: Pick<Log, "startOffsets" | "endOffsets" | "read" | "append">;
  readonly warehouse: Warehouse;
  readonly codec: Pick<Codec, "decode">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Name of the topic. */
  readonly topic: string;
}

export type Place = readonly [partition: number, offset: number];

const maxPlaces = 10_000;

/** Looks through all letters once, empties those that are about any of the subjects, and keeps receipts. */
export async function emptyLetters(ports: LetterPorts, erasures: readonly ArchivedErasure[]): Promise<void> {
  const wanted = erasures.flatMap((erasure) =>
    erasure.subject === null ? [] : [{ erasure, subject: erasure.subject }],
  );
  if (wanted.length === 0) return;
  const found = new Map<ArchivedErasure, Place[]>(wanted.map(({ erasure }) => [erasure, []]));
  const { log, topic } = ports;
  const [starts, ends] = await Promise.all([log.startOffsets(topic), log.endOffsets(topic)]);
  for (const [partition, end] of ends.entries()) {
    const start = starts[partition] ?? 0;
    if (start >= end) continue;
    for await (const records of log.read(topic, partition, start, end)) {
      for (const record of records) {
        const hits = await namedIn(ports.codec, record, wanted);
        for (const { erasure } of hits) found.get(erasure)?.push([partition, record.offset]);
        if (hits.length > 0) await empty(ports, partition, record);
      }
    }
  }
  const receipts = { warehouse: ports.warehouse, clock: ports.clock };
  for (const [erasure, places] of found) {
    // Letters about changes may have come since; they are of the same erasure.
    if (erasure.part !== "events") continue;
    const count = { found: places.length, places: JSON.stringify(places.slice(0, maxPlaces)) };
    await keepReceipt(receipts, "dead-letters", erasure, { state: "found", ...count });
    if (places.length === 0)
      await keepReceipt(receipts, "dead-letters", erasure, { state: "removed", found: 0 });
  }
}

interface Wanted {
  readonly erasure: ArchivedErasure;
  readonly subject: Named;
}

async function namedIn(
  codec: Pick<Codec, "decode">,
  { value, headers }: LogRecord,
  wanted: readonly Wanted[],
): Promise<readonly Wanted[]> {
  if (value === null) return [];
  const content = await contentOf(codec, value);
  return wanted.filter(
    ({ subject }) =>
      headers.some(([, text]) => valueMentions(text.toString(), subject)) ||
      (content === undefined ? rawMentions(value, subject) : valueMentions(content, subject)),
  );
}

/** Undefined for what is neither JSON nor Avro. */
export async function contentOf(codec: Pick<Codec, "decode">, value: Buffer): Promise<unknown> {
  if (value[0] === 0) {
    try {
      return (await codec.decode(value)).value;
    } catch (error) {
      if (error instanceof UnreadableError) return undefined;
      throw error;
    }
  }
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}

export async function empty(
  { log, topic }: LetterPorts,
  partition: number,
  { key }: LogRecord,
): Promise<void> {
  if (key !== null) await log.append(topic, partition, [{ key, value: null }]);
}

interface OpenReceipt {
  readonly partition: number;
  readonly offset: number;
  readonly hash: string;
  readonly erasedAt: number;
  readonly found: number;
  readonly places: string;
}

const openSql = `
SELECT kafka_partition AS partition, erasures.offset AS offset, any(subject_hash) AS hash,
       any(toUnixTimestamp64Milli(erased_at)) AS erasedAt, anyIf(erasures.found, state = 'found') AS found,
       anyIf(erasures.places, state = 'found') AS places
FROM erasures WHERE part = 'dead-letters'
GROUP BY kafka_partition, erasures.offset HAVING countIf(state = 'removed') = 0 LIMIT 100`;

/** Looks whether the broker has removed what was emptied; answers how many receipts are still open. */
export async function settleLetters(ports: LetterPorts): Promise<number> {
  const open = await ports.warehouse.query<OpenReceipt>(openSql);
  let left = 0;
  for (const receipt of open) {
    const places: readonly Place[] = JSON.parse(receipt.places);
    const there = await stillThere(ports, places);
    for (const record of there) await empty(ports, record.partition, record);
    if (there.length > 0) left += 1;
    else
      await keepReceipt({ warehouse: ports.warehouse, clock: ports.clock }, "dead-letters", receipt, {
        state: "removed",
        found: receipt.found,
      });
  }
  return left;
}

export async function stillThere(
  { log, topic }: LetterPorts,
  places: readonly Place[],
): Promise<LogRecord[]> {
  const there: LogRecord[] = [];
  const starts = places.length === 0 ? [] : await log.startOffsets(topic);
  for (const [partition, offset] of places) {
    if (offset < (starts[partition] ?? 0)) continue;
    for await (const records of log.read(topic, partition, offset, offset + 1))
      there.push(...records.filter((record) => record.offset === offset));
  }
  return there;
}
