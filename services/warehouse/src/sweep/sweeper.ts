/**
 * Fills definitions from history (rule 7 of "Effectively once"). It keeps nothing: what is under way is in the
 * partitions' state, and who begins again folds the same events into the same features, which the partitions take once.
 *  S1 a sweep begins in all partitions with the same definitions, once all know them; in the first of them first.
 *  S2 what it folds is sent once all have begun and the archive has what they had then.
 *  S3 it ends once all have taken all, what merges made them send on too: so whoever is merged meanwhile has one half
 *     of its history in what it keeps, and the other is on its way to the same place (law F6 of services/segments).
 */
import { randomUUID } from "node:crypto";
import type { Sweep, SweepEnd } from "@tidemark/contracts";
import {
  type Clock,
  type DefinitionSet,
  type DefinitionSets,
  hasFilled,
  type Log,
  type Logger,
  lastGeneration,
  type OpenSweep,
  type StateStore,
  type SweepProgress,
  unpackMeta,
  type Warehouse,
} from "@tidemark/runtime";
import { createArchiveProgress } from "./archive-progress.ts";
import { type PassPorts, sendHistory, Unwanted } from "./send-history.ts";

export interface SweeperPorts extends PassPorts {
  readonly log: Log;
  readonly store: Pick<StateStore, "load" | "position">;
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sets: DefinitionSets;
  /** Of the archiver of this process, if any. */
  readonly hurry?: (topic: string, ends: readonly number[]) => void;
}

export interface SweeperOptions {
  readonly topics: { readonly customerEvents: string; readonly rejectedEvents: string };
  /** Of the archiver. */
  readonly archiveGroup: string;
  /** See `PassOptions`. */
  readonly maxAhead: number;
  readonly lagMs: number;
  readonly pollMs: number;
}

export interface Sweeper {
  /** One look at all partitions, and what is to be done now. Answers whether anything fills. Rejects where a part is away. */
  step(wanted: () => boolean): Promise<boolean>;
}

/** How long a sweep may wait for partitions before that is told, and how often then, in ms. */
const patienceMs = 60_000;

interface Found {
  readonly partition: number;
  readonly position: number;
  readonly set: DefinitionSet;
  readonly swept: SweepProgress;
  /** It has not folded yet what was written to it. */
  readonly isBehind: boolean;
}

