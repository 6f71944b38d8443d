/** Topics through the library's admin client. */
import { type Admin, FetchIsolationLevels } from "@platformatic/kafka";
import type { OffsetKind, TopicClient } from "../client.ts";
import { brokerCodes, isUnknownTopic } from "./failure.ts";

/** Timestamps that stand for a place in the log. */
const earliest = -2n;
const latest = -1n;

export function createTopicClient(admin: Admin): TopicClient {
  return {
    async state(topic) {
      try {
        const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true, retries: 0 });
        const known = topics.get(topic);
        return known ? { id: known.id, partitions: known.partitionsCount } : null;
      } catch (error) {
        if (isUnknownTopic(error)) return null;
        throw error;
      }
    },
    async create({ name, partitions, replicas, settings }) {
      const configs = Object.entries(settings).map(([setting, value]) => ({ name: setting, value }));
      try {
        await admin.createTopics({ topics: [name], partitions, replicas, configs });
      } catch (error) {
        if (!brokerCodes(error).has("TOPIC_ALREADY_EXISTS")) throw error;
      }
    },
    async offsets(topic, partitions, kind) {
      const [listed] = await admin.listOffsets({
        topics: [
          {
            name: topic,
            partitions: numbers(partitions).map((partitionIndex) => ({
              partitionIndex,
              timestamp: kind === "first" ? earliest : latest,
            })),
          },
        ],
        isolationLevel: isolationOf(kind),
      });
      const found = new Map(listed?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, offset]));
      return numbers(partitions).map((partition) => {
        const offset = found.get(partition);
        if (offset === undefined) throw new Error(`the broker answered no offset for ${topic}/${partition}`);
        return Number(offset);
      });
    },
    async committed(group, topic, partitions) {
      const [answer] = await admin.listConsumerGroupOffsets({
        groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: numbers(partitions) }] }],
      });
      const listed = answer?.topics.find(({ name }) => name === topic)?.partitions ?? [];
      const found = new Map(listed.map((partition) => [partition.partitionIndex, partition]));
      return numbers(partitions).map((partition) => {
        const held = found.get(partition);
        if (held === undefined || held.committedOffset < 0n) return null;
        return { offset: Number(held.committedOffset), metadata: held.metadata ?? "" };
      });
    },
  };
}

function isolationOf(kind: OffsetKind) {
  return kind === "last stable" ? FetchIsolationLevels.READ_COMMITTED : FetchIsolationLevels.READ_UNCOMMITTED;
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
