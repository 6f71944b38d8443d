/** One codec for all runs: it keeps nothing but schemas. */
import { type Codec, createLocalCodec, topicNames } from "@tidemark/contracts";

const prepared: Readonly<Record<string, readonly string[]>> = {
  [topicNames.orders]: ["tidemark.source.OrderEvent"],
  [topicNames.interactions]: ["tidemark.source.InteractionEvent"],
  [topicNames.lifecycle]: ["tidemark.source.LifecycleEvent"],
  [topicNames.customerEvents]: [
    "tidemark.log.CustomerEvent",
    "tidemark.log.Clock",
    "tidemark.log.DefinitionVersion",
    "tidemark.log.LoadBegin",
    "tidemark.log.LoadEnd",
    "tidemark.log.MergeRequest",
    "tidemark.log.Merge",
    "tidemark.log.Unmerge",
    "tidemark.log.Absorb",
    "tidemark.log.Erasure",
    "tidemark.log.Cuts",
    "tidemark.log.Rescore",
    "tidemark.log.RescoreEnd",
    "tidemark.log.Sweep",
    "tidemark.log.SweepApply",
    "tidemark.log.SweepBatch",
    "tidemark.log.SweepEnd",
  ],
  [topicNames.segmentChanges]: [
    "tidemark.changes.SegmentChange",
    "tidemark.changes.Fence",
    "tidemark.changes.Erased",
  ],
  [topicNames.rejectedEvents]: ["tidemark.log.RejectedEvent"],
  [topicNames.segmentDefinitions]: ["tidemark.definitions.DefinitionRecord"],
};

/** Preparing it again does nothing. */
export async function preparedCodec(): Promise<Codec> {
  const codec = createLocalCodec();
  for (const [topic, types] of Object.entries(prepared)) await codec.prepare(topic, types);
  return { ...codec, prepare: async () => undefined };
}
