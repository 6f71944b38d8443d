/**
 * A stay in a group through the library's consumer, which only keeps the membership here: all its partitions are
 * paused, and it beats its heart while it waits.
 */
import { LogError } from "@tidemark/runtime";
import { AssignerProtocol, type Cluster, type Kafka, type PartitionAssigner } from "kafkajs";
import type { GroupSession, SessionEvents, SessionOptions } from "../group-session.ts";
import { byTopic } from "../place.ts";
import { assignSticky, type Claim, packClaim, stickyName, unpackClaim } from "../sticky-assignment.ts";
import type { FullBroker } from "./cluster.ts";

export function openSession(
  kafka: Kafka,
  { group, topics, sessionTimeoutMs, heartbeatIntervalMs }: SessionOptions,
  events: SessionEvents,
): GroupSession {
  const watched = new WeakSet<FullBroker>();
  let coordinator: FullBroker | undefined;
  let generationId = -1;
  let claim: Claim = { generationId, partitions: [] };

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
      const sentAt = performance.now();
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
      ({ cluster }) => {
        watchCoordinators(cluster, watch);
        return stickyAssigner(cluster, () => claim);
      },
    ],
  });
  consumer.on("consumer.group_join", ({ payload }) => {
    const assigned = Object.entries(payload.memberAssignment);
    consumer.pause(assigned.map(([topic, partitions]) => ({ topic, partitions })));
    const partitions = assigned.flatMap(([topic, own]) => own.map((partition) => ({ topic, partition })));
    claim = { generationId, partitions };
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
      if (coordinator === undefined) throw new LogError("retry", "the coordinator is not known yet");
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

function stickyAssigner(cluster: Cluster, claim: () => Claim): ReturnType<PartitionAssigner> {
  const version = 0;
  return {
    name: stickyName,
    version,
    protocol: ({ topics }) => ({
      name: stickyName,
      metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: packClaim(claim()) }),
    }),
    async assign({ members, topics }) {
      const candidates = members.map(({ memberId, memberMetadata }) => {
        const told = AssignerProtocol.MemberMetadata.decode(memberMetadata);
        return { memberId, topics: told?.topics ?? [], claim: unpackClaim(told?.userData) };
      });
      const count = (topic: string): number => cluster.findTopicPartitionMetadata(topic).length;
      return [...assignSticky(candidates, topics, count)].map(([memberId, places]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version,
          assignment: Object.fromEntries(
            [...byTopic(places)].map(([topic, own]) => [topic, own.map(({ partition }) => partition)]),
          ),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  };
}

function watchCoordinators(cluster: Cluster, watch: (broker: FullBroker) => FullBroker): void {
  const find = cluster.findGroupCoordinator.bind(cluster);
  cluster.findGroupCoordinator = async (request) => watch((await find(request)) as FullBroker);
}
