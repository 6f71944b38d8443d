/** Whether the archive has reached what a sweep needs of it. */
import type { Log } from "@tidemark/runtime";
import type { SweptPartition } from "./swept-partition.ts";

export interface ArchiveTopics {
  readonly customerEvents: string;
  readonly rejectedEvents: string;
}

export interface ArchiveProgress {
  /** The partitions whose events below the fence, and all that is said about them, are archived. */
  reached(partitions: readonly SweptPartition[]): Promise<readonly SweptPartition[]>;
  /** Up to which offset each partition is archived. */
  ends(): Promise<readonly number[]>;
}

/** `group` is the archiver's: what lies below its commit is inserted. */
export function createArchiveProgress(
  log: Pick<Log, "committed" | "endOffsets">,
  group: string,
  topics: ArchiveTopics,
): ArchiveProgress {
  /** By sweep and partition: how far the rejections had been written once everything below the fence was folded. */
  const rejections = new Map<string, number>();

  return {
    ends: async () => (await log.committed(group, topics.customerEvents)).map((one) => one?.offset ?? 0),
    async reached(partitions) {
      const named = (one: SweptPartition) => `${one.sweep}/${one.partition}`;
      if (partitions.some((one) => !rejections.has(named(one)))) {
        const ends = await log.endOffsets(topics.rejectedEvents);
        for (const one of partitions)
          if (!rejections.has(named(one))) rejections.set(named(one), ends[one.partition] ?? 0);
      }
      const wanted = new Set(partitions.map(named));
      for (const key of rejections.keys()) if (!wanted.has(key)) rejections.delete(key);
      const [events, rejected] = await Promise.all([
        log.committed(group, topics.customerEvents),
        log.committed(group, topics.rejectedEvents),
      ]);
      return partitions.filter((one) => {
        const rejectedBelow = rejections.get(named(one)) ?? 0;
        return (
          (events[one.partition]?.offset ?? 0) >= one.fence &&
          (rejectedBelow === 0 || (rejected[one.partition]?.offset ?? 0) >= rejectedBelow)
        );
      });
    },
  };
}
