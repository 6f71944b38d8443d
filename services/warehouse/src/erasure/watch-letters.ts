/**
 * Looks at dead letters now and then. Some are written when the erasure of whom they name has been through already: a
 * request to merge that waited in another partition, a message that an endpoint did not take for hours. Who was erased
 * is known by hash, so whoever a letter may name is looked for among the receipts. An erasure keeps its receipt before it
 * goes through the letters, and here receipts are asked once the letters were read: one of the two finds the other.
 */
import { instantOf, type MergeRequest, subjectHash } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import { contentOf, empty, type LetterPorts, type Place, settleLetters, stillThere } from "./dead-letters.ts";
import { type Named, namedInBytes, namedInValue } from "./mentions.ts";
import { type KnownErasure, knownErasures } from "./remove-erased.ts";

/** In one question. */
const maxHashes = 2_000;
/** Remembered until the broker has removed them. */
const maxPending = 10_000;

interface LateLetters {
  /** Empties those that came since the last time. The first time it looks at all that there are. */
  look(): Promise<void>;
}

export function createLateLetters(ports: LetterPorts): LateLetters {
  const { log, topic } = ports;
  /** Offset behind what was looked at, by partition. */
  const looked = new Map<number, number>();
  let pending: readonly Place[] = [];

  async function lookAt(partition: number, records: readonly LogRecord[]): Promise<void> {
    const latest = await latestErasure(ports);
    if (latest === null) return;
    const letters: Letter[] = [];
    for (const record of records) {
      const letter = await letterOf(ports, record);
      if (letter !== null && letter.at <= latest) letters.push(letter);
    }
    const erased = new Map<string, KnownErasure>();
    const hashes = [...new Set(letters.flatMap((letter) => letter.hashes))];
    for (let from = 0; from < hashes.length; from += maxHashes)
      for (const [hash, one] of await knownErasures(ports.warehouse, hashes.slice(from, from + maxHashes)))
        erased.set(hash, one);
    const isOfBefore = (at: number, one: KnownErasure | undefined): boolean =>
      one !== undefined && at <= Math.max(one.erasedAt, one.appendedAt);
    for (const { record, at, hashes: named } of letters) {
      if (!named.some((hash) => isOfBefore(at, erased.get(hash)))) continue;
      await empty(ports, partition, record);
      pending = [...pending, [partition, record.offset] as const].slice(-maxPending);
    }
  }

  return {
    async look() {
      const there = await stillThere(ports, pending);
      for (const record of there) await empty(ports, record.partition, record);
      pending = there.map(({ partition, offset }) => [partition, offset]);
      const [starts, ends] = await Promise.all([log.startOffsets(topic), log.endOffsets(topic)]);
      for (const [partition, end] of ends.entries()) {
        const from = Math.max(looked.get(partition) ?? 0, starts[partition] ?? 0);
        if (from >= end) continue;
        for await (const records of log.read(topic, partition, from, end)) await lookAt(partition, records);
        looked.set(partition, end);
      }
    },
  };
}

/** Nobody was erased later; null where nobody was. */
async function latestErasure({ warehouse }: LetterPorts): Promise<number | null> {
  const [row] = await warehouse.query<{ latest: number; known: number }>(
    `SELECT max(toUnixTimestamp64Milli(greatest(erased_at, appended_at))) AS latest, toUInt32(count()) AS known
     FROM erasures WHERE part IN ('events', 'changes')`,
  );
  return row === undefined || row.known === 0 ? null : row.latest;
}

interface Letter {
  readonly record: LogRecord;
  /** What it is about is of then, in ms. */
  readonly at: number;
  /** Of whoever it may name. */
  readonly hashes: readonly string[];
}

/** Null for one that was emptied. */
async function letterOf({ codec }: LetterPorts, record: LogRecord): Promise<Letter | null> {
  const { value, headers } = record;
  if (value === null) return null;
  const content = await contentOf(codec, value);
  const named = [
    ...headers.flatMap(([, text]) => namedInValue(text.toString())),
    ...(content === undefined ? namedInBytes(value) : namedInValue(content)),
  ];
  return {
    record,
    at: instantOfLetter(record, content),
    hashes: named.map(({ kind, id }: Named) => subjectHash(kind, id)),
  };
}

/** A request to merge says itself of when it is; else it is when what was refused had been appended. */
function instantOfLetter({ headers, timestamp }: LogRecord, content: unknown): number {
  const header = headers.findLast(([name]) => name === "tidemark-timestamp")?.[1].toString();
  const appendedAt = header === undefined ? timestamp : Number(header);
  const { into, mergedAt = null } = (content ?? {}) as Partial<MergeRequest>;
  return into === undefined ? appendedAt : instantOf(mergedAt, appendedAt);
}

/** Looks and settles now and then until stopped; what fails is tried again the next time. */
export function watchLetters(ports: LetterPorts, everyMs: number): () => void {
  const late = createLateLetters(ports);
  let stopped = false;
  let cancel = (): void => {};
  const schedule = (): void => {
    if (!stopped) cancel = ports.clock.after(everyMs, () => void look().finally(schedule));
  };
  const look = async (): Promise<void> => {
    try {
      await settleLetters(ports);
      await late.look();
    } catch (error) {
      ports.logger.warn({ err: error }, "it could not be seen whether dead letters are gone");
    }
  };
  schedule();
  return () => {
    stopped = true;
    cancel();
  };
}
