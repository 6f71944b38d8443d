/** What an owner has of its partition in memory: as of the last commit, and void as soon as a commit is refused. */
import {
  type DefinitionSet,
  type DefinitionSets,
  emptyMeta,
  type Ownership,
  type PartitionMeta,
  type PartitionProgress,
} from "@tidemark/runtime";

export interface Holding {
  readonly ownership: Ownership;
  readonly progress: PartitionProgress;
  readonly meta: PartitionMeta;
  readonly definitions: DefinitionSet;
  /** Changes up to this number are in the topic already. */
  readonly publishedThrough: number;
}

/** As before the partition was ever taken over. */
export function emptyHolding(sets: DefinitionSets): Omit<Holding, "ownership"> {
  return {
    progress: { position: 0, sequence: 0, changesOffset: 0 },
    meta: emptyMeta(),
    definitions: sets.unpack(null),
    publishedThrough: 0,
  };
}

/** Somebody else wrote, or the store came back younger: what is in memory is void. */
export class OwnershipLost extends Error {
  constructor(outcome: string) {
    super(`the state of the partition could not be committed: ${outcome}`);
    this.name = "OwnershipLost";
  }
}
