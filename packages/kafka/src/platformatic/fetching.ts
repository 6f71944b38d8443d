/** One fetch over some partitions of one broker, through the client's low-level `fetch`. */
import { type ClusterMetadata, Consumer, FetchIsolationLevels } from "@platformatic/kafka";
import type { TopicPartition } from "@tidemark/runtime";
import { baseOptions, type ClientOptions } from "./client.ts";
import type { FetchedPartition } from "./records.ts";

export interface FetchPlace extends TopicPartition {
  readonly topicId: string;
  readonly offset: number;
}

export interface FetchBounds {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
}

/** A consumer that joins no group and only fetches: never two fetches of one broker at once (sessions forbid it). */
export function openFetchClient(options: ClientOptions): Consumer {
  const consumer = new Consumer({
    ...baseOptions(options),
    // Never joined; the client wants a name.
    groupId: `${options.clientId}-fetch`,
    // The loop around it repeats; a repeat in here would hold up everything else.
    retries: 0,
  });
  consumer.on("error", (error: unknown) => options.logger.warn({ err: error }, "kafka fetch"));
  return consumer;
}

/** Fetches; answers what came, by partition number and topic id. */
export async function fetchOnce(
  consumer: Consumer,
  node: number,
  places: readonly FetchPlace[],
  bounds: FetchBounds,
): Promise<ReadonlyMap<string, FetchedPartition>> {
  const topics = new Map<string, ReturnType<typeof requestOf>[]>();
  for (const place of places) {
    const known = topics.get(place.topicId);
    const request = requestOf(place, bounds);
    if (known) known.push(request);
    else topics.set(place.topicId, [request]);
  }
  const response = await consumer.fetch({
    node,
    maxWaitTime: bounds.maxWaitMs,
    minBytes: 1,
    maxBytes: bounds.maxBytes,
    isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    topics: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })),
  });
  const fetched = new Map<string, FetchedPartition>();
  for (const { topicId, partitions } of response.responses) {
    for (const { partitionIndex, records, abortedTransactions } of partitions) {
      fetched.set(fetchKey(topicId, partitionIndex), { records: records ?? null, abortedTransactions });
    }
  }
  return fetched;
}

export function fetchKey(topicId: string, partition: number): string {
  return `${topicId}/${partition}`;
}

/** The broker that leads a partition; undefined where there is none now. */
export function leaderOf(
  metadata: ClusterMetadata,
  { topic, partition }: TopicPartition,
): number | undefined {
  const leader = metadata.topics.get(topic)?.partitions[partition]?.leader;
  return leader === undefined || leader < 0 ? undefined : leader;
}

function requestOf({ partition, offset }: FetchPlace, { partitionMaxBytes }: FetchBounds) {
  return {
    partition,
    fetchOffset: BigInt(offset),
    // Unknown: no log is truncated under a reader of acknowledged records.
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    partitionMaxBytes,
  };
}
