/** Dead letters: the original of what could not be admitted, with every fault, for a person to see and to send again. */
import type { Log, LogRecord, OutgoingRecord } from "./ports/log.ts";
import { recordBatches } from "./record-batch.ts";

/** One thing wrong with a record: where, what stands there, what was expected. */
export interface RecordFault {
  /** Such as `items[0].price`; empty for the record itself. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

export interface DeadLetter {
  readonly record: LogRecord;
  /** A code such as `unattributed`. */
  readonly reason: string;
  readonly faults: readonly RecordFault[];
}

/** A letter stays below the broker's message limit of 1 MiB, whatever the original's size. */
const maxLetterBytes = 1_000_000;
const maxHeaderBytes = 200_000;
const maxListedFaults = 100;

/**
 * The original bytes and headers, keyed by their position `topic/partition/offset`, with the headers `tidemark-topic`,
 * `-partition`, `-offset`, `-timestamp`, `-reason`, `-faults` (JSON) and `-service`. An original too large to be kept
 * whole is cut and says so in `tidemark-truncated` (its length in bytes): the rest is at its position.
 */
export function deadLetterRecord({ record, reason, faults }: DeadLetter, service: string): OutgoingRecord {
  const original = headerBytes(record.headers) > maxHeaderBytes ? [] : record.headers;
  const headers = [
    ...original,
    header("tidemark-topic", record.topic),
    header("tidemark-partition", String(record.partition)),
    header("tidemark-offset", String(record.offset)),
    header("tidemark-timestamp", String(record.timestamp)),
    header("tidemark-reason", reason),
    header("tidemark-faults", JSON.stringify(listed(faults))),
    header("tidemark-service", service),
  ];
  const key = Buffer.from(`${record.topic}/${record.partition}/${record.offset}`);
  const room = maxLetterBytes - headerBytes(headers) - key.length;
  if (record.value === null || record.value.length <= room) return { key, value: record.value, headers };
  const truncated = header("tidemark-truncated", String(record.value.length));
  return { key, value: record.value.subarray(0, room), headers: [...headers, truncated] };
}

/** Appends letters to a partition of `topic`. A repeat has the same key. */
export async function appendDeadLetters(
  log: Log,
  topic: string,
  partition: number,
  letters: readonly DeadLetter[],
  service: string,
): Promise<void> {
  const records = letters.map((letter) => deadLetterRecord(letter, service));
  for (const batch of recordBatches(records)) await log.append(topic, partition, batch);
}

function listed(faults: readonly RecordFault[]): readonly RecordFault[] {
  if (faults.length <= maxListedFaults) return faults.map(plain);
  const rest = faults.length - maxListedFaults;
  const more = { path: "", found: `${rest} more faults`, expected: "none" };
  return [...faults.slice(0, maxListedFaults).map(plain), more];
}

const plain = ({ path, found, expected }: RecordFault): RecordFault => ({ path, found, expected });

function headerBytes(headers: LogRecord["headers"]): number {
  return headers.reduce((bytes, [name, value]) => bytes + Buffer.byteLength(name) + value.length + 8, 0);
}

function header(name: string, value: string): readonly [string, Buffer] {
  return [name, Buffer.from(value)];
}
