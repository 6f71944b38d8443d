/**
 * Acts on changes: what is committed is the place before the first message that is neither delivered nor
 * dead-lettered, with how far the changes are known. So a crash repeats messages, under the same ids, and loses none.
 */
import { type Codec, firstCursor, openCursor } from "@tidemark/contracts";
import {
  type Clock,
  type Consumption,
  type Log,
  type Logger,
  type Patience,
  type Position,
  patiently,
  type RetryDelays,
  type RunningService,
  type TopicPartition,
  type Tracing,
  type Troubles,
} from "@tidemark/runtime";
import type { PauseBounds } from "./attempt.ts";
import type { Endpoint } from "./endpoint.ts";
import { followAutomations } from "./follow-automations.ts";
import type { AutomationsObserver } from "./metrics.ts";
import { createPartition, type Partition, type PartitionBounds } from "./partition.ts";
import { createPlanner } from "./planner.ts";
import { encodePosition, type PartitionPosition, type Place, parsePosition } from "./position.ts";
import type { Post } from "./post.ts";
import { createSettler } from "./settler.ts";

/** Consumer group of the service. */
export const automationsGroup = "tidemark-automations";

export interface AutomationsPorts {
  readonly log: Log;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly post: Post;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observe: AutomationsObserver;
  /** Nothing is recorded where there is none. */
  readonly tracing?: Tracing;
  /** Of steps that fail; as they are unless set otherwise. */
  readonly retry?: RetryDelays;
}

export interface AutomationsOptions {
  readonly group: string;
  readonly topics: {
    readonly segmentChanges: string;
    readonly segmentDefinitions: string;
    readonly deadLetters: string;
  };
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly maxBatchRecords: number;
  readonly sessionTimeoutMs: number;
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly retryMs: number;
  readonly keepMs: number;
  readonly pauses: PauseBounds;
  readonly probeEveryMs: number;
  /** Requests to one endpoint at a time. */
  readonly concurrency: number;
  readonly partition: PartitionBounds;
  /** How long a stop waits for requests under way. */
  readonly graceMs: number;
}

/** Joins the group and acts until stopped. */
export async function startAutomations(
  ports: AutomationsPorts,
  options: AutomationsOptions,
): Promise<RunningService> {
  const { log, clock, logger, observe } = ports;
  const { topics } = options;
  const troubles: Troubles = new Map();
  const patience: Patience = { clock, logger, troubles, retry: ports.retry, failed: observe.failed };
  const partitions = new Map<number, Partition>();
  const cutOff = new AbortController();
  const joined = Promise.withResolvers<Consumption>();
  joined.promise.catch(() => undefined);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const planning = { ...ports, patience, inForce: followAutomations(ports, topics.segmentDefinitions) };
  const settler = createSettler({ ...ports, patience }, options, cutOff.signal);
  let assigned = false;

  async function onAssigned(gained: readonly TopicPartition[]): Promise<readonly Position[]> {
    const [committed, starts] = await Promise.all([
      log.committed(options.group, topics.segmentChanges),
      log.startOffsets(topics.segmentChanges),
    ]);
    const positions = gained.map(({ topic, partition }): Position => {
      const position = startOf(partition, committed[partition] ?? null, starts[partition] ?? 0);
      partitions.set(partition, open(partition, position));
      return { topic, partition, offset: position.main.offset };
    });
    assigned = true;
    logger.info({ partitions: partitions.size }, "partitions taken over");
    return positions;
  }

  function startOf(
    partition: number,
    committed: { readonly offset: number; readonly metadata: string } | null,
    start: number,
  ): PartitionPosition {
    const unknown = start > 0 ? openCursor : firstCursor;
    if (committed === null) return { main: { offset: start, cursor: unknown }, behind: new Map() };
    const { offset } = committed;
    if (offset < start)
      logger.error(
        { partition, position: offset, start },
        "retention took records of segment-changes that were not acted on yet",
      );
    const { main, behind } = parsePosition(offset, committed.metadata);
    const held = (place: Place): Place => ({ ...place, offset: Math.max(place.offset, start) });
    return { main: held(main), behind: new Map([...behind].map(([name, place]) => [name, held(place)])) };
  }

  function open(partition: number, position: PartitionPosition): Partition {
    const givenUp = new AbortController();
    const wanted = (): boolean => !givenUp.signal.aborted;
    return createPartition(
      position,
      {
        clock,
        ...createPlanner(planning, topics, partition, wanted),
        settle: settler(partition, givenUp.signal),
        commit: (reached) => commit(partition, reached, wanted),
        onFailure: failed.reject,
      },
      options.partition,
      givenUp,
    );
  }

  /** Tried once in any case, so that a stop keeps what was settled. */
  async function commit(
    partition: number,
    position: PartitionPosition,
    wanted: () => boolean,
  ): Promise<void> {
    let isFirst = true;
    const isTried = (): boolean => isFirst || wanted();
    await patiently(patience, "positions cannot be committed", isTried, async () => {
      isFirst = false;
      const { offset, metadata } = encodePosition(position);
      await (await joined.promise).commit([{ topic: topics.segmentChanges, partition, offset, metadata }]);
    });
    tellBehind();
  }

  function tellBehind(): void {
    const records = new Map([...options.endpoints.keys()].map((endpoint) => [endpoint, 0]));
    for (const partition of partitions.values())
      for (const [endpoint, count] of partition.behind())
        records.set(endpoint, (records.get(endpoint) ?? 0) + count);
    for (const [endpoint, count] of records) observe.behind(endpoint, count);
  }

  const consumption = await log.consume({
    group: options.group,
    topics: [topics.segmentChanges],
    maxBatchRecords: options.maxBatchRecords,
    sessionTimeoutMs: options.sessionTimeoutMs,
    onAssigned,
    async onRevoked(lost) {
      for (const { partition } of lost) {
        partitions.get(partition)?.giveUp();
        partitions.delete(partition);
      }
      tellBehind();
    },
    onBatch: async ({ partition }, records) => partitions.get(partition)?.act(records),
  });
  joined.resolve(consumption);
  const ended = Promise.race([consumption.ended, failed.promise]);
  // Whoever runs the service may ask for it later.
  ended.catch(() => undefined);

  return {
    ready() {
      const [reason] = troubles.values();
      if (reason !== undefined) return { ready: false, reason };
      return assigned ? { ready: true } : { ready: false, reason: "no partitions yet" };
    },
    async stop() {
      const held = [...partitions.values()];
      for (const partition of held) partition.giveUp();
      const cancel = clock.after(options.graceMs, () => cutOff.abort());
      await Promise.all(held.map((partition) => partition.atRest()));
      await consumption.stop();
      cancel();
      await log.close();
    },
    ended,
  };
}
