/**
 * Appends through an idempotent producer. Law P1: an append that was answered `ambiguous` is never sent again: the
 * producer that might is closed, and another one takes its place.
 */
import { type BaseOptions, compatibilityPartitioner, Producer } from "@platformatic/kafka";
import { LogError, type Logger, type OutgoingRecord } from "@tidemark/runtime";
import {
  type AppendOutcome,
  type AppendQueue,
  createAppendQueue,
  type WaitingAppend,
} from "../append-queue.ts";
import type { KafkaBounds } from "../bounds.ts";
import type { Appender } from "../client.ts";
import { placeName } from "../place.ts";
import { withinTime } from "../within-time.ts";
import { appendOutcome } from "./append-outcome.ts";
import { asReadFailure } from "./failure.ts";

type BytesProducer = Producer<Buffer, Buffer, Buffer, Buffer>;

export function createAppender(base: BaseOptions, logger: Logger, bounds: KafkaBounds): Appender {
  const { appendTimeoutMs } = bounds;
  const queues = new Map<string, AppendQueue>();
  let producer = openProducer(base, logger, bounds);

  const replace = (stale: BytesProducer): void => {
    if (stale !== producer) return;
    producer = openProducer(base, logger, bounds);
    void stale.close(true).catch(() => undefined);
  };

  const send = async (
    topic: string,
    appends: readonly WaitingAppend[],
  ): Promise<readonly AppendOutcome[]> => {
    const own = producer;
    const attempt = (partition: number) => `the append to ${placeName({ topic, partition })} failed`;
    const highest = Math.max(...appends.map(({ partition }) => partition));
    let count: number;
    try {
      count = await partitionsOf(own, topic, highest);
    } catch (error) {
      return appends.map(({ partition }) => asReadFailure(attempt(partition), error));
    }
    const outcomes = new Map<number, AppendOutcome>();
    const sendable = appends.filter(({ partition }) => partition >= 0 && partition < count);
    if (sendable.length > 0) {
      try {
        const { offsets } = await withinTime(
          own.send({ messages: messagesOf(topic, sendable) }),
          appendTimeoutMs,
          (message) => new LogError("ambiguous", message),
        );
        for (const { partition, offset } of offsets ?? []) outcomes.set(partition, Number(offset));
      } catch (error) {
        const isShared = sendable.length > 1;
        for (const { partition } of sendable) {
          outcomes.set(partition, appendOutcome(attempt(partition), error, { topic, partition, isShared }));
        }
      }
    }
    for (const { partition } of appends) {
      if (outcomes.has(partition)) continue;
      const unsent = new LogError("fatal", `${attempt(partition)}: the topic has ${count} partitions`);
      const unnamed = new LogError("ambiguous", `${attempt(partition)}: the broker named no offset`);
      outcomes.set(partition, partition >= 0 && partition < count ? unnamed : unsent);
    }
    if ([...outcomes.values()].some(isAmbiguous)) replace(own);
    return appends.map(({ partition }) => outcomes.get(partition) ?? new Error("unreachable"));
  };

  const queueOf = (topic: string): AppendQueue => {
    const known = queues.get(topic) ?? createAppendQueue(bounds, (appends) => send(topic, appends));
    queues.set(topic, known);
    return known;
  };

  return {
    append: (topic, partition, records) => queueOf(topic).append(partition, records),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.idle()));
      await producer.close(true);
    },
  };
}

function openProducer(
  base: BaseOptions,
  logger: Logger,
  { appendTimeoutMs, appendRetryMs }: KafkaBounds,
): BytesProducer {
  const producer: BytesProducer = new Producer({
    ...base,
    idempotent: true,
    partitioner: compatibilityPartitioner,
    // As long as `appendTimeoutMs` allows.
    retries: Math.ceil(appendTimeoutMs / appendRetryMs),
    retryDelay: appendRetryMs,
  });
  producer.on("error", (error: unknown) => logger.warn({ err: error }, "kafka producer"));
  return producer;
}

/**
 * How many partitions the topic has; asks the broker when it is not known to have the `highest`. The client would take
 * a partition that is not there for another one, and would wait for a topic that is not there.
 */
async function partitionsOf(producer: BytesProducer, topic: string, highest: number): Promise<number> {
  const known = producer.currentMetadata?.topics.get(topic)?.partitionsCount;
  if (known !== undefined && highest < known) return known;
  const { topics } = await producer.metadata({ topics: [topic], forceUpdate: true, retries: 0 });
  return topics.get(topic)?.partitionsCount ?? 0;
}

function isAmbiguous(outcome: AppendOutcome): boolean {
  return outcome instanceof LogError && outcome.kind === "ambiguous";
}

function messagesOf(topic: string, appends: readonly WaitingAppend[]) {
  return appends.flatMap(({ partition, records }) =>
    records.map((record) => messageOf(topic, partition, record)),
  );
}

function messageOf(topic: string, partition: number, { key, value, headers }: OutgoingRecord) {
  return {
    topic,
    partition,
    // The client writes null as null; its types know absence only.
    key: key as Buffer,
    value: value as Buffer,
    // Names as buffers, so that a name that comes twice stays twice in the map.
    ...(headers && headers.length > 0
      ? { headers: new Map(headers.map(([name, content]) => [Buffer.from(name), content])) }
      : {}),
  };
}
