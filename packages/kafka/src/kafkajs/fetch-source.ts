/**
 * Fetches through the library's protocol, not its consumer: that one seeks to a default, and commits it for the group,
 * where a position is not in the log; and one slow partition holds up the others.
 */

import type { TopicPartition } from "@tidemark/runtime";
import type { Cluster, Kafka } from "kafkajs";
import type { FetchBounds, Fetched, FetchPlace, FetchSource, FetchTrouble } from "../fetch-source.ts";
import { placeName } from "../place.ts";
import { createClusterHandle } from "./cluster.ts";
import { brokerCodes, isRefused } from "./failure.ts";
import { decodePartition, type FetchedPartition } from "./records.ts";

const readCommitted = 1;

export function openFetchSource(kafka: Kafka): FetchSource {
  const clusters = createClusterHandle(kafka);
  return {
    leaders: (places) =>
      clusters.use(topicsOf(places), async (cluster) => {
        return places.map((place) => {
          const known = cluster.findTopicPartitionMetadata(place.topic);
          const leader = known.find(({ partitionId }) => partitionId === place.partition)?.leader;
          if (leader === undefined || leader < 0) throw new Error(`${placeName(place)} has no leader`);
          return leader;
        });
      }),
    fetch: (node, places, bounds) =>
      clusters.use(topicsOf(places), async (cluster) => {
        const fetched = await request(cluster, node, places, bounds);
        const isEmpty = [...fetched.values()].every(({ messages }) => messages.length === 0);
        if (isEmpty) return skipEmptyBatches(cluster, node, places, bounds, fetched);
        return places.map((place) => {
          const own = fetched.get(placeName(place));
          return own && decodePartition(place, own);
        });
      }),
    troubleOf(error): FetchTrouble {
      const codes = brokerCodes(error);
      if (codes.has("OFFSET_OUT_OF_RANGE")) return "out of range";
      if (isRefused(error)) return "refused";
      return codes.has("UNKNOWN_TOPIC_OR_PARTITION") ? "topic" : "later";
    },
    forget: clusters.forget,
    close: clusters.close,
  };
}

async function request(
  cluster: Cluster,
  node: number,
  places: readonly FetchPlace[],
  bounds: FetchBounds,
): Promise<ReadonlyMap<string, FetchedPartition>> {
  const broker = await cluster.findBroker({ nodeId: String(node) });
  const { responses } = (await broker.fetch({
    replicaId: -1,
    isolationLevel: readCommitted,
    maxWaitTime: bounds.maxWaitMs,
    minBytes: bounds.minBytes ?? 1,
    maxBytes: bounds.maxBytes,
    topics: [...Map.groupBy(places, ({ topic }) => topic)].map(([topic, own]) => ({
      topic,
      partitions: own.map(({ partition, offset }) => ({
        partition,
        fetchOffset: String(offset),
        maxBytes: bounds.partitionMaxBytes,
      })),
    })),
  })) as {
    readonly responses: readonly {
      readonly topicName: string;
      readonly partitions: readonly FetchedPartition[];
    }[];
  };
  return new Map(
    responses.flatMap(({ topicName, partitions }) =>
      partitions.map((own) => [placeName({ topic: topicName, partition: own.partition }), own] as const),
    ),
  );
}

/**
 * Compaction leaves batches without records behind; the library decodes them to nothing and would stay there for ever.
 * Where a partition has more to read, is asked for alone and yields nothing, the offset has no record.
 */
async function skipEmptyBatches(
  cluster: Cluster,
  node: number,
  places: readonly FetchPlace[],
  bounds: FetchBounds,
  fetched: ReadonlyMap<string, FetchedPartition>,
): Promise<readonly (Fetched | undefined)[]> {
  const answers: (Fetched | undefined)[] = [];
  for (const place of places) {
    const name = placeName(place);
    const hasMore = Number(fetched.get(name)?.lastStableOffset ?? -1) > place.offset;
    const own = hasMore ? (await request(cluster, node, [place], bounds)).get(name) : undefined;
    const isEmpty = own?.messages.length === 0;
    if (isEmpty) answers.push({ records: [], bytes: 0, nextOffset: place.offset + 1 });
    else answers.push(own && decodePartition(place, own));
  }
  return answers;
}

function topicsOf(places: readonly TopicPartition[]): string[] {
  return [...new Set(places.map(({ topic }) => topic))];
}
