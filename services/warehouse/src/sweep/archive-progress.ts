/** Whether the archive has reached what a sweep needs of it. */
import type { Log } from "@tidemark/runtime";

export interface ArchiveTopics {
  readonly customerEvents: string;
  readonly rejectedEvents: string;
}

export interface ArchiveProgress {
  /**
   * Whether all that stood in customer-events when every partition had begun the sweep is archived, and all that is
   * said about it: the events below the fences, and what a merge below one of them sent to other partitions. Ask from
   * when all have begun; `begun` names the sweep and where each partition began it, as one of them may begin later, or
   * again; `positions` is up to where each partition is folded.
   */
  reached(begun: string, positions: readonly number[]): Promise<boolean>;
}

interface Wanted {
  readonly begun: string;
  readonly events: readonly number[];
  /** Null until the events are folded: then what is to be rejected of them is. */
  rejected: readonly number[] | null;
}

/** `group` is the archiver's: what lies below its commit is inserted. `hurry` tells it up to where somebody waits. */
export function createArchiveProgress(
  log: Pick<Log, "committed" | "endOffsets">,
  group: string,
  topics: ArchiveTopics,
  hurry: (topic: string, ends: readonly number[]) => void,
): ArchiveProgress {
  let wanted: Wanted | undefined;
  const isArchived = async (topic: string, ends: readonly number[]): Promise<boolean> => {
    const committed = await log.committed(group, topic);
    return ends.every((end, partition) => end === 0 || (committed[partition]?.offset ?? 0) >= end);
  };
  return {
    async reached(begun, positions) {
      if (wanted?.begun !== begun)
        wanted = { begun, events: await log.endOffsets(topics.customerEvents), rejected: null };
      const { events } = wanted;
      // Told again each time: a partition may be another instance's until now.
      hurry(topics.customerEvents, events);
      if (wanted.rejected === null) {
        if (events.some((end, partition) => (positions[partition] ?? 0) < end)) return false;
        wanted.rejected = await log.endOffsets(topics.rejectedEvents);
      }
      hurry(topics.rejectedEvents, wanted.rejected);
      return (
        (await isArchived(topics.customerEvents, events)) &&
        (await isArchived(topics.rejectedEvents, wanted.rejected))
      );
    },
  };
}
