/**
 * Appends through idempotent producers. Laws:
 * P1 one append in flight a partition; the next waits.
 * P2 an append that was answered `ambiguous` is never sent again: the producer that might is closed.
 */
import { compatibilityPartitioner, Producer } from "@platformatic/kafka";
import { LogError, type OutgoingRecord } from "@tidemark/runtime";
import { placeName } from "../place.ts";
import { baseOptions, type ClientOptions } from "./client.ts";
import { asAppendFailure, asReadFailure } from "./failure.ts";

/** After this an append is given up; the client alone would go on for ever. In ms. */
const appendTimeoutMs = 30_000;
const retryDelayMs = 100;

interface Appender {
  append(
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
  ): Promise<{ readonly baseOffset: number }>;
  close(): Promise<void>;
}

type BytesProducer = Producer<Buffer, Buffer, Buffer, Buffer>;

export function createAppender(options: ClientOptions): Appender {
  const queues = new Map<string, Promise<unknown>>();
  let producer = openProducer(options);

  const replace = (stale: BytesProducer): void => {
    if (stale !== producer) return;
    producer = openProducer(options);
    void stale.close(true).catch(() => undefined);
  };

  const send = async (topic: string, partition: number, records: readonly OutgoingRecord[]) => {
    const place = placeName({ topic, partition });
    const own = producer;
    await checkPartition(own, topic, partition).catch((error) => {
      throw asReadFailure(`nothing could be appended to ${place}`, error);
    });
    const sent = own.send({ messages: records.map((record) => messageOf(topic, partition, record)) });
    try {
      const { offsets } = await withinTime(sent, place);
      const written = offsets?.find((offset) => offset.topic === topic && offset.partition === partition);
      if (written === undefined) throw new LogError("ambiguous", `the broker named no offset for ${place}`);
      return { baseOffset: Number(written.offset) };
    } catch (error) {
      const failure = asAppendFailure(`the append to ${place} failed`, error);
      if (failure.kind === "ambiguous") replace(own);
      throw failure;
    }
  };

  return {
    async append(topic, partition, records) {
      if (records.length === 0) throw new LogError("fatal", `nothing to append to ${topic}/${partition}`);
      const place = placeName({ topic, partition });
      const before = queues.get(place);
      const sent = before
        ? before.then(() => send(topic, partition, records))
        : send(topic, partition, records);
      const settled = sent.catch(() => undefined);
      queues.set(place, settled);
      void settled.then(() => {
        if (queues.get(place) === settled) queues.delete(place);
      });
      return sent;
    },
    async close() {
      await Promise.all(queues.values());
      await producer.close(true);
    },
  };
}

function openProducer(options: ClientOptions): BytesProducer {
  const producer: BytesProducer = new Producer({
    ...baseOptions(options),
    idempotent: true,
    partitioner: compatibilityPartitioner,
    // As long as `appendTimeoutMs` allows.
    retries: Math.ceil(appendTimeoutMs / retryDelayMs),
    retryDelay: retryDelayMs,
  });
  producer.on("error", (error: unknown) => options.logger.warn({ err: error }, "kafka producer"));
  return producer;
}

/** The client would take a partition that is not there for another one. */
async function checkPartition(producer: BytesProducer, topic: string, partition: number): Promise<void> {
  const { topics } = await producer.metadata({ topics: [topic], retries: 0 });
  const count = topics.get(topic)?.partitionsCount ?? 0;
  if (partition < 0 || partition >= count) {
    throw new LogError("fatal", `there is no partition ${partition} in ${topic}: it has ${count}`);
  }
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

async function withinTime<Answer>(sent: Promise<Answer>, place: string): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new LogError("ambiguous", `the append to ${place} was not answered within ${appendTimeoutMs} ms`),
      );
    }, appendTimeoutMs);
  });
  try {
    return await Promise.race([sent, late]);
  } finally {
    clearTimeout(timer);
    sent.catch(() => undefined);
  }
}
