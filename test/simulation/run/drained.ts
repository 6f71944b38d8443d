/** What is still to be done, from what broker and store hold. */
import { topicNames } from "@tidemark/contracts";
import { end } from "@tidemark/testkit";
import type { World } from "../world/world.ts";

/** As packages/runtime packs them. */
interface Definitions {
  readonly definitions: readonly { readonly filling: boolean; readonly document: string | null }[];
  readonly sweep?: object | null;
  readonly cuts?: { readonly isRescoring: boolean } | null;
}

const noDefinitions: Definitions = { definitions: [] };

/** A phrase for each thing that is waited for; empty once all is drained. */
export async function whatIsLeft(world: World, isFilled: boolean): Promise<readonly string[]> {
  const left: string[] = [];
  const { broker, shared } = world;
  const group = (name: string, topic: string, isDone = (_metadata: string) => true): void => {
    for (const [partition, log] of broker.partitions(topic).entries()) {
      const committed = broker.committed(name, { topic, partition });
      const offset = committed?.offset ?? 0;
      if (offset < end(log)) left.push(`${name} is at ${offset} of ${end(log)} in ${topic}/${partition}`);
      else if (committed && !isDone(committed.metadata))
        left.push(`${name} has a block of ${topic}/${partition}`);
    }
  };
  for (const topic of [topicNames.orders, topicNames.interactions, topicNames.lifecycle])
    group(`tidemark-${topic}`, topic);
  const now = world.wallClock();
  for (const [partition, log] of broker.partitions(topicNames.customerEvents).entries()) {
    const { position, definitions } = await shared.store.load(partition);
    const set: Definitions = definitions === null ? noDefinitions : JSON.parse(definitions.toString());
    if (set.cuts?.isRescoring) left.push(`those near a cut are not named in ${partition}`);
    if (isFilled && set.sweep != null) left.push(`a sweep is under way in ${partition}`);
    if (isFilled && set.definitions.some(({ filling, document }) => filling && document !== null))
      left.push(`a definition is not filled in ${partition}`);
    if (position < end(log)) left.push(`segments is at ${position} of ${end(log)} in ${partition}`);
    for (const set of ["live", "held"] as const) {
      const due = await shared.store.earliestTimer(partition, set);
      if (due !== null && due <= now) left.push(`a ${set} timer of ${partition} is due`);
    }
  }
  for (const topic of [topicNames.customerEvents, topicNames.segmentChanges, topicNames.rejectedEvents])
    group("tidemark-warehouse", topic, (metadata) => JSON.parse(metadata).end === undefined);
  group("tidemark-automations", topicNames.segmentChanges);
  return left;
}
