/**
 * Acts on changes: per partition of `segment-changes`, a batch is planned, its webhooks delivered or dead-lettered, and
 * only then is its position committed, with how far the changes are known. So a crash repeats messages, under the
 * same ids, and loses none.
 */
import { type ChangeCursor, type Codec, firstCursor, openCursor } from "@tidemark/contracts";
import {
  appendDeadLetters,
  type Clock,
  type Consumption,
  carriedOn,
  type Log,
  type Logger,
  type LogRecord,
  noTracing,
  type Patience,
  type Position,
  patiently,
  type RunningService,
  type TopicPartition,
  type TracedStep,
  type Tracing,
  type Troubles,
  traceParentOf,
} from "@tidemark/runtime";
import { type Batch, planBatch, settleBatch } from "./batch.ts";
import { type Delivery, deliver } from "./deliver.ts";
import type { Endpoint } from "./endpoint.ts";
import { followAutomations } from "./follow-automations.ts";
import { createLane } from "./lane.ts";
import type { AutomationsObserver } from "./metrics.ts";
import { encodeCursor, parseCursor } from "./position.ts";
import type { Post } from "./post.ts";
import { type ReadRecord, readRecords } from "./read-records.ts";
import { missingIn, repairGaps } from "./repair-gaps.ts";
import { undeliveredRecord } from "./undelivered.ts";
import type { Webhook } from "./webhook.ts";

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
  /** Requests to one endpoint at a time. */
  readonly concurrency: number;
}

interface Held {
  cursor: ChangeCursor;
  /** Aborted when the partition is lost or the service stops. */
  readonly givenUp: AbortController;
}

const unreadable = { path: "", found: "bytes that do not decode", expected: "a SegmentChange or a Fence" };

/** How long a stop waits for requests under way, in ms. */
const graceMs = 3_000;

