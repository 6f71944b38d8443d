/** One source partition: decode, normalise, send, in order, one send in flight (laws I1 and I2 in send.ts). */
import type { Codec } from "@tidemark/contracts";
import { type Log, LogError, type LogRecord, type Patience, patiently } from "@tidemark/runtime";
import type { DecodedSource, SourceDecoder } from "./decode.ts";
import { loadRecord } from "./load.ts";
import type { IntakeObserver } from "./metrics.ts";
import type { Pace } from "./pace.ts";
import { type PrepareContext, prepare } from "./prepare.ts";
import { cutSends, type Prepared, type Send } from "./send.ts";

export interface LoopContext extends PrepareContext {
  readonly group: string;
  readonly log: Log;
  readonly codec: Codec;
  readonly decoder: SourceDecoder;
  readonly patience: Patience;
  readonly observe: IntakeObserver;
  readonly pace: Pace;
  /** Partitions of `customer-events`. */
  readonly partitions: number;
  /** Everything below `offset` is acknowledged. */
  readonly reached: (partition: number, offset: number) => void;
}

export interface PartitionLoop {
  /** Takes records in; answers when all are acknowledged, or the loop was given up. Rejects where the log refuses for good. */
  process(records: readonly LogRecord[]): Promise<void>;
  /** Ends a load that has nothing left to read: its last records may have gone (retention, transactions). */
  settleLoad(): Promise<void>;
  /**
   * The partition moved to somebody else, or the service stops: what is under way ends at its next step, and is not
   * waited for much longer.
   */
  giveUp(): void;
  /** Settles when nothing is under way, or what is was given up. */
  idle(): Promise<void>;
}

export interface LoopStart {
  readonly partition: number;
  /** Offset of the first record that will come. */
  readonly offset: number;
  /** Where the load under way ends; null where there is none. */
  readonly loadEnd: number | null;
}

/** How long an append under way is waited for once the loop was given up, in ms. It may still be written: a repeat. */
const graceMs = 3_000;

/** Quiet for this long, a partition with a load under way is looked at, in ms. */
const quietMs = 1_000;

/** Records prepared at a stretch: heartbeats and other partitions come in between. */
const turnRecords = 200;

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export function createPartitionLoop(start: LoopStart, context: LoopContext): PartitionLoop {
  const { partition } = start;
  const { log, codec, decoder, patience, observe, source, topics } = context;
  const name = `${source.topic}/${partition}`;
  let next = start.offset;
  let loadEnd = start.loadEnd;
  let givenUp = false;
  let work = Promise.resolve();
  const letGo = Promise.withResolvers<void>();
  let quietSince = patience.clock.elapsedMs();

  const wanted = () => !givenUp;

  /** One thing at a time, in order. */
  const inTurn = (step: () => Promise<void>): Promise<void> => {
    const turn = work.then(() => (givenUp ? undefined : step()));
    work = turn.catch(() => undefined);
    return Promise.race([turn, letGo.promise]);
  };

  const decodePatiently = (value: Buffer): Promise<DecodedSource | undefined> =>
    patiently(patience, `${name} waits for a schema`, wanted, () => decoder.decode(value));

  const prepareAll = async (records: readonly LogRecord[]): Promise<readonly Prepared[]> => {
    const prepared: Prepared[] = [];
    for (const record of records) {
      if (prepared.length % turnRecords === turnRecords - 1) await nextTurn();
      const decoded = decoder.decodeSync(record.value) ?? (await decodePatiently(record.value as Buffer));
      if (decoded === undefined) break;
      prepared.push(prepare(context, record, decoded, patience.clock.now()));
    }
    return prepared;
  };

  /** Appends a batch to each target, all at once; true when all are acknowledged. */
  const deliver = async (batches: Send["batches"]): Promise<boolean> => {
    const acknowledged = await Promise.all(
      batches.map(({ topic, partition: target, records }) =>
        patiently(
          patience,
          `${topic}/${target} takes nothing from ${name}`,
          wanted,
          () => log.append(topic, target, records),
          isFatal,
        ),
      ),
    );
    return acknowledged.every((answer) => answer !== undefined);
  };

  const endLoad = async (border: number): Promise<boolean> => {
    const record = loadRecord(codec, "end", source.sourceId, partition);
    const everywhere = Array.from({ length: context.partitions }, (_, target) => ({
      topic: topics.customerEvents,
      partition: target,
      records: [record],
    }));
    if (!(await deliver(everywhere))) return false;
    loadEnd = null;
    next = Math.max(next, border);
    patience.logger.info({ source: source.sourceId, partition }, "a load ended");
    return true;
  };

  /** Who was given up may not commit: the partition may be somebody else's. */
  const reached = (): void => {
    if (!givenUp) context.reached(partition, next);
  };

  const isBehind = (border: number | null, offset: number): border is number =>
    border !== null && offset >= border;

  const take = async (send: Send): Promise<boolean> => {
    const first = send.prepared[0]?.offset ?? next;
    if (isBehind(loadEnd, first) && !(await endLoad(loadEnd))) return false;
    const askedAt = patience.clock.elapsedMs();
    await context.pace.room(wanted);
    observe.waited(patience.clock.elapsedMs() - askedAt);
    if (!(await deliver(send.batches))) return false;
    next = send.end;
    if (isBehind(loadEnd, next) && !(await endLoad(loadEnd))) return false;
    reached();
    tell(observe, send, patience.clock.now());
    return true;
  };

  return {
    process: (records) =>
      inTurn(async () => {
        quietSince = Number.POSITIVE_INFINITY;
        for (const send of cutSends(await prepareAll(records), loadEnd)) {
          if (givenUp || !(await take(send))) break;
        }
        quietSince = patience.clock.elapsedMs();
      }),
    async settleLoad() {
      const [from, border] = [next, loadEnd];
      if (border === null || givenUp || patience.clock.elapsedMs() - quietSince < quietMs) return;
      if (from < border && (await holdsRecords(log, source.topic, partition, from, border))) return;
      await inTurn(async () => {
        if (next !== from || loadEnd === null || !(await endLoad(border))) return;
        reached();
      });
    },
    giveUp() {
      givenUp = true;
      patience.clock.after(graceMs, letGo.resolve);
    },
    idle: () => Promise.race([work, letGo.promise]),
  };
}

function tell(observe: IntakeObserver, { prepared }: Send, now: number): void {
  let events = 0;
  for (const record of prepared) {
    events += record.events;
    if (record.events > 0) observe.took("source-to-canonical", now - record.timestamp);
    record.traced?.end(now);
    if (record.refused !== null) observe.deadLetter(record.refused);
  }
  observe.taken(prepared.length);
  observe.produced(events);
}

async function holdsRecords(log: Log, topic: string, partition: number, from: number, to: number) {
  const start = (await log.startOffsets(topic))[partition] ?? 0;
  if (start >= to) return false;
  for await (const records of log.read(topic, partition, Math.max(from, start), to)) {
    if (records.length > 0) return true;
  }
  return false;
}

function isFatal(error: unknown): boolean {
  return error instanceof LogError && error.kind === "fatal";
}
