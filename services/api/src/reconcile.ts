/**
 * Makes sure that every version in the registry got to every partition: what the partitions keep is compared with it,
 * and what is missing is appended. A version that comes twice changes nothing.
 */
import type { DefinitionVersion } from "@tidemark/contracts";
import type {
  DefinitionRegistry,
  DefinitionSet,
  DefinitionSets,
  RegisteredDefinition,
  StateStore,
  SweepProgress,
} from "@tidemark/runtime";
import { unpackMeta } from "@tidemark/runtime";
import { nameOf } from "./catalogue.ts";
import type { PartitionLog } from "./partition-log.ts";

export interface ReconcilePorts {
  readonly store: Pick<StateStore, "load">;
  readonly registry: DefinitionRegistry;
  readonly sets: DefinitionSets;
  readonly partitionLog: PartitionLog;
}

export interface KeptDefinitions {
  readonly set: DefinitionSet;
  /** How far its last sweep is. */
  readonly swept: SweepProgress;
}

/** What each partition keeps. Rejects where Redis is away. */
export async function readPartitions({
  store,
  sets,
  partitionLog,
}: ReconcilePorts): Promise<readonly KeptDefinitions[]> {
  const partitions = Array.from({ length: partitionLog.partitions }, (_, partition) => partition);
  const states = await Promise.all(partitions.map((partition) => store.load(partition)));
  return states.map(({ definitions, meta }, partition) => {
    const set = sets.unpack(definitions);
    for (const stored of set.definitions) partitionLog.sawVersion(partition, nameOf(stored), stored.version);
    return { set, swept: unpackMeta(meta).swept };
  });
}

/** `kept` was read before the registry was: what it has and the registry lacks is gone. Rejects where Kafka is away. */
export async function bringMissing(
  { registry, partitionLog }: ReconcilePorts,
  kept: readonly KeptDefinitions[],
): Promise<void> {
  const all = [...registry.definitions().values()].map(versionOf);
  await Promise.all(
    kept.map(({ set }, partition) => partitionLog.bring(partition, [...all, ...orphans(set, registry)])),
  );
}

export function versionOf({ kind, id, version, filling, document }: RegisteredDefinition): DefinitionVersion {
  return { kind, id, version, filling, document };
}

/**
 * Compaction forgets, after a while, what was deleted: a partition that never learned of it still keeps the definition.
 * One as new as the registry's end is another matter: the topic was made anew, and nothing is to be deleted for that.
 */
function orphans(set: DefinitionSet, registry: DefinitionRegistry): readonly DefinitionVersion[] {
  const end = registry.position();
  return set.definitions
    .filter(
      (stored) =>
        stored.document !== null && !registry.definitions().has(nameOf(stored)) && stored.version < end,
    )
    .map(({ kind, id }) => ({ kind, id, version: end, filling: false, document: null }));
}
