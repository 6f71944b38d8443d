/** What a partition remembers beside its subjects: its clock, the sources seen, the loads under way. */

/** How far the last sweep is. */
export interface SweepProgress {
  /** Subjects that it has reached, of those that it names in all; that is not known before the first. */
  readonly applied: number;
  readonly subjects: number;
  /** What was sent on after merges, and what came from others so: over all partitions the same once nothing is under way. */
  readonly sentOn: number;
  readonly taken: number;
}

export interface PartitionMeta {
  /** The latest instant a clock record brought, in ms; 0 before the first. */
  clock: number;
  /** Whether any event was admitted here: a definition that comes later has to be filled. */
  hasEvents: boolean;
  /** The latest instant up to which anybody here was erased, in ms: only what is dated up to then may be of them. */
  erasedThrough: number;
  /** Highest (offset, ordinal) admitted per `sourceId/partition` (rule 3 of "Effectively once"). */
  readonly sources: Map<string, readonly [offset: number, ordinal: number]>;
  /** Loads begun and ended, by `sourceId/partition`. A load that ended stays ended. */
  readonly openLoads: Set<string>;
  readonly endedLoads: Set<string>;
  swept: SweepProgress;
  /**
   * Of the owner that published last what is committed: what owners before it published behind that is void, whose fence
   * lies before it.
   */
  changesEpoch: number;
}

export const notSwept: SweepProgress = { applied: 0, subjects: 0, sentOn: 0, taken: 0 };

export function emptyMeta(): PartitionMeta {
  return {
    clock: 0,
    hasEvents: false,
    erasedThrough: 0,
    sources: new Map(),
    openLoads: new Set(),
    endedLoads: new Set(),
    swept: notSwept,
    changesEpoch: 0,
  };
}

export function packMeta(meta: PartitionMeta): Buffer {
  return Buffer.from(
    JSON.stringify({
      clock: meta.clock,
      hasEvents: meta.hasEvents,
      erasedThrough: meta.erasedThrough,
      sources: [...meta.sources],
      openLoads: [...meta.openLoads],
      endedLoads: [...meta.endedLoads],
      swept: meta.swept,
      changesEpoch: meta.changesEpoch,
    }),
  );
}

export function unpackMeta(bytes: Buffer | null): PartitionMeta {
  if (bytes === null) return emptyMeta();
  const stored = JSON.parse(bytes.toString());
  return {
    clock: stored.clock,
    hasEvents: stored.hasEvents,
    erasedThrough: stored.erasedThrough ?? 0,
    sources: new Map(stored.sources),
    openLoads: new Set(stored.openLoads),
    endedLoads: new Set(stored.endedLoads),
    swept: { ...notSwept, ...stored.swept },
    changesEpoch: stored.changesEpoch ?? 0,
  };
}

/** A load that ended stays ended. */
export function applyLoad(meta: PartitionMeta, type: "load-begin" | "load-end", load: string): void {
  if (type === "load-end") {
    meta.openLoads.delete(load);
    meta.endedLoads.add(load);
  } else if (!meta.endedLoads.has(load)) {
    meta.openLoads.add(load);
  }
}

export function copyMeta(meta: PartitionMeta): PartitionMeta {
  return {
    ...meta,
    sources: new Map(meta.sources),
    openLoads: new Set(meta.openLoads),
    endedLoads: new Set(meta.endedLoads),
  };
}
