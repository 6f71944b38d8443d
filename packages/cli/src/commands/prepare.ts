/** Schemas, topics and the database: what the services expect to be there. */
import { createClickHouseWarehouse } from "@tidemark/clickhouse";
import { createCodec, topicDescriptions, topicNames } from "@tidemark/contracts";
import type { Log } from "@tidemark/runtime";

export interface PrepareOptions {
  readonly registryUrl: string;
  readonly clickhouse: {
    readonly url: string;
    readonly database: string;
    readonly username: string;
    readonly password: string;
  };
  /** Of customer-events. */
  readonly partitions: number;
  readonly replicas: number;
}

const recordTypes: Readonly<Record<string, readonly string[]>> = {
  [topicNames.orders]: ["tidemark.source.OrderEvent"],
  [topicNames.interactions]: ["tidemark.source.InteractionEvent"],
  [topicNames.lifecycle]: ["tidemark.source.LifecycleEvent"],
  [topicNames.customerEvents]: [
    "tidemark.log.CustomerEvent",
    "tidemark.log.Clock",
    "tidemark.log.DefinitionVersion",
    "tidemark.log.LoadBegin",
    "tidemark.log.LoadEnd",
    "tidemark.log.Erasure",
    "tidemark.log.MergeRequest",
    "tidemark.log.Merge",
    "tidemark.log.Unmerge",
    "tidemark.log.Absorb",
    "tidemark.log.Sweep",
    "tidemark.log.SweepApply",
    "tidemark.log.SweepBatch",
    "tidemark.log.SweepEnd",
    "tidemark.log.Cuts",
    "tidemark.log.Rescore",
    "tidemark.log.RescoreEnd",
  ],
  [topicNames.segmentDefinitions]: ["tidemark.definitions.DefinitionRecord"],
  [topicNames.segmentChanges]: [
    "tidemark.changes.SegmentChange",
    "tidemark.changes.Fence",
    "tidemark.changes.Erased",
  ],
  [topicNames.rejectedEvents]: ["tidemark.log.RejectedEvent"],
};

/** Can be run again: what is there stays. Rejects where an existing topic has another number of partitions. */
export async function prepare(log: Log, options: PrepareOptions): Promise<void> {
  const codec = await createCodec({ url: options.registryUrl });
  for (const [topic, types] of Object.entries(recordTypes)) await codec.prepare(topic, types);
  await log.ensureTopics(
    topicDescriptions(options.partitions).map((topic) => ({ ...topic, replicas: options.replicas })),
  );
  // The warehouse service brings its own tables; the database is made here because api reads it too.
  const warehouse = await createClickHouseWarehouse(options.clickhouse);
  await warehouse.close();
}
