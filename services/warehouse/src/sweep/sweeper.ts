/**
 * Fills definitions from history (rule 7 of "Effectively once"): where a partition has definitions that fill it appends
 * a `sweep` record, waits until the archive has reached it, folds the archived events below it subject by subject, and
 * appends what they come to. It keeps nothing: what is under way is in the partitions' state, and who begins again
 * folds the same events into the same features, which the partitions take once.
 */
import { randomUUID } from "node:crypto";
import { type Codec, type SubjectKind, type Sweep, type SweepApply, subjectKey } from "@tidemark/contracts";
import {
  type Clock,
  type DefinitionSet,
  type DefinitionSets,
  type Log,
  type Logger,
  type OutgoingRecord,
  recordBatches,
  type StateStore,
  type Warehouse,
} from "@tidemark/runtime";
import { type ArchiveProgress, createArchiveProgress } from "./archive-progress.ts";
import { type ArchivedSubject, countSubjects, readEventsOf, readSubjects } from "./archived-events.ts";
import { type Family, familyOf, foldHistory, membersOf } from "./fold-history.ts";
import { type Identities, readIdentities } from "./identities.ts";
import type { SweptPartition } from "./swept-partition.ts";

export interface SweeperPorts {
  readonly log: Log;
  readonly store: Pick<StateStore, "load">;
  readonly warehouse: Warehouse;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sets: DefinitionSets;
}

export interface SweeperOptions {
  readonly topics: { readonly customerEvents: string; readonly rejectedEvents: string };
  /** Of the archiver. */
  readonly archiveGroup: string;
  /** Records of a sweep that a partition has not folded yet, at most: live events wait behind them. */
  readonly maxAhead: number;
}

export interface Sweeper {
  /** One look at all partitions, and what is to be done now. Answers whether anything fills. Rejects where a part is away. */
  step(wanted: () => boolean): Promise<boolean>;
}

const kinds = ["customer", "company"] as const;

/** How often it is looked whether a partition has folded what it was sent, in ms. */
const aheadPollMs = 20;

/** So long partitions wait for each other, so that one reading of the archive serves all of them, in ms. */
const patienceMs = 10_000;

interface Found {
  readonly partition: number;
  readonly set: DefinitionSet;
  /** It has not folded yet what was written to it. */
  readonly isBehind: boolean;
}

/** Stops a pass that nobody needs any more. */
class Unwanted extends Error {}

