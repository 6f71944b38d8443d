/** Which partitions this process owns, and their workers. */
import { topicNames } from "@tidemark/contracts";
import { type Consumption, growingDelay, type RunningService } from "@tidemark/runtime";
import { type ClockBounds, clockDriver } from "./clock-driver.ts";
import { clockSlots, type SlotBounds } from "./clock-slots.ts";
import { createPartitionWorker, type PartitionWorker } from "./partition-worker.ts";
import { createPositionTeller } from "./tell-position.ts";
import type { WorkerPorts } from "./worker-ports.ts";

/** Consumer group of the service. */
const segmentsGroup = "tidemark-segments";

export interface SegmentsOptions {
  readonly maxBatchRecords: number;
  readonly sessionTimeoutMs: number;
  /** How often partitions in which nothing happens ask whether the store still holds what they committed. */
  readonly verifyEveryMs: number;
  /** How often the group is told how far the fold is. */
  readonly tellEveryMs: number;
  readonly clocks: ClockBounds & SlotBounds;
  /** For what share of the time since it was asked last the process was busy, in percent. */
  readonly busyPercent: () => number;
}

/** Joins the group and runs until stopped. */
export async function startSegments(ports: WorkerPorts, options: SegmentsOptions): Promise<RunningService> {
  const workers = new Map<number, PartitionWorker>();
  const slots = clockSlots(ports.clock, options.clocks, options.busyPercent);
  const driver = clockDriver(ports.clock, options.clocks, slots, (error) =>
    ports.logger.warn({ err: error }, "no clock record could be appended"),
  );
  let assigned = false;
  let stopped = false;
  let stopWatching = (): void => {};
  const watch = (): void => {
    stopWatching = ports.clock.after(options.verifyEveryMs, watch);
    for (const [partition, worker] of workers)
      worker.verify().then(
        () => workers.get(partition) === worker && driver.wake(partition, false),
        (error) => ports.logger.warn({ err: error, partition }, "the store does not say what it holds"),
      );
  };
  watch();
  const joined = Promise.withResolvers<Consumption>();
  joined.promise.catch(() => undefined);
  const teller = createPositionTeller(ports.clock, options.tellEveryMs, async (positions) =>
    (await joined.promise).commit(positions),
  );

  const consumption = await ports.log.consume({
    group: segmentsGroup,
    topics: [topicNames.customerEvents],
    maxBatchRecords: options.maxBatchRecords,
    sessionTimeoutMs: options.sessionTimeoutMs,
    onAssigned: async (gained) => {
      const starts = await startsPatiently(ports, () => stopped);
      const positions = await Promise.all(
        gained.map(async ({ topic, partition }) => {
          const worker = createPartitionWorker(partition, ports);
          workers.set(partition, worker);
          const offset = await takeOverPatiently(worker, ports, () => stopped);
          driver.add(partition, worker);
          const start = starts[partition] ?? 0;
          if (offset >= start) return { topic, partition, offset };
          // What retention took is folded from the archive; what comes meanwhile waits for it.
          ports.logger.warn({ partition, from: offset, to: start }, "folding from the archive");
          void worker.catchUpTo(start).then(() => driver.wake(partition, false));
          return { topic, partition, offset: start };
        }),
      );
      assigned = true;
      ports.logger.info({ partitions: workers.size }, "partitions taken over");
      return positions;
    },
    onRevoked: async (lost) => {
      for (const { partition } of lost) {
        workers.get(partition)?.giveUp();
        workers.delete(partition);
        driver.remove(partition);
        teller.forget(partition);
      }
    },
    onBatch: async ({ partition }, records) => {
      const worker = workers.get(partition);
      if (worker === undefined) return;
      driver.wake(partition, await worker.process(records));
      if (workers.get(partition) === worker)
        teller.reached({ topic: topicNames.customerEvents, partition }, records);
    },
  });
  joined.resolve(consumption);

  return {
    ready: () => (assigned ? { ready: true } : { ready: false, reason: "no partitions yet" }),
    async stop() {
      stopped = true;
      driver.stop();
      // A step under way is finished; what waits for a store that is away is not waited for.
      for (const worker of workers.values()) worker.giveUp();
      stopWatching();
      teller.stop();
      await consumption.stop();
      await ports.log.close();
      await ports.store.close();
    },
    ended: consumption.ended,
  };
}

async function startsPatiently(
  { log, clock, logger, observe, retry }: WorkerPorts,
  isStopped: () => boolean,
): Promise<readonly number[]> {
  const nextDelayMs = growingDelay(retry);
  for (;;) {
    try {
      return await log.startOffsets(topicNames.customerEvents);
    } catch (error) {
      if (isStopped()) throw error;
      observe.failed();
      logger.warn({ err: error }, "where the partitions begin is not known yet");
      await clock.sleep(nextDelayMs());
    }
  }
}

/** The store or the broker may be away when a partition arrives; it is waited for. */
async function takeOverPatiently(
  worker: PartitionWorker,
  ports: WorkerPorts,
  isStopped: () => boolean,
): Promise<number> {
  const nextDelayMs = growingDelay(ports.retry);
  for (;;) {
    try {
      return await worker.takeOver();
    } catch (error) {
      if (isStopped()) throw error;
      ports.observe.failed();
      ports.logger.warn(
        { err: error, partition: worker.partition },
        "the partition could not be taken over yet",
      );
      await ports.clock.sleep(nextDelayMs());
    }
  }
}