export function createSweeper(ports: SweeperPorts, options: SweeperOptions): Sweeper {
  const { log, store, codec, clock, logger, sets } = ports;
  const { topics } = options;
  const archive = createArchiveProgress(log, options.archiveGroup, topics, ports.hurry ?? (() => {}));
  /** By partition: where the last record that begins or ends a sweep stands, so that none is written twice. */
  const written = new Map<number, number>();
  let waitingSince: number | null = null;
  const setOf = unpacking(sets);

  const append = async (partition: number, type: string, value: object): Promise<void> => {
    const records = [{ key: null, value: codec.encode(type, value) }];
    const { baseOffset } = await log.append(topics.customerEvents, partition, records);
    written.set(partition, baseOffset);
  };

  const look = async (): Promise<readonly Found[]> => {
    const count = await log.partitionCount(topics.customerEvents);
    const states = await Promise.all(Array.from({ length: count }, (_, partition) => store.load(partition)));
    return states.map(({ position, definitions, meta }, partition) => ({
      partition,
      position,
      set: setOf(partition, definitions),
      swept: unpackMeta(meta).swept,
      isBehind: position <= (written.get(partition) ?? -1),
    }));
  };

  const begin = async (partitions: readonly Found[], sweep: Sweep): Promise<void> => {
    await Promise.all(partitions.map(({ partition }) => append(partition, "tidemark.log.Sweep", sweep)));
    logger.info({ sweep: sweep.id, partitions: partitions.length }, "a sweep begins");
  };

  /** True, and told now and then, where it waits for long. */
  const waits = (what: string): true => {
    waitingSince ??= clock.elapsedMs();
    if (clock.elapsedMs() - waitingSince >= patienceMs) {
      logger.warn(what);
      waitingSince = clock.elapsedMs();
    }
    return true;
  };

  /** Waits until all that was appended is folded, and what was sent on is taken. */
  const settled = async (lastOffsets: ReadonlyMap<number, number>, wanted: () => boolean): Promise<void> => {
    const deadline = clock.elapsedMs() + patienceMs;
    for (;;) {
      if (!wanted()) throw new Unwanted();
      const before = await look();
      if (before.every(({ partition, position }) => position > (lastOffsets.get(partition) ?? -1))) {
        // Both only grow: where what was taken then is what is sent on by now, nothing was on its way.
        const taken = sum(before, ({ swept }) => swept.taken);
        if (sum(await look(), ({ swept }) => swept.sentOn) === taken) return;
        if (clock.elapsedMs() > deadline)
          return logger.warn("what merges made partitions send on did not arrive");
      }
      await clock.sleep(options.pollMs);
    }
  };

  return {
    async step(wanted) {
      const all = await look();
      if (all.some(({ isBehind }) => isBehind)) return waits("partitions do not fold the records of a sweep");
      const open = all.find(({ set }) => set.sweep !== null)?.set.sweep ?? null;
      if (open === null) {
        const fill = commonFilling(all);
        if (fill === "none") {
          waitingSince = null;
          return false;
        }
        if (fill === "differs") return waits("a definition has not come to all partitions yet");
        waitingSince = null;
        // Another one than all before, in whichever partition.
        const before = all.map(({ set }) => lastGeneration(set));
        const generation = Math.max(...fill.map(({ version }) => version), ...before.map((last) => last + 1));
        // The others follow once it is seen there: of two sweepers that begin at a time one is refused, and leaves it be.
        await begin(all.slice(0, 1), { id: randomUUID(), generation, definitions: fill });
        return true;
      }
      const late = all.filter(({ set }) => set.sweep === null && couldBegin(set, open));
      if (late.length > 0) {
        const { id, generation } = open;
        const definitions = open.definitions.map(({ kind, id: name, version }) => ({
          kind,
          id: name,
          version,
        }));
        await begin(late, { id, generation, definitions });
        return true;
      }
      const partitions = all.flatMap(({ partition, set: { sweep, history: plan } }) =>
        sweep === null || sweep.id !== open.id || plan === null
          ? []
          : [{ partition, sweep: sweep.id, fence: sweep.offset, plan }],
      );
      const begun = JSON.stringify([open.id, partitions.map(({ partition, fence }) => [partition, fence])]);
      const positions = all.map(({ position }) => position);
      if (!(await archive.reached(begun, positions))) return waits("a sweep waits for the archive");
      try {
        const beganAt = clock.elapsedMs();
        logger.info({ sweep: open.id }, "the archive has what a sweep needs");
        const sent = await sendHistory(ports, options, partitions, wanted);
        if (sent === null) return waits("a sweep waits for the archive to have both sides of a merge");
        waitingSince = null;
        await settled(sent.lastOffsets, wanted);
        await Promise.all(
          partitions.map(({ partition, sweep, fence }) =>
            append(partition, "tidemark.log.SweepEnd", { sweep, begunAt: fence } satisfies SweepEnd),
          ),
        );
        const ms = Math.round(clock.elapsedMs() - beganAt);
        logger.info({ partitions: partitions.length, subjects: sent.subjects, ms }, "a sweep is over");
      } catch (error) {
        if (!(error instanceof Unwanted)) throw error;
      }
      return true;
    },
  };
}

/** Definitions are large, and asked for many times a second: they are read again where they are others. */
function unpacking(sets: DefinitionSets): (partition: number, bytes: Buffer | null) => DefinitionSet {
  const last = new Map<number, { readonly bytes: Buffer | null; readonly set: DefinitionSet }>();
  return (partition, bytes) => {
    const known = last.get(partition);
    const isSame = known?.bytes === bytes || (bytes !== null && known?.bytes?.equals(bytes));
    if (known !== undefined && isSame) return known.set;
    const set = sets.unpack(bytes);
    last.set(partition, { bytes, set });
    return set;
  };
}

/** What fills, where all partitions have the same versions of it. */
function commonFilling(all: readonly Found[]): Sweep["definitions"] | "none" | "differs" {
  const byName = new Map<string, Sweep["definitions"][number]>();
  for (const { set } of all)
    for (const { kind, id, version, filling, document } of set.definitions)
      if (filling && document !== null) byName.set(`${kind}/${id}`, { kind, id, version });
  if (byName.size === 0) return "none";
  const fill = [...byName.values()];
  const isCommon = all.every(({ set }) =>
    fill.every(({ kind, id, version }) =>
      set.definitions.some((known) => known.kind === kind && known.id === id && known.version === version),
    ),
  );
  return isCommon ? fill : "differs";
}

/** Whether a partition has still to begin a sweep that others have begun, and can. */
function couldBegin(set: DefinitionSet, open: OpenSweep): boolean {
  if (hasFilled(set, open.generation)) return false;
  return open.definitions.some(({ kind, id, version }) =>
    set.definitions.some(
      (known) =>
        known.kind === kind && known.id === id && known.version === version && known.document !== null,
    ),
  );
}

function sum(all: readonly Found[], of: (found: Found) => number): number {
  return all.reduce((total, found) => total + of(found), 0);
}