export function createSweeper(ports: SweeperPorts, options: SweeperOptions): Sweeper {
  const { log, store, warehouse, codec, clock, logger, sets } = ports;
  const { topics } = options;
  const archive: ArchiveProgress = createArchiveProgress(log, options.archiveGroup, topics);
  /** By partition: where the last record that begins or ends a sweep stands, so that none is written twice. */
  const written = new Map<number, number>();
  let begunAt = Number.NEGATIVE_INFINITY;

  const append = async (partition: number, type: string, value: object): Promise<void> => {
    const records = [{ key: null, value: codec.encode(type, value) }];
    const { baseOffset } = await log.append(topics.customerEvents, partition, records);
    written.set(partition, baseOffset);
  };

  const look = async (): Promise<readonly Found[]> => {
    const count = await log.partitionCount(topics.customerEvents);
    const states = await Promise.all(Array.from({ length: count }, (_, partition) => store.load(partition)));
    return states.map(({ position, definitions }, partition) => {
      const isBehind = position <= (written.get(partition) ?? -1);
      return { partition, set: sets.unpack(definitions), isBehind };
    });
  };

  const begin = async (found: readonly Found[]): Promise<void> => {
    begunAt = clock.now();
    const id = randomUUID();
    for (const { partition, set } of found) {
      const definitions = filling(set).map(({ kind, id, version }) => ({ kind, id, version }));
      const sweep: Sweep = { id, definitions };
      await append(partition, "tidemark.log.Sweep", sweep);
    }
    logger.info({ sweep: id, partitions: found.length }, "a sweep begins");
  };

  /** Waits until a partition has folded enough of what it was sent. */
  const folded = async (partition: number, upTo: number, wanted: () => boolean): Promise<void> => {
    while (wanted() && (await store.load(partition)).position < upTo) await clock.sleep(aheadPollMs);
    if (!wanted()) throw new Unwanted();
  };

  /** What those had who were merged into others below the fences is archived too. */
  const areWhole = async (
    identities: Identities,
    byPartition: ReadonlyMap<number, SweptPartition>,
  ): Promise<boolean> => {
    const ends = await archive.ends();
    return identities.owners.every(({ kind, subject, partition }) =>
      identities
        .absorbed(subjectKey(kind, subject))
        .filter(({ offset }) => offset < (byPartition.get(partition)?.fence ?? 0))
        .every(({ source }) => source === null || (ends[source.partition] ?? 0) > source.offset),
    );
  };

  const pass = async (partitions: readonly SweptPartition[], wanted: () => boolean): Promise<void> => {
    const beganAt = clock.now();
    const byPartition = new Map(partitions.map((one) => [one.partition, one]));
    const identities = await readIdentities(warehouse);
    if (!(await areWhole(identities, byPartition))) return;
    const counts = await countSubjects(warehouse, partitions);
    const sender = createSender(ports, options, (partition, upTo) => folded(partition, upTo, wanted));
    let subjects = 0;
    const send = async (kind: SubjectKind, stretch: readonly ArchivedSubject[]): Promise<void> => {
      if (!wanted()) throw new Unwanted();
      const fenceOf = (one: ArchivedSubject): number => byPartition.get(one.partition)?.fence ?? 0;
      const members = stretch.flatMap((one) => membersOf(identities, kind, one.subject, fenceOf(one)));
      const eventsOf = await readEventsOf(warehouse, partitions, kind, members);
      const families = stretch.map((one) => {
        return { partition: one.partition, family: familyOf(identities, one, fenceOf(one), eventsOf) };
      });
      await sender.send(families, byPartition, counts);
      subjects += stretch.length;
    };
    for (const kind of kinds) {
      // Who took over others may have no event of its own.
      const owners = new Map(
        identities.owners
          .filter((owner) => owner.kind === kind && byPartition.has(owner.partition))
          .map((owner) => [owner.subject, { ...owner, events: [] }]),
      );
      let stretch = await readSubjects(warehouse, partitions, kind, "");
      while (stretch.length > 0) {
        for (const { subject } of stretch) owners.delete(subject);
        // The next stretch is read while this one is folded and sent.
        const next = readSubjects(warehouse, partitions, kind, stretch.at(-1)?.subject ?? "");
        next.catch(() => {});
        await send(kind, stretch);
        stretch = await next;
      }
      if (owners.size > 0) await send(kind, [...owners.values()]);
    }
    for (const { partition, sweep } of partitions) {
      await append(partition, "tidemark.log.SweepEnd", { sweep });
    }
    const ms = clock.now() - beganAt;
    logger.info({ partitions: partitions.length, subjects, ms }, "a sweep is over");
  };

  return {
    async step(wanted) {
      const all = await look();
      const found = all.filter(({ isBehind }) => !isBehind);
      const idle = found.filter(({ set }) => set.sweep === null && filling(set).length > 0);
      if (idle.length > 0) await begin(idle);
      const open = found.flatMap(({ partition, set: { sweep, history: plan } }): SweptPartition[] =>
        sweep === null || plan === null ? [] : [{ partition, sweep: sweep.id, fence: sweep.offset, plan }],
      );
      const ready = open.length === 0 ? [] : await archive.reached(open);
      // The archive is read once for all partitions, unless one keeps the others waiting.
      const isComplete =
        ready.length === all.length - found.filter(({ set }) => filling(set).length === 0).length;
      if (ready.length > 0 && (isComplete || clock.now() - begunAt > patienceMs))
        await pass(ready, wanted).catch((error: unknown) => {
          if (!(error instanceof Unwanted)) throw error;
        });
      return idle.length + open.length > 0 || found.length < all.length;
    },
  };
}

function filling({ definitions }: DefinitionSet) {
  return definitions.filter((stored) => stored.filling && stored.document !== null);
}

interface Sender {
  send(
    families: readonly { readonly partition: number; readonly family: Family }[],
    partitions: ReadonlyMap<number, SweptPartition>,
    counts: ReadonlyMap<number, number>,
  ): Promise<void>;
}

/** Folds subjects and appends what they come to, partition by partition, never too far ahead of its fold. */
function createSender(
  { log, codec }: SweeperPorts,
  { topics, maxAhead }: SweeperOptions,
  folded: (partition: number, upTo: number) => Promise<void>,
): Sender {
  return {
    async send(families, partitions, counts) {
      const byPartition = Map.groupBy(families, ({ partition }) => partition);
      for (const [partition, group] of byPartition) {
        const swept = partitions.get(partition);
        if (swept === undefined) continue;
        const records = group.map(({ family }): OutgoingRecord => {
          const { kind, subject } = family;
          const apply: SweepApply = {
            sweep: swept.sweep,
            subject,
            subjectKind: kind,
            features: Buffer.from(foldHistory(swept.plan, family)),
            subjects: counts.get(partition) ?? 0,
          };
          return {
            key: Buffer.from(subjectKey(kind, subject)),
            value: codec.encode("tidemark.log.SweepApply", apply),
          };
        });
        for (let at = 0; at < records.length; at += maxAhead) {
          for (const batch of recordBatches(records.slice(at, at + maxAhead))) {
            const { baseOffset } = await log.append(topics.customerEvents, partition, batch);
            await folded(partition, baseOffset + batch.length - maxAhead);
          }
        }
      }
    },
  };
}
