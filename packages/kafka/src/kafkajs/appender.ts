/**
 * Appends through idempotent producers. The library takes its sequence numbers back when a send fails, so that the next
 * batch may pass for a repeat of the one before, and is dropped with an acknowledgement. Hence:
 * P1 a producer has one send under way.
 * P2 a send that failed is repeated with the same records by the same producer, or not at all: repeats are known by
 *    their sequence number.
 * P3 a producer whose send was given up is thrown away, unless it is certain that nothing was written.
 */
import { LogError, type Logger, type OutgoingRecord } from "@tidemark/runtime";
import { type Kafka, type Message, Partitioners, type Producer } from "kafkajs";
import {
  type AppendOutcome,
  type AppendQueue,
  createAppendQueue,
  type WaitingAppend,
} from "../append-queue.ts";
import type { KafkaBounds } from "../bounds.ts";
import type { Appender, TopicClient } from "../client.ts";
import { describeFailure } from "../failure.ts";
import { placeName } from "../place.ts";
import { asReadFailure, isRefused, isUnwritten } from "./failure.ts";

/** Earlier than after the setting's time an append is given up where it is certain that nothing was written, in ms. */
const unwrittenTimeoutMs = 3_000;

/** A place for a producer. */
interface Slot {
  producer: Promise<Producer> | undefined;
  busy: boolean;
}

export function createAppender(
  kafka: Kafka,
  topics: TopicClient,
  logger: Logger,
  bounds: KafkaBounds,
): Appender {
  const queues = new Map<string, AppendQueue>();
  const slots: Slot[] = [];

  const openQueue = (topic: string): AppendQueue => {
    const own = Array.from({ length: bounds.requests }, (): Slot => ({ producer: undefined, busy: false }));
    slots.push(...own);
    let partitions = 0;
    return createAppendQueue(bounds, async (appends) => {
      const slot = own.find(({ busy }) => !busy);
      if (slot === undefined) throw new Error("the queue has more requests under way than it may");
      slot.busy = true;
      try {
        const highest = Math.max(...appends.map(({ partition }) => partition));
        if (highest >= partitions) partitions = await countPartitions(topics, topic);
        const isThere = ({ partition }: WaitingAppend) => partition >= 0 && partition < partitions;
        const sendable = appends.filter(isThere);
        const sent = await sendPatiently(kafka, slot, topic, sendable, logger, bounds);
        return appends.map((append) => sent[sendable.indexOf(append)] ?? missing(topic, append, partitions));
      } catch (error) {
        return appends.map(({ partition }) => asReadFailure(attemptOf(topic, partition), error));
      } finally {
        slot.busy = false;
        if (slot.producer === undefined) partitions = 0;
      }
    });
  };

  return {
    append(topic, partition, records) {
      const queue = queues.get(topic) ?? openQueue(topic);
      queues.set(topic, queue);
      return queue.append(partition, records);
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.idle()));
      await Promise.all(slots.map((slot) => discard(slot)));
    },
  };
}

async function countPartitions(topics: TopicClient, topic: string): Promise<number> {
  const state = await topics.state(topic);
  if (state === null)
    throw new LogError("retry", `nothing can be appended to ${topic}: there is no such topic`);
  return state.partitions;
}

function missing(topic: string, { partition }: WaitingAppend, partitions: number): LogError {
  return new LogError("fatal", `${attemptOf(topic, partition)}: the topic has ${partitions} partitions`);
}

function attemptOf(topic: string, partition: number): string {
  return `the append to ${placeName({ topic, partition })} failed`;
}

/**
 * Sends until it is done or given up; answers an outcome for each append. The library's error is that of one partition
 * and names none, so of appends that went together each may be written; `wereTogether` when that was so before.
 */
async function sendPatiently(
  kafka: Kafka,
  slot: Slot,
  topic: string,
  appends: readonly WaitingAppend[],
  logger: Logger,
  bounds: KafkaBounds,
  wereTogether = false,
): Promise<readonly AppendOutcome[]> {
  if (appends.length === 0) return [];
  const fail = (kind: LogError["kind"], error: unknown): readonly AppendOutcome[] =>
    appends.map(
      ({ partition }) =>
        new LogError(kind, `${attemptOf(topic, partition)}: ${describeFailure(error)}`, { cause: error }),
    );
  const startedAt = performance.now();
  let maybeWritten = wereTogether;
  for (;;) {
    let producer: Producer | undefined;
    try {
      slot.producer ??= openProducer(kafka);
      producer = await slot.producer;
      return await sendOnce(producer, topic, appends);
    } catch (error) {
      if (isRefused(error)) {
        // Each is sent by itself now: those that were written are known as repeats (P2).
        if (appends.length > 1) return sendOneByOne(kafka, slot, topic, appends, logger, bounds);
        if (maybeWritten) void discard(slot);
        return fail("fatal", error);
      }
      maybeWritten ||= producer !== undefined && (appends.length > 1 || !isUnwritten(error));
      // It remembers topics that are gone, and fails for all; but where something may be written it is needed (P2).
      if (!maybeWritten) void discard(slot);
      if (performance.now() - startedAt > (maybeWritten ? bounds.appendTimeoutMs : unwrittenTimeoutMs)) {
        void discard(slot);
        return fail(maybeWritten ? "ambiguous" : "retry", error);
      }
      logger.debug(
        `${appends.length} appends to ${topic} failed and are tried again: ${describeFailure(error)}`,
      );
      await new Promise((resolve) => setTimeout(resolve, bounds.appendRetryMs));
    }
  }
}

async function sendOneByOne(
  kafka: Kafka,
  slot: Slot,
  topic: string,
  appends: readonly WaitingAppend[],
  logger: Logger,
  bounds: KafkaBounds,
): Promise<readonly AppendOutcome[]> {
  const outcomes: AppendOutcome[] = [];
  for (const append of appends) {
    outcomes.push(...(await sendPatiently(kafka, slot, topic, [append], logger, bounds, true)));
  }
  return outcomes;
}

async function openProducer(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    // The partition is always given.
    createPartitioner: Partitioners.DefaultPartitioner,
    metadataMaxAge: 30_000,
    // The least it takes; repeating is done out here.
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
  await producer.connect();
  return producer;
}

async function discard(slot: Slot): Promise<void> {
  const stale = slot.producer;
  slot.producer = undefined;
  await stale?.then((producer) => producer.disconnect()).catch(() => undefined);
}

async function sendOnce(
  producer: Producer,
  topic: string,
  appends: readonly WaitingAppend[],
): Promise<readonly number[]> {
  const messages = appends.flatMap(({ partition, records }) =>
    records.map((record) => messageOf(partition, record)),
  );
  const written = await producer.send({ topic, acks: -1, timeout: 10_000, messages });
  const bases = new Map(written.map(({ partition, baseOffset }) => [partition, baseOffset]));
  return appends.map(({ partition }) => {
    const base = bases.get(partition);
    if (base === undefined)
      throw new Error(`the broker named no offset for ${placeName({ topic, partition })}`);
    return Number(base);
  });
}

function messageOf(partition: number, { key, value, headers = [] }: OutgoingRecord): Message {
  const named: Record<string, Buffer[]> = {};
  for (const [name, content] of headers) named[name] = [...(named[name] ?? []), content];
  return { partition, key, value, headers: named };
}
