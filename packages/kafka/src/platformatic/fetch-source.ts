/** Fetches through the low-level `Consumer.fetch`; the library's own stream keeps stale offsets and dies of outages. */
import { type BaseOptions, Consumer, FetchIsolationLevels } from "@platformatic/kafka";
import type { Logger, TopicPartition } from "@tidemark/runtime";
import type { FetchBounds, FetchPlace, FetchSource, FetchTrouble } from "../fetch-source.ts";
import { placeName } from "../place.ts";
import { brokerCodes, isRefused, isUnknownTopic } from "./failure.ts";
import { decodePartition, type FetchedPartition } from "./records.ts";

const topicTroubles = ["UNKNOWN_TOPIC_ID", "UNKNOWN_TOPIC_OR_PARTITION", "INCONSISTENT_TOPIC_ID"];

export function openFetchSource(base: BaseOptions, logger: Logger): FetchSource {
  // Joins no group; the library wants a name. Whoever fetches repeats: a repeat in here would hold up other brokers.
  const consumer = new Consumer({ ...base, groupId: `${base.clientId}-fetch`, retries: 0 });
  consumer.on("error", (error: unknown) => logger.warn({ err: error }, "kafka fetch"));

  /** The library asks for metadata of all topics it tracks, and fails for all where one is gone. */
  const track = (places: readonly TopicPartition[]): string[] => {
    const topics = [...new Set(places.map(({ topic }) => topic))];
    for (const topic of topics) consumer.topics.track(topic);
    return topics;
  };

  return {
    async leaders(places) {
      const metadata = await consumer.metadata({ topics: track(places), retries: 0 });
      return places.map((place) => {
        const leader = metadata.topics.get(place.topic)?.partitions[place.partition]?.leader;
        if (leader === undefined || leader < 0) throw new Error(`${placeName(place)} has no leader`);
        return leader;
      });
    },
    async fetch(node, places, bounds) {
      track(places);
      const response = await consumer.fetch({
        node,
        maxWaitTime: bounds.maxWaitMs,
        minBytes: bounds.minBytes ?? 1,
        maxBytes: bounds.maxBytes,
        isolationLevel: FetchIsolationLevels.READ_COMMITTED,
        topics: requestOf(places, bounds),
      });
      const fetched = new Map<string, FetchedPartition>();
      for (const { topicId, partitions } of response.responses) {
        for (const { partitionIndex, records, abortedTransactions } of partitions) {
          if (records) fetched.set(`${topicId}/${partitionIndex}`, { records, abortedTransactions });
        }
      }
      return places.map((place) => {
        const own = fetched.get(`${place.topicId}/${place.partition}`);
        return own && decodePartition(place, own);
      });
    },
    troubleOf(error): FetchTrouble {
      const codes = brokerCodes(error);
      if (codes.has("OFFSET_OUT_OF_RANGE")) return "out of range";
      if (isRefused(error)) return "refused";
      return isUnknownTopic(error) || topicTroubles.some((code) => codes.has(code)) ? "topic" : "later";
    },
    forget() {
      consumer.topics.clear();
      consumer.clearMetadata();
    },
    async close() {
      await consumer.close(true).catch(() => undefined);
    },
  };
}

function requestOf(places: readonly FetchPlace[], { partitionMaxBytes }: FetchBounds) {
  return [...Map.groupBy(places, ({ topicId }) => topicId)].map(([topicId, own]) => ({
    topicId,
    partitions: own.map(({ partition, offset }) => ({
      partition,
      fetchOffset: BigInt(offset),
      // Unknown: no log is truncated under a reader of acknowledged records.
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes,
    })),
  }));
}
