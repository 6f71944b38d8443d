/**
 * Archives topics: rounds of cut, commit, insert (see block.ts for the laws). One commit a round for all partitions;
 * a failed step is tried again with the same blocks and tokens, so trying again never doubles a row.
 */
import { type Codec, firstCursor, openCursor, topicNames } from "@tidemark/contracts";
import {
  type Clock,
  type CommitPosition,
  type Consumption,
  growingDelay,
  type Log,
  type Logger,
  type LogRecord,
  type Position,
  type RetryDelays,
  type RunningService,
  type TopicPartition,
  type Warehouse,
} from "@tidemark/runtime";
import { archivedUpTo } from "./archived-up-to.ts";
import { type Block, type BlockBounds, type CommitMetadata, encodeMetadata, parseMetadata } from "./block.ts";
import { type BlockRows, blockRows } from "./block-rows.ts";
import { type ArchivedErasure, noTombstones, type Tombstones } from "./erasure/archived-erasure.ts";
import { removeErasedRequests } from "./erasure/archived-request.ts";
import { readTombstones, removeErased } from "./erasure/remove-erased.ts";
import type { ArchiveObserver } from "./metrics.ts";
import { repairGaps } from "./repair.ts";
import { createShelf, nextBlock, putRecords, releaseReaders, type Shelf, takeBlock } from "./shelf.ts";
import { createTurns } from "./turns.ts";

export interface ArchiverPorts {
  readonly log: Log;
  readonly warehouse: Warehouse;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observe: ArchiveObserver;
  /** Of steps that fail; as they are unless set otherwise. */
  readonly retry?: RetryDelays;
}

export interface ArchiverOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly flushDelayMs: number;
  readonly bounds: BlockBounds;
  readonly maxBufferedBytes: number;
  readonly sessionTimeoutMs: number;
  /** Inserts at a time. */
  readonly concurrentInserts: number;
  /** Records of one partition handed over in one step. */
  readonly maxBatchRecords: number;
  /** Told of subjects that were erased, once the tables hold nothing of them; what it does is done again after a crash. */
  readonly onErased?: (erasures: readonly ArchivedErasure[]) => Promise<void>;
}

export interface RunningArchiver extends RunningService {
  /**
   * Somebody waits until a topic is archived up to these ends, by partition: what this instance has of it comes before
   * all else, and waits for no larger block.
   */
  hurry(topic: string, ends: readonly number[]): void;
}

interface Cut {
  readonly shelf: Shelf;
  readonly block: Block;
  readonly records: readonly LogRecord[];
}

/** Blocks of a round for each insert at a time: only the next round says how far these are archived. */
const blocksInTurn = 4;

/** A block waits for longer than this takes to come together. */
const patientBytes = 65_536;

