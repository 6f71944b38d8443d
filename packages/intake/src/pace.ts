/**
 * How far intake runs ahead of the fold. What segments has not folded yet stands before every clock record: the more of
 * it there is, the later are changes by time, definitions and erasures. Beyond a bound sending waits, and what comes
 * meanwhile stays in the source topics. Laws:
 *  A1 all partitions count together: one customer with very many events holds up nobody until it is too much for all.
 *  A2 a partition that nobody folds for a while does not count: waiting would not help it, and holds up the others.
 */
import type { Clock, Log } from "@tidemark/runtime";

export interface PaceOptions {
  /** Consumer group that says how far the fold is. */
  readonly foldGroup: string;
  /** Records that are not folded yet at most, over all partitions. */
  readonly aheadRecords: number;
  /** How often it is looked while something is sent. */
  readonly lookEveryMs: number;
  /** A partition that does not move for so long does not count. */
  readonly standstillMs: number;
}

export interface Pace {
  /** Resolves when something may be sent, or nobody wants to any more. */
  room(wanted: () => boolean): Promise<void>;
  /** Whether sending waits now. */
  isHeld(): boolean;
}

interface Lane {
  folded: number;
  movedAt: number;
  ahead: number;
}

export function createPace(
  log: Pick<Log, "endOffsets" | "committed">,
  clock: Clock,
  topic: string,
  { foldGroup, aheadRecords, lookEveryMs, standstillMs }: PaceOptions,
): Pace {
  const lanes: Lane[] = [];
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const [folded, ends] = [await log.committed(foldGroup, topic), await log.endOffsets(topic)];
    const now = clock.elapsedMs();
    for (const [partition, end] of ends.entries()) {
      // Who never said how far it is holds up nobody.
      const offset = folded[partition]?.offset ?? end;
      const lane = lanes[partition] ?? { folded: -1, movedAt: now, ahead: 0 };
      if (lane.folded !== offset || offset >= end) lane.movedAt = now;
      lane.folded = offset;
      lane.ahead = Math.max(0, end - offset);
      lanes[partition] = lane;
    }
  };

  /** One look at a time. A broker that is away is told of by what is sent to it. */
  const look = (): Promise<void> => {
    lookedAt = clock.elapsedMs();
    looking ??= read()
      .catch(() => undefined)
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };

  const isHeld = (): boolean => {
    const now = clock.elapsedMs();
    let ahead = 0;
    for (const lane of lanes) if (now - lane.movedAt < standstillMs) ahead += lane.ahead;
    return ahead > aheadRecords;
  };

  return {
    isHeld,
    async room(wanted) {
      if (clock.elapsedMs() - lookedAt >= lookEveryMs) void look();
      while (isHeld() && wanted()) {
        await clock.sleep(lookEveryMs);
        await look();
      }
    },
  };
}
