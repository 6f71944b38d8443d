/**
 * A stay in a group through the library's consumer, which only keeps the membership here: all its partitions are
 * paused, and it beats its heart while it waits.
 */
import { type Cluster, type Kafka, PartitionAssigners } from "kafkajs";
import type { GroupSession, SessionEvents, SessionOptions } from "../group-session.ts";
import { byTopic } from "../place.ts";
import type { FullBroker } from "./cluster.ts";

export function openSession(
  kafka: Kafka,
  { group, topics, sessionTimeoutMs, heartbeatIntervalMs }: SessionOptions,
  events: SessionEvents,
): GroupSession {
  const watched = new WeakSet<FullBroker>();
  let coordinator: FullBroker | undefined;
  let generationId = -1;

  /** The library tells its generation nobody, and of heartbeats only that they were answered. */
  const watch = (broker: FullBroker): FullBroker => {
    coordinator = broker;
    if (watched.has(broker)) return broker;
    watched.add(broker);
    const { joinGroup, heartbeat } = broker;
    broker.joinGroup = async (request) => {
      const answer = await joinGroup.call(broker, request);
      generationId = answer.generationId;
      return answer;
    };
    broker.heartbeat = async (request) => {
      const sentAt = Date.now();
      const answer = await heartbeat.call(broker, request);
      events.heard(sentAt);
      return answer;
    };
    return broker;
  };

  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    // With everything paused this is how long it sleeps between looks at its heart.
    maxWaitTimeInMs: Math.ceil(heartbeatIntervalMs / 2),
    allowAutoTopicCreation: false,
    metadataMaxAge: 30_000,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    partitionAssigners: [
      (config) => {
        watchCoordinators(config.cluster, watch);
        // The name that the other client gives the same thing, so that both can be members of one group.
        return { ...PartitionAssigners.roundRobin(config), name: "roundrobin" };
      },
    ],
  });
  consumer.on("consumer.group_join", ({ payload }) => {
    const assigned = Object.entries(payload.memberAssignment);
    consumer.pause(assigned.map(([topic, partitions]) => ({ topic, partitions })));
    const partitions = assigned.flatMap(([topic, own]) => own.map((partition) => ({ topic, partition })));
    events.joined({ memberId: payload.memberId, generationId }, partitions);
  });
  consumer.on("consumer.crash", ({ payload }) => events.broken(payload.error));

  return {
    async join() {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics] });
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
    },
    resubscribe: async () => false,
    async commit(joined, positions) {
      if (coordinator === undefined) throw new Error("the coordinator is not known yet");
      // The library's own commit repeats under whatever generation comes next, and answers nothing once it stopped.
      await coordinator.offsetCommit({
        groupId: group,
        groupGenerationId: joined.generationId,
        memberId: joined.memberId,
        topics: [...byTopic(positions)].map(([topic, places]) => ({
          topic,
          partitions: places.map(({ partition, offset, metadata }) => ({
            partition,
            offset: String(offset),
            metadata,
          })),
        })),
      });
    },
    async close() {
      await consumer.disconnect().catch(() => undefined);
    },
  };
}

function watchCoordinators(cluster: Cluster, watch: (broker: FullBroker) => FullBroker): void {
  const find = cluster.findGroupCoordinator.bind(cluster);
  cluster.findGroupCoordinator = async (request) => watch((await find(request)) as FullBroker);
}
