/** Versions of definitions on their way into every partition of `customer-events`, and which have not got there. */
import type { Codec, DefinitionVersion } from "@tidemark/contracts";
import { type Log, recordBatches } from "@tidemark/runtime";
import { nameOf } from "./catalogue.ts";

export interface PartitionLog {
  readonly partitions: number;
  /**
   * Appends versions to a partition unless they, or newer ones, are known to be there. Rejects where the log is away;
   * what was not acknowledged counts as missing.
   */
  bring(partition: number, versions: readonly DefinitionVersion[]): Promise<void>;
  /** A version was seen in what the partition keeps. */
  sawVersion(partition: number, name: string, version: number): void;
  /** In how many partitions this version is known to be missing. */
  missing(name: string, version: number): number;
}

const recordType = "tidemark.log.DefinitionVersion";

export function createPartitionLog(
  log: Pick<Log, "append">,
  codec: Pick<Codec, "encode">,
  topic: string,
  partitions: number,
): PartitionLog {
  /** By partition: the newest version of each definition that is there, and the newest that should be. */
  const there = Array.from({ length: partitions }, () => new Map<string, number>());
  const wanted = Array.from({ length: partitions }, () => new Map<string, number>());
  const raise = (versions: Map<string, number> | undefined, name: string, version: number): void => {
    versions?.set(name, Math.max(version, versions.get(name) ?? 0));
  };

  return {
    partitions,
    async bring(partition, versions) {
      const fresh = versions.filter(
        (version) => version.version > (there[partition]?.get(nameOf(version)) ?? 0),
      );
      for (const version of fresh) raise(wanted[partition], nameOf(version), version.version);
      const records = fresh.map((version) => ({ key: null, value: codec.encode(recordType, version) }));
      for (const batch of recordBatches(records)) await log.append(topic, partition, batch);
      for (const version of fresh) raise(there[partition], nameOf(version), version.version);
    },
    sawVersion: (partition, name, version) => raise(there[partition], name, version),
    missing: (name, version) =>
      wanted.filter(
        (versions, partition) =>
          (versions.get(name) ?? 0) >= version && (there[partition]?.get(name) ?? 0) < version,
      ).length,
  };
}
