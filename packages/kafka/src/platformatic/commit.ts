/** Commits with metadata: the client's own `commit` drops it, so this speaks the protocol. */
import { type Connection, type Consumer, offsetCommitV8 } from "@platformatic/kafka";
import type { CommitPosition } from "@tidemark/runtime";
import { byTopic } from "../place.ts";
import { asReadFailure } from "./failure.ts";

/** One attempt under the generation given: the broker refuses it when the group has moved on. */
export async function commitOffsets(
  consumer: Consumer,
  { memberId, generationId }: { readonly memberId: string; readonly generationId: number },
  positions: readonly CommitPosition[],
): Promise<void> {
  const topics = [...byTopic(positions)].map(([name, places]) => ({
    name,
    partitions: places.map(({ partition, offset, metadata }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: metadata,
    })),
  }));
  try {
    const connection = await coordinatorOf(consumer);
    await offsetCommitV8.api.async(connection, consumer.groupId, generationId, memberId, null, topics);
  } catch (error) {
    throw asReadFailure(`the commit for ${consumer.groupId} failed`, error);
  }
}

async function coordinatorOf(consumer: Consumer): Promise<Connection> {
  const node = await consumer.findGroupCoordinator();
  const connection = (await consumer.connectToBrokers([node])).get(node);
  if (connection === undefined)
    throw new Error(`the coordinator of ${consumer.groupId} is not to be reached`);
  return connection;
}
