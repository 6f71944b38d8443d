/** Topics from their first record to the end they had when asked, with a plain kafkajs consumer of its own. */
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { type EachBatchPayload, Kafka, logLevel } from "kafkajs";

export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** In ms; the append time where the topic says so. */
  readonly timestamp: number;
  readonly value: Buffer | null;
  /** The last of each name. */
  readonly headers: Readonly<Record<string, Buffer>>;
}

/** Without a record for so long, what is missing will not come, in ms. */
const stalledAfterMs = 30_000;

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/** kafkajs arms a timer in the past for each connection, though nothing waits: Node 24 warns of it and spins. */
const { prototype: queue } = createRequire(import.meta.url)("kafkajs/src/network/requestQueue") as {
  readonly prototype: RequestQueue;
};
const schedule = queue.scheduleCheckPendingRequests;
queue.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};

/** Where the partitions of each topic end now. */
export async function readEnds(
  brokers: readonly string[],
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
  const admin = clientOf(brokers).admin();
  await admin.connect();
  try {
    const ends = new Map<string, ReadonlyMap<number, number>>();
    for (const topic of topics) {
      const partitions = await admin.fetchTopicOffsets(topic);
      ends.set(topic, new Map(partitions.map(({ partition, high }) => [partition, Number(high)])));
    }
    return ends;
  } finally {
    await admin.disconnect();
  }
}

function clientOf(brokers: readonly string[]): Kafka {
  return new Kafka({ clientId: "tidemark-judge", brokers: [...brokers], logLevel: logLevel.NOTHING });
}

/** Rejects with what could not be read, and where. Records of a partition come in order. */
export async function readTopics(
  brokers: readonly string[],
  topics: readonly string[],
  onRecords: (records: readonly TopicRecord[]) => Promise<void>,
): Promise<void> {
  const kafka = clientOf(brokers);
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `tidemark-judge-${randomUUID()}`;
  try {
    const open = new Map<string, number>();
    for (const topic of topics)
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
        if (Number(high) > Number(low)) open.set(`${topic}/${partition}`, Number(high));
    if (open.size === 0) return;
    const wanted = topics.filter((topic) => [...open.keys()].some((key) => key.startsWith(`${topic}/`)));
    await consume(kafka, groupId, wanted, open, onRecords);
  } finally {
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
}

/** `open`: the end of each partition that still has records to come. */
async function consume(
  kafka: Kafka,
  groupId: string,
  topics: readonly string[],
  open: Map<string, number>,
  onRecords: (records: readonly TopicRecord[]) => Promise<void>,
): Promise<void> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, maxBytesPerPartition: 8_388_608 });
  let timer: NodeJS.Timeout | undefined;
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    /** Where each partition goes on: a consumer that was started anew begins from the first record again. */
    const next = new Map<string, number>();
    await new Promise<void>((resolve, reject) => {
      const stillAlive = (): void => {
        clearTimeout(timer);
        const missing = [...open.keys()].slice(0, 5).join(", ");
        timer = setTimeout(() => reject(new Error(`no further records of ${missing}`)), stalledAfterMs);
      };
      const eachBatch = async ({ batch }: EachBatchPayload): Promise<void> => {
        try {
          stillAlive();
          const key = `${batch.topic}/${batch.partition}`;
          const end = open.get(key);
          if (end === undefined) return;
          const from = next.get(key) ?? 0;
          next.set(key, Math.max(from, Number(batch.lastOffset()) + 1));
          const records = batch.messages.map((message) => recordOf(batch, message));
          await onRecords(records.filter(({ offset }) => offset >= from && offset < end));
          if (Number(batch.lastOffset()) + 1 >= end) open.delete(key);
          if (open.size === 0) resolve();
        } catch (error) {
          // kafkajs would try the batch again, for ever.
          reject(error);
        }
      };
      stillAlive();
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}

function recordOf(
  { topic, partition }: EachBatchPayload["batch"],
  { offset, timestamp, value, headers }: EachBatchPayload["batch"]["messages"][number],
): TopicRecord {
  const own = Object.entries(headers ?? {}).flatMap(([name, given]): [string, Buffer][] => {
    const last = Array.isArray(given) ? given.at(-1) : given;
    return last === undefined ? [] : [[name, Buffer.from(last)]];
  });
  return {
    topic,
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    value,
    headers: Object.fromEntries(own),
  };
}
