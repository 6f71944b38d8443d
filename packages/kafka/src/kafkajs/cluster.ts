/**
 * The library's `Cluster`, its handle on brokers. It hands one to whoever assigns partitions, and to nobody else; a
 * consumer that is never connected serves to get at it.
 */
import { type Broker, type Cluster, type Kafka, PartitionAssigners } from "kafkajs";

/** A broker, with what its type does not name. */
export type FullBroker = Broker & {
  joinGroup(request: object): Promise<{ readonly generationId: number; readonly memberId: string }>;
  heartbeat(request: object): Promise<unknown>;
  listOffsets(request: object): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
};

export interface ClusterHandle {
  /** Runs a step with brokers connected and the leaders of these topics known. */
  use<Answer>(topics: readonly string[], step: (cluster: Cluster) => Promise<Answer>): Promise<Answer>;
  /** Starts anew at the next use: the library remembers topics and brokers that are gone, and fails for all. */
  forget(): void;
  close(): Promise<void>;
}

export function createClusterHandle(kafka: Kafka): ClusterHandle {
  let cluster: Cluster | undefined;

  const forget = (): void => {
    const stale = cluster;
    cluster = undefined;
    void stale?.disconnect().catch(() => undefined);
  };

  return {
    async use(topics, step) {
      cluster ??= openCluster(kafka);
      const own = cluster;
      try {
        await own.connect();
        if (topics.length > 0) await own.addMultipleTargetTopics([...topics]);
        await own.refreshMetadataIfNecessary();
        return await step(own);
      } catch (error) {
        if (own === cluster) forget();
        throw error;
      }
    },
    forget,
    async close() {
      await cluster?.disconnect().catch(() => undefined);
    },
  };
}

function openCluster(kafka: Kafka): Cluster {
  const found: Cluster[] = [];
  kafka.consumer({
    groupId: "unused",
    allowAutoTopicCreation: false,
    metadataMaxAge: 30_000,
    partitionAssigners: [
      (config) => {
        found.push(config.cluster);
        return PartitionAssigners.roundRobin(config);
      },
    ],
  });
  const [cluster] = found;
  if (cluster === undefined) throw new Error("the kafka client answers no cluster");
  return cluster;
}
