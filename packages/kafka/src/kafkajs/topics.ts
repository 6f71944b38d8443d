/** Topics, mostly through the library's protocol: its admin client remembers topics that are gone. */
import type { Cluster, Kafka } from "kafkajs";
import type { TopicClient } from "../client.ts";
import { createClusterHandle, type FullBroker } from "./cluster.ts";
import { brokerCodes } from "./failure.ts";

/** Timestamps that stand for a place in the log. */
const earliest = -2;
const latest = -1;

const isolationLevels = { first: 0, end: 0, "last stable": 1 } as const;

export function createTopicClient(kafka: Kafka): TopicClient & { close(): Promise<void> } {
  const clusters = createClusterHandle(kafka);
  return {
    state: (topic) =>
      clusters.use([], async (cluster) => {
        const broker = await anyBroker(cluster);
        try {
          const { topicMetadata } = await broker.metadata([topic]);
          const count = topicMetadata.find((known) => known.topic === topic)?.partitionMetadata.length;
          // This library's version of the protocol has no ids of topics.
          return count ? { id: "", partitions: count } : null;
        } catch (error) {
          if (brokerCodes(error).has("UNKNOWN_TOPIC_OR_PARTITION")) return null;
          throw error;
        }
      }),
    async create({ name, partitions, replicas, settings }) {
      const admin = kafka.admin();
      await admin.connect();
      try {
        const configEntries = Object.entries(settings).map(([setting, value]) => ({ name: setting, value }));
        const topic = { topic: name, numPartitions: partitions, replicationFactor: replicas, configEntries };
        await admin.createTopics({ waitForLeaders: false, topics: [topic] });
      } finally {
        await admin.disconnect();
      }
    },
    offsets: (topic, partitions, kind) =>
      clusters.use([topic], (cluster) =>
        listOffsets(cluster, topic, partitions, kind === "first" ? earliest : latest, isolationLevels[kind]),
      ),
    committed: (group, topic, partitions) =>
      clusters.use([], async (cluster) => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group });
        const wanted = numbers(partitions).map((partition) => ({ partition, offset: "-1" }));
        const { responses } = await coordinator.offsetFetch({
          groupId: group,
          topics: [{ topic, partitions: wanted }],
        });
        const listed = responses.find((response) => response.topic === topic)?.partitions ?? [];
        const found = new Map(listed.map((partition) => [partition.partition, partition]));
        return numbers(partitions).map((partition) => {
          const held = found.get(partition);
          if (held === undefined || Number(held.offset) < 0) return null;
          const metadata: unknown = Reflect.get(held, "metadata");
          return { offset: Number(held.offset), metadata: typeof metadata === "string" ? metadata : "" };
        });
      }),
    close: clusters.close,
  };
}

async function anyBroker(cluster: Cluster) {
  const reasons: unknown[] = [];
  for (const nodeId of cluster.getNodeIds()) {
    try {
      return await cluster.findBroker({ nodeId: String(nodeId) });
    } catch (error) {
      reasons.push(error);
    }
  }
  throw new AggregateError(reasons, "no broker can be reached");
}

async function listOffsets(
  cluster: Cluster,
  topic: string,
  partitions: number,
  timestamp: number,
  isolationLevel: number,
): Promise<readonly number[]> {
  const leaders = cluster.findLeaderForPartitions(topic, numbers(partitions));
  const found = new Map<number, number>();
  for (const [nodeId, own] of Object.entries(leaders)) {
    const broker = (await cluster.findBroker({ nodeId })) as FullBroker;
    const { responses } = await broker.listOffsets({
      replicaId: -1,
      isolationLevel,
      topics: [{ topic, partitions: own.map((partition) => ({ partition, timestamp })) }],
    });
    for (const { partition, offset } of responses.flatMap((response) => response.partitions)) {
      found.set(partition, Number(offset));
    }
  }
  return numbers(partitions).map((partition) => {
    const offset = found.get(partition);
    if (offset === undefined) throw new Error(`the broker answered no offset for ${topic}/${partition}`);
    return offset;
  });
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
