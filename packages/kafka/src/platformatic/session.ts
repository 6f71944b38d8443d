/** A stay in a group through the library's classic protocol. */
import { type BaseOptions, type Connection, Consumer, offsetCommitV8 } from "@platformatic/kafka";
import { LogError, type TopicPartition } from "@tidemark/runtime";
import type { GroupSession, SessionEvents, SessionOptions } from "../group-session.ts";
import { byTopic } from "../place.ts";
import { assignSticky, type Claim, packClaim, stickyName, unpackClaim } from "../sticky-assignment.ts";
import { asReadFailure } from "./failure.ts";

export function openSession(
  base: BaseOptions,
  { group, topics, sessionTimeoutMs, heartbeatIntervalMs }: SessionOptions,
  events: SessionEvents,
): GroupSession {
  let claim: Claim = { generationId: -1, partitions: [] };
  const consumer = new Consumer({
    ...base,
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    heartbeatStallTimeout: sessionTimeoutMs * 2,
    // The broker holds an answer back for as long as a rebalance may take.
    requestTimeout: sessionTimeoutMs + 3_000,
    autocommit: false,
    protocols: [{ name: stickyName, version: 0 }],
    protocolsMetadata: () => packClaim(claim),
    partitionAssigner: (_, members, topicsOfLeader, metadata) => {
      const candidates = [...members.values()].map(({ memberId, topics: own = [], metadata: bytes }) => ({
        memberId,
        topics: own,
        claim: unpackClaim(bytes),
      }));
      const count = (topic: string): number => metadata.topics.get(topic)?.partitionsCount ?? 0;
      return [...assignSticky(candidates, [...topicsOfLeader], count)].map(([memberId, places]) => ({
        memberId,
        assignments: assignmentsOf(places),
      }));
    },
    retries: 3,
    retryDelay: 200,
  });
  let heartbeatAt = performance.now();
  consumer.on("consumer:group:join", ({ assignments }) => {
    const { memberId, generationId } = consumer;
    if (memberId === null) return;
    const partitions = (assignments ?? []).flatMap(({ topic, partitions: own }) =>
      own.map((partition) => ({ topic, partition })),
    );
    claim = { generationId, partitions };
    events.joined({ memberId, generationId }, partitions);
  });
  consumer.on("consumer:heartbeat:start", () => {
    heartbeatAt = performance.now();
  });
  consumer.on("consumer:heartbeat:end", () => events.heard(heartbeatAt));
  consumer.on("consumer:heartbeat:stalled", ({ lastError }) =>
    events.broken(lastError ?? new Error("no heartbeat was answered")),
  );
  // It could not join again, and will not try any more.
  consumer.on("error", (error: unknown) => events.broken(error));

  const subscribe = (wanted: readonly string[]): void => {
    consumer.topics.clear();
    for (const topic of wanted) consumer.topics.track(topic);
  };
  subscribe(topics);

  return {
    async join() {
      await consumer.joinGroup();
    },
    async resubscribe(wanted) {
      subscribe(wanted);
      consumer.clearMetadata();
      await consumer.joinGroup();
      return true;
    },
    async commit({ memberId, generationId }, positions) {
      const offsets = [...byTopic(positions)].map(([name, places]) => ({
        name,
        partitions: places.map(({ partition, offset, metadata }) => ({
          partitionIndex: partition,
          committedOffset: BigInt(offset),
          committedLeaderEpoch: -1,
          committedMetadata: metadata,
        })),
      }));
      // The library's own commit drops metadata, and repeats under whatever generation comes next.
      const coordinator = await coordinatorOf(consumer);
      await offsetCommitV8.api.async(coordinator, group, generationId, memberId, null, offsets);
    },
    async close() {
      await consumer.close(true).catch(() => undefined);
    },
  };
}

function assignmentsOf(places: readonly TopicPartition[]) {
  return new Map(
    [...byTopic(places)].map(([topic, own]) => [
      topic,
      { topic, partitions: own.map(({ partition }) => partition) },
    ]),
  );
}

/** Rejects with a `LogError`: nothing was sent. */
async function coordinatorOf(consumer: Consumer): Promise<Connection> {
  const attempt = `the coordinator of ${consumer.groupId} is not to be reached`;
  try {
    const node = await consumer.findGroupCoordinator();
    const connection = (await consumer.connectToBrokers([node])).get(node);
    if (connection !== undefined) return connection;
  } catch (error) {
    throw asReadFailure(attempt, error);
  }
  throw new LogError("retry", attempt);
}
