/** Sweeps whenever anything fills, and names who is near a cut that moved; of several instances one does, the others stand by. */
import { growingDelay, type RetryDelays, type RunningService, type TopicPartition } from "@tidemark/runtime";
import { createRescorer, type RescorerPorts } from "../cuts/rescorer.ts";
import { createSweeper, type SweeperOptions, type SweeperPorts } from "./sweeper.ts";

export interface SweepsOptions extends SweeperOptions {
  readonly group: string;
  /** The topic of definitions, of one partition: who has it sweeps, and its records say that there may be something to do. */
  readonly definitionsTopic: string;
  readonly sessionTimeoutMs: number;
  /** How long to wait between looks: while anything fills or was written lately, and else. */
  readonly busyMs: number;
  readonly idleMs: number;
}

/** Records of those near a cut that a partition has not folded yet, at most: live events wait behind them. */
const mostRescores = 50;

/** For so long after a definition was written it may still be on its way to partitions, in ms. */
const onTheirWayMs = 15_000;

/** Joins the group and runs until stopped. */
export async function startSweeps(
  ports: SweeperPorts & RescorerPorts & { readonly retry?: RetryDelays },
  options: SweepsOptions,
): Promise<RunningService> {
  const { log, clock, logger } = ports;
  const sweeper = createSweeper(ports, options);
  const rescorer = createRescorer(ports, { ...options, maxAhead: Math.min(options.maxAhead, mostRescores) });
  const topic = options.definitionsTopic;
  let mine = false;
  let stopped = false;
  let writtenAt = clock.elapsedMs();
  let wake = (): void => {};
  let nextDelayMs = growingDelay(ports.retry);

  const wanted = () => mine && !stopped;
  /** Answers how long to wait then. */
  const look = async (): Promise<number> => {
    if (!mine) return options.idleMs;
    try {
      const recutting = await rescorer.step(wanted);
      const busy = (await sweeper.step(wanted)) || recutting;
      nextDelayMs = growingDelay(ports.retry);
      return busy || clock.elapsedMs() - writtenAt < onTheirWayMs ? options.busyMs : options.idleMs;
    } catch (error) {
      logger.warn({ err: error }, "a sweep could not go on and is tried again");
      return nextDelayMs();
    }
  };
  const run = async (): Promise<void> => {
    while (!stopped) {
      const delayMs = await look();
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (!stopped) await Promise.race([clock.sleep(delayMs), woken]);
    }
  };

  const consumption = await log.consume({
    group: options.group,
    topics: [topic],
    maxBatchRecords: 1_000,
    sessionTimeoutMs: options.sessionTimeoutMs,
    onAssigned: async (gained: readonly TopicPartition[]) => {
      const ends = await log.endOffsets(topic);
      mine = gained.length > 0 || mine;
      writtenAt = clock.elapsedMs();
      wake();
      return gained.map((place) => ({ ...place, offset: ends[place.partition] ?? 0 }));
    },
    onRevoked: async () => {
      mine = false;
    },
    onBatch: async () => {
      writtenAt = clock.elapsedMs();
      wake();
    },
  });
  const running = run();

  return {
    ready: () => ({ ready: true }),
    async stop() {
      stopped = true;
      wake();
      await running;
      await consumption.stop();
    },
    ended: consumption.ended,
  };
}
