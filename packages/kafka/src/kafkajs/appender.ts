/**
 * Appends through idempotent producers. The library takes its sequence number back when a send fails, so that the next
 * batch may pass for a repeat of the one before, and is dropped with an acknowledgement. Hence:
 * P1 a producer has one send under way, to one partition.
 * P2 within an append, a send that failed is repeated with the same records by the same producer.
 * P3 a producer whose append failed is thrown away.
 */
import { LogError, type Logger, type OutgoingRecord } from "@tidemark/runtime";
import { type Kafka, type Message, Partitioners, type Producer } from "kafkajs";
import type { Appender, TopicClient } from "../client.ts";
import { describeFailure } from "../failure.ts";
import { placeName } from "../place.ts";
import { asReadFailure, isRefused, isUnwritten } from "./failure.ts";

/** Producers, and so appends under way at once. */
const laneCount = 4;

/** After this an append is given up, in ms; earlier where it is certain that nothing was written. */
const appendTimeoutMs = 30_000;
const unwrittenTimeoutMs = 3_000;
const firstDelayMs = 100;
const maxDelayMs = 1_000;

interface Lane {
  producer: Promise<Producer> | undefined;
  turn: Promise<unknown>;
}

export function createAppender(kafka: Kafka, topics: TopicClient, logger: Logger): Appender {
  const lanes = Array.from(
    { length: laneCount },
    (): Lane => ({ producer: undefined, turn: Promise.resolve() }),
  );
  const laneOf = new Map<string, Lane>();
  const partitionCounts = new Map<string, number>();

  /** Lanes are given out in turn. */
  const laneFor = (place: string): Lane => {
    const lane = laneOf.get(place) ?? lanes[laneOf.size % laneCount];
    if (lane === undefined) throw new Error("unreachable");
    laneOf.set(place, lane);
    return lane;
  };

  const open = (lane: Lane): Promise<Producer> => {
    lane.producer ??= openProducer(kafka);
    return lane.producer;
  };

  const discard = (lane: Lane): void => {
    const stale = lane.producer;
    lane.producer = undefined;
    void stale?.then((producer) => producer.disconnect()).catch(() => undefined);
  };

  const checkPartition = async (topic: string, partition: number): Promise<void> => {
    if (partition >= 0 && partition < (partitionCounts.get(topic) ?? 0)) return;
    const attempt = `nothing can be appended to ${placeName({ topic, partition })}`;
    const state = await topics.state(topic).catch((error: unknown) => {
      throw asReadFailure(attempt, error);
    });
    if (state === null) throw new LogError("retry", `${attempt}: there is no such topic`);
    partitionCounts.set(topic, state.partitions);
    if (partition >= 0 && partition < state.partitions) return;
    throw new LogError("fatal", `${attempt}: the topic has ${state.partitions} partitions`);
  };

  const send = async (lane: Lane, topic: string, partition: number, records: readonly OutgoingRecord[]) => {
    await checkPartition(topic, partition);
    const attempt = `the append to ${placeName({ topic, partition })} failed`;
    const messages = records.map((record) => messageOf(partition, record));
    const startedAt = Date.now();
    let maybeWritten = false;
    for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, maxDelayMs)) {
      let producer: Producer | undefined;
      try {
        producer = await open(lane);
        return await sendOnce(producer, topic, partition, messages);
      } catch (error) {
        if (isRefused(error)) throw giveUp(lane, "fatal", attempt, error);
        maybeWritten ||= producer !== undefined && !isUnwritten(error);
        if (Date.now() - startedAt > (maybeWritten ? appendTimeoutMs : unwrittenTimeoutMs)) {
          throw giveUp(lane, maybeWritten ? "ambiguous" : "retry", attempt, error);
        }
        // It remembers topics that are gone, and fails for all; but where something may be written it is needed (P2).
        if (!maybeWritten) discard(lane);
        logger.debug(`${attempt} and is tried again: ${describeFailure(error)}`);
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
  };

  const giveUp = (lane: Lane, kind: LogError["kind"], attempt: string, error: unknown): LogError => {
    discard(lane);
    partitionCounts.clear();
    return new LogError(kind, `${attempt}: ${describeFailure(error)}`, { cause: error });
  };

  return {
    append(topic, partition, records) {
      const lane = laneFor(placeName({ topic, partition }));
      const sent = lane.turn.then(() => send(lane, topic, partition, records));
      lane.turn = sent.catch(() => undefined);
      return sent;
    },
    async close() {
      await Promise.all(lanes.map(({ turn }) => turn));
      await Promise.all(lanes.map(({ producer }) => producer?.then((open) => open.disconnect())));
    },
  };
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

async function sendOnce(
  producer: Producer,
  topic: string,
  partition: number,
  messages: Message[],
): Promise<number> {
  const written = await producer.send({ topic, acks: -1, timeout: 10_000, messages });
  const own = written.find((answer) => answer.topicName === topic && answer.partition === partition);
  if (own?.baseOffset === undefined) throw new Error("the broker named no offset");
  return Number(own.baseOffset);
}

function messageOf(partition: number, { key, value, headers = [] }: OutgoingRecord): Message {
  const named: Record<string, Buffer[]> = {};
  for (const [name, content] of headers) named[name] = [...(named[name] ?? []), content];
  return { partition, key, value, headers: named };
}
