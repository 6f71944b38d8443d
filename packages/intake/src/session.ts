/** One membership of the group, from joining to leaving. */
import { type Clock, type Logger, type Position, patiently } from "@tidemark/runtime";
import { createCommitter } from "./committer.ts";
import { openPartitions } from "./open-partitions.ts";
import { createPartitionLoop, type LoopContext, type PartitionLoop } from "./partition-loop.ts";

export interface SessionOptions {
  readonly maxBatchRecords: number;
  readonly commitIntervalMs: number;
  readonly sessionTimeoutMs: number;
  /** Partitions were gained and opened. */
  readonly onOpened: () => void;
  /** False once the service stops. */
  readonly wanted: () => boolean;
}

export interface Session {
  /** Resolves after `stop`, rejects with what ended the membership. */
  readonly ended: Promise<void>;
  /** Ends all loops after what is in flight, commits, leaves the group. */
  stop(): Promise<void>;
}

const loadCheckMs = 1_000;

type SessionContext = Omit<LoopContext, "reached">;

/** Joins the group and takes in what is assigned. Rejects where the group cannot be joined. */
export async function joinGroup(base: SessionContext, options: SessionOptions): Promise<Session> {
  const { log, source, group, patience } = base;
  const { clock, logger } = patience;
  const loops = new Map<number, PartitionLoop>();
  const place = ([partition, offset]: readonly [number, number]) => ({
    topic: source.topic,
    partition,
    offset,
    metadata: "",
  });
  const committer = createCommitter(
    clock,
    options.commitIntervalMs,
    async (offsets) => (await joined.promise).commit([...offsets].map(place)),
    (error) => logger.info({ err: error }, "positions could not be committed yet"),
  );
  const context: LoopContext = { ...base, reached: committer.reached };
  const stopWatching = watchLoads(clock, logger, loops);

  const rest = async (): Promise<void> => {
    stopWatching();
    for (const loop of loops.values()) loop.giveUp();
    await Promise.all([...loops.values()].map((loop) => loop.idle()));
    await committer.stop();
  };

  const joined = Promise.withResolvers<Awaited<ReturnType<typeof log.consume>>>();
  joined.promise.catch(() => undefined);
  try {
    const consumption = await log.consume({
      group,
      topics: [source.topic],
      maxBatchRecords: options.maxBatchRecords,
      sessionTimeoutMs: options.sessionTimeoutMs,
      onAssigned: async (gained) => {
        const starts = await patiently(patience, "partitions cannot be opened", options.wanted, () =>
          openPartitions(context, gained),
        );
        if (starts === undefined) throw new Error("stopped while opening partitions");
        for (const start of starts) {
          loops.get(start.partition)?.giveUp();
          loops.set(start.partition, createPartitionLoop(start, context));
        }
        options.onOpened();
        logger.info({ partitions: loops.size }, "partitions opened");
        return starts.map(({ partition, offset }): Position => ({ topic: source.topic, partition, offset }));
      },
      onRevoked: async (lost) => {
        for (const { partition } of lost) {
          loops.get(partition)?.giveUp();
          loops.delete(partition);
          committer.forget(partition);
        }
      },
      onBatch: async ({ partition }, records) => loops.get(partition)?.process(records),
    });
    joined.resolve(consumption);
    consumption.ended.catch(() => void rest());
    return {
      ended: consumption.ended,
      async stop() {
        await rest();
        await consumption.stop();
      },
    };
  } catch (error) {
    joined.reject(error);
    await rest();
    throw error;
  }
}

/** Looks now and then whether a load is over though nothing more came. Answers what ends it. */
function watchLoads(clock: Clock, logger: Logger, loops: ReadonlyMap<number, PartitionLoop>): () => void {
  let stopped = false;
  let cancel = (): void => {};
  const schedule = (): void => {
    if (!stopped) cancel = clock.after(loadCheckMs, () => void check().finally(schedule));
  };
  const check = async (): Promise<void> => {
    for (const loop of loops.values()) {
      try {
        await loop.settleLoad();
      } catch (error) {
        logger.warn({ err: error }, "a load could not be looked at yet");
      }
    }
  };
  schedule();
  return () => {
    stopped = true;
    cancel();
  };
}