/** Joins the group and archives until stopped. `ended` rejects when the log ends the consumption. */
export async function startArchiver(
  ports: ArchiverPorts,
  options: ArchiverOptions,
): Promise<RunningArchiver> {
  const { log, warehouse, codec, clock, logger, observe, retry } = ports;
  const shelves = new Map<string, Shelf>();
  let stopped = false;
  let fault: string | undefined;
  let assigned = false;

  const turns = createTurns(shelves, options);
  const isHeld = (shelf: Shelf) => shelves.get(shelfKey(shelf)) === shelf;

  /** By partition of customer-events; read when the first block of it is cut. */
  const known = new Map<number, Tombstones>();
  const tombstonesOf = async ({ topic, partition }: TopicPartition): Promise<Tombstones> => {
    if (topic !== topicNames.customerEvents) return noTombstones();
    const tombstones = known.get(partition) ?? (await readTombstones(warehouse, partition));
    known.set(partition, tombstones);
    return tombstones;
  };

  async function insert(block: Block, records: readonly LogRecord[]): Promise<BlockRows> {
    const tombstones = await tombstonesOf(block);
    const seen = await blockRows(codec, block.cursor, records, tombstones);
    const rows = seen.gaps.length === 0 ? seen : await repair(block, seen);
    for (const [table, tableRows] of rows.tables) await warehouse.insert(table, tableRows, block.token);
    await removeErased({ warehouse, clock }, rows.erasures);
    await removeErasedRequests(warehouse, rows.requests);
    await options.onErased?.(rows.erasures);
    if (rows.unreadable.length > 0) {
      logger.error(
        { topic: block.topic, partition: block.partition, offsets: rows.unreadable.slice(0, 10) },
        "records do not decode; their bytes are in control_records",
      );
    }
    const now = clock.now();
    observe.inserted(block, rows, now - (records[0]?.timestamp ?? now));
    return rows;
  }

  /**
   * The rows, with what became of the missing numbers. Those that stand in the block itself become part of it: whoever
   * has to finish it reads them there, and must come to the same rows under the same token.
   */
  async function repair(block: Block, rows: BlockRows): Promise<BlockRows> {
    const { topic, partition } = block;
    for (const gap of rows.gaps)
      logger.error({ partition, ...gap }, "segment changes are missing before this one");
    const isHeldWhole = ((await log.startOffsets(topic))[partition] ?? 0) <= block.start;
    const whole = isHeldWhole ? await blockRows(codec, block.cursor, await readRange(log, block)) : rows;
    const before = await repairGaps(ports, block, whole.gaps);
    const repaired = before.repaired + numbersIn(rows.gaps) - numbersIn(whole.gaps);
    const { missing } = before;
    if (repaired > 0) logger.warn({ partition, repaired }, "they stand in the topic and are archived");
    if (missing > 0) logger.error({ partition, missing }, "the topic does not hold them any more");
    const told = [
      ["gap", rows.verdicts.get("gap") ?? 0],
      ["repaired", repaired],
      ["missing", missing],
    ] as const;
    return { ...whole, gaps: rows.gaps, verdicts: new Map([...whole.verdicts, ...told]) };
  }

  /** Repeats a step until it succeeds or nobody needs it any more. */
  async function patiently<Result>(
    step: () => Promise<Result>,
    wanted: () => boolean,
  ): Promise<Result | undefined> {
    const nextDelayMs = growingDelay(retry);
    while (wanted()) {
      try {
        const result = await step();
        fault = undefined;
        return result;
      } catch (error) {
        fault = error instanceof Error ? error.message : String(error);
        observe.failed();
        logger.warn({ err: error }, "the archive is behind: a step failed and is tried again");
        await clock.sleep(nextDelayMs());
      }
    }
    return undefined;
  }

  /** W2: finishes the block that the last owner of the partition had in hand. */
  async function resume(
    partition: TopicPartition,
    committed: { readonly offset: number; readonly metadata: string } | null,
    logStart: number,
  ): Promise<Shelf> {
    if (committed === null)
      return createShelf(partition, logStart, logStart > 0 ? openCursor : firstCursor, true);
    const metadata = parseMetadata(committed.metadata);
    const { end, token, ...cursor } = metadata;
    if (committed.offset < logStart) return resumeTrimmed(partition, committed.offset, metadata, logStart);
    if (end === undefined || token === undefined) {
      return createShelf(partition, committed.offset, cursor, true);
    }
    const block: Block = { ...partition, start: committed.offset, end, token, cursor };
    const rows = await insert(block, await readRange(log, block));
    return createShelf(partition, end, rows.cursor, false);
  }

  /** Retention took what the last owner had still to archive, or had in hand: never silently. */
  async function resumeTrimmed(
    partition: TopicPartition,
    position: number,
    { end, sequence: committed, epoch }: CommitMetadata,
    logStart: number,
  ): Promise<Shelf> {
    const known = await archivedUpTo(warehouse, partition, position, end ?? position);
    const from = Math.max(logStart, known.position);
    const lost = Math.max(logStart - known.position, 0);
    if (lost > 0) {
      observe.trimmed?.(partition.topic, lost);
      logger.error(
        { ...partition, position: known.position, logStart, lost },
        "retention took records that are not archived",
      );
    }
    const sequence = Math.max(committed, known.sequence);
    return createShelf(partition, from, { sequence, epoch }, false);
  }

  async function onAssigned(gained: readonly TopicPartition[]): Promise<readonly Position[]> {
    const positions: Position[] = [];
    for (const topic of new Set(gained.map((partition) => partition.topic))) {
      const committed = await log.committed(options.group, topic);
      const starts = await log.startOffsets(topic);
      for (const partition of gained.filter((candidate) => candidate.topic === topic)) {
        if (topic === topicNames.customerEvents) known.delete(partition.partition);
        const shelf = await patiently(
          () => resume(partition, committed[partition.partition] ?? null, starts[partition.partition] ?? 0),
          () => !stopped,
        );
        if (shelf === undefined) throw new Error("stopped while taking over partitions");
        shelves.set(shelfKey(partition), shelf);
        positions.push({ topic, partition: partition.partition, offset: shelf.position });
      }
    }
    assigned = true;
    logger.info({ partitions: shelves.size }, "partitions taken over");
    return positions;
  }

  async function onRevoked(lost: readonly TopicPartition[]): Promise<void> {
    for (const partition of lost) {
      const shelf = shelves.get(shelfKey(partition));
      shelves.delete(shelfKey(partition));
      if (partition.topic === topicNames.customerEvents) known.delete(partition.partition);
      if (shelf) releaseReaders(shelf);
    }
  }

  async function onBatch(partition: TopicPartition, records: readonly LogRecord[]): Promise<void> {
    const shelf = shelves.get(shelfKey(partition));
    if (shelf === undefined || stopped) return;
    putRecords(shelf, records, clock.now());
    if (!turns.mayRead(shelf)) {
      await new Promise<void>((resolve) => shelf.readers.push(resolve));
    }
  }

  function cutBlocks(): readonly Cut[] {
    return turns
      .due(clock.now())
      .slice(0, options.concurrentInserts * blocksInTurn)
      .map((shelf) => ({ shelf, ...nextBlock(shelf, options.bounds) }));
  }

  async function insertCut({ shelf, block, records }: Cut): Promise<void> {
    const rows = await patiently(
      () => insert(block, records),
      () => isHeld(shelf) && !stopped,
    );
    if (rows !== undefined && isHeld(shelf)) takeBlock(shelf, block.end, rows.cursor, clock.now());
  }

  /** Answers whether there was anything to do. */
  async function round(consumption: Consumption): Promise<boolean> {
    const cuts = cutBlocks();
    const inHand = new Set(cuts.map(({ shelf }) => shelf));
    // Others read on while these are inserted.
    turns.passOn(clock.now(), inHand);
    const settling = [...shelves.values()].filter((shelf) => !shelf.settled && !inHand.has(shelf));
    if (cuts.length === 0 && settling.length === 0) return false;
    await consumption.commit([
      ...cuts.map(({ block }) => ({
        ...place(block, block.start),
        metadata: encodeMetadata(blockNote(block)),
      })),
      ...settling.map((shelf) => ({
        ...place(shelf, shelf.position),
        metadata: encodeMetadata(shelf.cursor),
      })),
    ]);
    for (const shelf of settling) shelf.settled = true;
    await eachLimited(cuts, options.concurrentInserts, insertCut);
    observe.buffered(turns.bufferedBytes());
    return cuts.length > 0;
  }

  async function run(consumption: Consumption): Promise<void> {
    let nextDelayMs = growingDelay(retry);
    while (!stopped) {
      let busy = false;
      let backOffMs = 0;
      try {
        busy = await round(consumption);
        nextDelayMs = growingDelay(retry);
      } catch (error) {
        // The partition may be lost by now, or the broker away: what is held is cut again.
        backOffMs = nextDelayMs();
        observe.failed();
        logger.warn({ err: error }, "a commit failed and is tried again");
      }
      if (!busy) await clock.sleep(Math.max(backOffMs, Math.min(options.flushDelayMs / 4, 100)));
    }
  }

  const consumption = await log.consume({
    group: options.group,
    topics: options.topics,
    maxBatchRecords: options.maxBatchRecords,
    patientBytes,
    sessionTimeoutMs: options.sessionTimeoutMs,
    onAssigned,
    onRevoked,
    onBatch,
  });
  const running = run(consumption);

  return {
    ready() {
      if (fault !== undefined) return { ready: false, reason: fault };
      return assigned ? { ready: true } : { ready: false, reason: "no partitions yet" };
    },
    hurry(topic, ends) {
      ends.forEach((end, partition) => {
        const shelf = shelves.get(shelfKey({ topic, partition }));
        if (shelf !== undefined) turns.hurry(shelf, end);
      });
    },
    async stop() {
      stopped = true;
      for (const shelf of shelves.values()) releaseReaders(shelf);
      await running;
      await consumption.stop();
    },
    ended: consumption.ended,
  };
}

function numbersIn(gaps: BlockRows["gaps"]): number {
  return gaps.reduce((sum, { expected, found }) => sum + found - expected, 0);
}

function shelfKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function place({ topic, partition }: TopicPartition, offset: number): Omit<CommitPosition, "metadata"> {
  return { topic, partition, offset };
}

function blockNote({ end, token, cursor }: Block) {
  return { end, token, ...cursor };
}

async function readRange(log: Log, { topic, partition, start, end }: Block): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of log.read(topic, partition, start, end)) records.push(...batch);
  return records;
}

async function eachLimited<Item>(
  items: readonly Item[],
  limit: number,
  step: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await step(item);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
