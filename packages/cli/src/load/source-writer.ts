/**
 * Writes source events in their order, each partition's one batch after another. What is in the topic already is
 * skipped: the same events written again after a crash continue where they stopped.
 */
import { type Clock, type Log, LogError, type OutgoingRecord, type Position } from "@tidemark/runtime";

export interface SourceRecord {
  /** The customer, where there is one: a customer's events stay in order. */
  readonly key: string;
  readonly value: Buffer;
}

const batchRecords = 1_000;
const batchBytes = 524_288;
const attempts = 8;
const pauseMs = 500;

interface Lane {
  /** Records that are there already. */
  skip: number;
  /** Offset of the next record. */
  end: number;
  records: OutgoingRecord[];
  bytes: number;
  /** The append under way; one at a time keeps the order. */
  inFlight: Promise<unknown>;
}

/** Resolves once every record is acknowledged. `onWritten` hears how many records were written or skipped in all. */
export async function writeSource(
  { log, clock }: { readonly log: Log; readonly clock: Clock },
  topic: string,
  records: Iterable<SourceRecord>,
  onWritten: (count: number) => void = () => {},
): Promise<void> {
  const ends = await log.endOffsets(topic);
  const lanes = ends.map(
    (end): Lane => ({ skip: end, end, records: [], bytes: 0, inFlight: Promise.resolve() }),
  );
  let written = 0;
  const count = (records: number): void => {
    written += records;
    onWritten(written);
  };
  const flush = async (partition: number, lane: Lane): Promise<void> => {
    await lane.inFlight;
    const batch = lane.records;
    lane.records = [];
    lane.bytes = 0;
    if (batch.length === 0) return;
    const from = lane.end;
    lane.end += batch.length;
    lane.inFlight = appendAt(log, clock, { topic, partition, offset: from }, batch).then(() =>
      count(batch.length),
    );
    // Whoever waits for it next hears of a failure.
    lane.inFlight.catch(() => {});
  };
  for (const { key, value } of records) {
    const bytes = Buffer.from(key);
    const partition = log.partitionFor(bytes, lanes.length);
    const lane = lanes[partition];
    if (lane === undefined) throw new RangeError(`${topic} has no partition ${partition}`);
    if (lane.skip > 0) {
      lane.skip -= 1;
      count(1);
      continue;
    }
    lane.records.push({ key: bytes, value });
    lane.bytes += value.length;
    if (lane.records.length >= batchRecords || lane.bytes >= batchBytes) await flush(partition, lane);
  }
  await Promise.all(lanes.map((lane, partition) => flush(partition, lane)));
  await Promise.all(lanes.map(({ inFlight }) => inFlight));
}

/**
 * Appends at an offset that nobody else writes to: after a failure the end of the partition says whether the batch
 * is there.
 */
async function appendAt(
  log: Log,
  clock: Clock,
  at: Position,
  batch: readonly OutgoingRecord[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await log.append(at.topic, at.partition, batch);
      return;
    } catch (error) {
      if (!(error instanceof LogError) || error.kind === "fatal" || attempt === attempts) throw error;
      await clock.sleep(pauseMs);
      const end = (await log.endOffsets(at.topic))[at.partition] ?? 0;
      if (end === at.offset + batch.length) return;
      if (end !== at.offset)
        throw new Error(`somebody else writes to ${at.topic} while it is filled`, { cause: error });
    }
  }
}