/** Joins the group and acts until stopped. */
export async function startAutomations(
  ports: AutomationsPorts,
  options: AutomationsOptions,
): Promise<RunningService> {
  const { log, codec, clock, logger, observe, tracing = noTracing } = ports;
  const { topics } = options;
  const troubles: Troubles = new Map();
  const patience: Patience = { clock, logger, troubles, failed: observe.failed };
  const laneBounds = { concurrency: options.concurrency, silentAfterMs: options.retryMs };
  const lanes = new Map(
    [...options.endpoints].map(([name, endpoint]) => [name, createLane(endpoint, clock, laneBounds)]),
  );
  const partitions = new Map<number, Held>();
  const cutOff = new AbortController();
  const joined = Promise.withResolvers<Consumption>();
  joined.promise.catch(() => undefined);
  const inForce = followAutomations(ports, topics.segmentDefinitions);
  let assigned = false;

  async function onAssigned(gained: readonly TopicPartition[]): Promise<readonly Position[]> {
    const [committed, starts] = await Promise.all([
      log.committed(options.group, topics.segmentChanges),
      log.startOffsets(topics.segmentChanges),
    ]);
    const positions = gained.map(({ topic, partition }): Position => {
      const position = committed[partition] ?? null;
      const start = starts[partition] ?? 0;
      const isTrimmed = position !== null && position.offset < start;
      if (isTrimmed)
        logger.error(
          { partition, position: position.offset, start },
          "retention took records of segment-changes that were not acted on yet",
        );
      const unknown = start > 0 ? openCursor : firstCursor;
      const cursor = position === null ? unknown : parseCursor(position.metadata);
      partitions.set(partition, { cursor, givenUp: new AbortController() });
      return { topic, partition, offset: Math.max(position?.offset ?? 0, start) };
    });
    assigned = true;
    logger.info({ partitions: partitions.size }, "partitions taken over");
    return positions;
  }

  async function onRevoked(lost: readonly TopicPartition[]): Promise<void> {
    for (const { partition } of lost) {
      partitions.get(partition)?.givenUp.abort();
      partitions.delete(partition);
    }
  }

  async function onBatch({ partition }: TopicPartition, records: readonly LogRecord[]): Promise<void> {
    const held = partitions.get(partition);
    if (held === undefined) return;
    const wanted = () => !held.givenUp.signal.aborted;
    const read = await patiently(patience, "changes cannot be read", wanted, () =>
      readRecords(codec, records),
    );
    const automations = await patiently(patience, "the automations in force are not known", wanted, inForce);
    if (read === undefined || automations === undefined || !wanted()) return;
    const first = planBatch(held.cursor, read, automations);
    const whole =
      first.gaps.length === 0
        ? read
        : await patiently(patience, "missing changes cannot be looked for", wanted, () =>
            repairGaps(ports, { topic: topics.segmentChanges, partition }, read, first.gaps),
          );
    if (whole === undefined) return;
    const batch = whole === read ? first : planBatch(held.cursor, whole, automations);
    tell(first, batch, partition);
    if (!(await keepUnreadable(read, partition, wanted))) return;
    const dropped = new Map<string, number>();
    const settled = await settleBatch(batch.steps, settler(held, partition, dropped));
    if (dropped.size > 0)
      logger.warn({ partition, ...Object.fromEntries(dropped) }, "webhooks went to dead letters");
    const last = batch.steps[settled - 1];
    if (last === undefined) return;
    held.cursor = last.cursor;
    await commit(held, last.record);
  }

  /** `seen` is the batch as it came, `acted` as it is with what was found of the missing changes. */
  function tell(seen: Batch, acted: Batch, partition: number): void {
    for (const verdict of seen.verdicts) observe.judged(verdict);
    if (acted.historic > 0) observe.leftAlone(acted.historic);
    if (seen.gaps.length === 0) return;
    const [missing, stillMissing] = [missingIn(seen.gaps), missingIn(acted.gaps)];
    if (missing > stillMissing) observe.judged("repaired", missing - stillMissing);
    if (stillMissing > 0) observe.judged("missing", stillMissing);
    for (const gap of seen.gaps)
      logger.error({ partition, ...gap }, "segment changes are missing before this one");
    if (stillMissing === 0)
      logger.warn({ partition, missing }, "all of them stand in the topic and are acted on");
    for (const gap of acted.gaps)
      logger.error({ partition, ...gap }, "the topic does not hold them any more: nobody acts on them");
  }

  /** `dropped` counts what went to dead letters. */
  function settler(held: Held, partition: number, dropped: Map<string, number>) {
    const retryUntil = clock.now() + options.retryMs;
    const { attempts, timeoutMs } = options;
    const bounds = {
      attempts,
      timeoutMs,
      retryUntil,
      givenUp: held.givenUp.signal,
      cutOff: cutOff.signal,
    };
    return async (webhook: Webhook, change: LogRecord): Promise<boolean> => {
      const lane = lanes.get(webhook.endpoint);
      const step = tracing.begin("webhook", {
        parent: change.headers,
        at: clock.now(),
        isRoot: false,
        attributes: { "tidemark.automation": webhook.automation, "tidemark.webhook": webhook.endpoint },
      });
      const delivery: Delivery = lane
        ? await deliver(webhook, lane, ports, bounds, traceOf(step, change))
        : {
            result: "undelivered",
            reason: "webhook-unknown",
            attempts: 0,
            last: null,
            body: webhook.body(),
          };
      step?.end(clock.now(), delivery.result === "undelivered" ? delivery.reason : undefined);
      if (delivery.result === "abandoned") return false;
      if (delivery.result === "delivered") {
        observe.delivered(webhook.endpoint, clock.now() - webhook.detectedAt);
        return true;
      }
      const letter = undeliveredRecord(webhook, delivery, change);
      const kept = await keep(partition, () => !held.givenUp.signal.aborted, [letter]);
      if (!kept) return false;
      const { reason } = delivery;
      observe.undelivered(lane ? webhook.endpoint : "unknown", reason);
      const what = `${webhook.endpoint}: ${reason}`;
      dropped.set(what, (dropped.get(what) ?? 0) + 1);
      return true;
    };
  }

  async function keep(
    partition: number,
    wanted: () => boolean,
    letters: Parameters<Log["append"]>[2],
  ): Promise<boolean> {
    const kept = await patiently(patience, "dead letters cannot be written", wanted, async () =>
      log.append(topics.deadLetters, partition % (await log.partitionCount(topics.deadLetters)), letters),
    );
    return kept !== undefined;
  }

  async function keepUnreadable(
    read: readonly ReadRecord[],
    partition: number,
    wanted: () => boolean,
  ): Promise<boolean> {
    const letters = read.flatMap(({ record, decoded }) =>
      decoded === undefined ? [{ record, reason: "unreadable", faults: [unreadable] }] : [],
    );
    if (letters.length === 0) return true;
    const kept = await patiently(patience, "dead letters cannot be written", wanted, async () => {
      const target = partition % (await log.partitionCount(topics.deadLetters));
      await appendDeadLetters(log, topics.deadLetters, target, letters, "automations");
      return true;
    });
    for (const { record } of kept ? letters : []) {
      observe.unreadable();
      logger.error({ partition, offset: record.offset }, "a record of segment-changes does not decode");
    }
    return kept === true;
  }

  /** Tried once in any case, so that a stop keeps what was settled. */
  async function commit(held: Held, { topic, partition, offset }: LogRecord): Promise<void> {
    const position = { topic, partition, offset: offset + 1, metadata: encodeCursor(held.cursor) };
    let isFirst = true;
    const wanted = () => isFirst || !held.givenUp.signal.aborted;
    await patiently(patience, "positions cannot be committed", wanted, async () => {
      isFirst = false;
      await (await joined.promise).commit([position]);
    });
  }

  const consumption = await log.consume({
    group: options.group,
    topics: [topics.segmentChanges],
    maxBatchRecords: options.maxBatchRecords,
    sessionTimeoutMs: options.sessionTimeoutMs,
    onAssigned,
    onRevoked,
    onBatch,
  });
  joined.resolve(consumption);

  return {
    ready() {
      const [reason] = troubles.values();
      if (reason !== undefined) return { ready: false, reason };
      return assigned ? { ready: true } : { ready: false, reason: "no partitions yet" };
    },
    async stop() {
      for (const { givenUp } of partitions.values()) givenUp.abort();
      const cancel = clock.after(graceMs, () => cutOff.abort());
      await consumption.stop();
      cancel();
      await log.close();
    },
    ended: consumption.ended,
  };
}

/** The HTTP header that carries the trace on. */
function traceOf(step: TracedStep | undefined, change: LogRecord): Readonly<Record<string, string>> {
  const traceparent = traceParentOf(carriedOn(step, change.headers));
  return traceparent === undefined ? {} : { traceparent };
}
