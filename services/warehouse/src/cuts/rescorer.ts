/**
 * Names those near a cut that has moved, so that `segments` looks at them and at nobody else: of each partition whose
 * cuts are new, the archive's subjects are gone through, and their packed states evaluated by the cuts in force. Who
 * comes to another answer, or would come to one sooner than its timer knows, is named in a `rescore` record. It keeps
 * nothing: who begins again finds those done that were.
 */
import { type Codec, type SubjectKind, subjectKey } from "@tidemark/contracts";
import { unpackCustomer } from "@tidemark/core";
import {
  type Clock,
  type CutsInForce,
  type DefinitionSet,
  type DefinitionSets,
  type Log,
  type Logger,
  type OutgoingRecord,
  type PartitionState,
  planFor,
  readRedirect,
  recordBatches,
  recutCustomer,
  type StateStore,
  type Warehouse,
} from "@tidemark/runtime";

export interface RescorerPorts {
  readonly log: Log;
  readonly store: Pick<StateStore, "load" | "subjects">;
  readonly warehouse: Warehouse;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sets: DefinitionSets;
}

export interface RescorerOptions {
  readonly topics: { readonly customerEvents: string };
  /** Of the archiver. */
  readonly archiveGroup: string;
  /** Records that a partition has not folded yet, at most: live events wait behind them. */
  readonly maxAhead: number;
  /** How often it is seen whether a partition has folded enough, in ms. */
  readonly pollMs: number;
}

export interface Rescorer {
  /** Goes through the partitions whose cuts are new. Answers whether there are any. Rejects where a part is away. */
  step(wanted: () => boolean): Promise<boolean>;
}

/** Subjects read at a time. */
const mostSubjects = 2_000;

type Recutting = DefinitionSet & { readonly cuts: CutsInForce };

export function createRescorer(ports: RescorerPorts, options: RescorerOptions): Rescorer {
  const { log, store, codec, clock, logger, sets } = ports;
  const topic = options.topics.customerEvents;
  /** By partition: the cuts whose end was written last, so that it is not written twice. */
  const ended = new Map<number, number>();

  const append = async (
    partition: number,
    type: string,
    values: readonly object[],
    wanted: () => boolean,
  ): Promise<void> => {
    const records = values.map((value): OutgoingRecord => ({ key: null, value: codec.encode(type, value) }));
    for (let at = 0; at < records.length; at += options.maxAhead)
      for (const batch of recordBatches(records.slice(at, at + options.maxAhead))) {
        const { baseOffset } = await log.append(topic, partition, batch);
        const upTo = baseOffset + batch.length - options.maxAhead;
        while (wanted() && (await store.load(partition)).position < upTo) await clock.sleep(options.pollMs);
      }
  };

  const rescore = async (
    partition: number,
    set: Recutting,
    before: PartitionState,
    wanted: () => boolean,
  ): Promise<void> => {
    const { version } = set.cuts;
    const beganAt = clock.elapsedMs();
    let looked = 0;
    let named = 0;
    let seen = before;
    for (const kind of ["customer", "company"] as const) {
      let after = "";
      for (;;) {
        const subjects = await readIds(ports.warehouse, partition, kind, after);
        const last = subjects.at(-1);
        if (last === undefined || !wanted()) break;
        after = last;
        const states = await store.subjects(
          partition,
          subjects.map((subject) => subjectKey(kind, subject)),
        );
        // What a store says that came back younger is of the time before; the log will say the rest again.
        seen = stillSound(partition, seen, await store.load(partition));
        const near = subjects.filter((subject, at) => isNear(set, states[at] ?? null, subject));
        looked += subjects.length;
        named += near.length;
        const values = near.map((subject) => ({ version, subject, subjectKind: kind }));
        await append(partition, "tidemark.log.Rescore", values, wanted);
      }
    }
    if (!wanted()) return;
    await append(partition, "tidemark.log.RescoreEnd", [{ version }], wanted);
    ended.set(partition, version);
    logger.info(
      { partition, version, looked, named, ms: Math.round(clock.elapsedMs() - beganAt) },
      "cuts are in force",
    );
  };

  return {
    async step(wanted) {
      const count = await log.partitionCount(topic);
      const states = await Promise.all(
        Array.from({ length: count }, (_, partition) => store.load(partition)),
      );
      const found = states.flatMap((state, partition) => {
        const set = sets.unpack(state.definitions);
        return isRecutting(set) && ended.get(partition) !== set.cuts.version
          ? [{ partition, set, state }]
          : [];
      });
      if (found.length === 0) return false;
      const archived = await log.committed(options.archiveGroup, topic);
      for (const { partition, set, state } of found) {
        // Who came before the cuts is in the archive then; who came later was never looked at by others.
        if ((archived[partition]?.offset ?? 0) <= set.cuts.offset) continue;
        if (wanted()) await rescore(partition, set, state, wanted);
      }
      return true;
    },
  };
}

function isRecutting(set: DefinitionSet): set is Recutting {
  return set.cuts?.isRescoring ?? false;
}

/**
 * Throws where the store may have come back younger since: it is behind, or somebody took over and may have folded again
 * what was lost. Who begins again finds those done that were.
 */
function stillSound(partition: number, before: PartitionState, now: PartitionState): PartitionState {
  if (now.position >= before.position && now.owner === before.owner) return now;
  throw new Error(
    `partition ${partition} is at ${now.position} and was at ${before.position}, or was taken over meanwhile`,
  );
}

/** Of those with events, or with somebody's who became part of them. */
export async function readIds(
  warehouse: Warehouse,
  partition: number,
  kind: SubjectKind,
  after: string,
): Promise<readonly string[]> {
  const rows = await warehouse.query<{ readonly subject: string }>(
    `SELECT DISTINCT subject FROM (
       SELECT subject FROM customer_events
       WHERE kafka_partition = {partition:UInt32} AND subject_kind = {kind:String} AND subject > {after:String}
       UNION ALL
       SELECT JSONExtractString(value, 'subject') AS subject FROM control_records
       WHERE topic = 'customer-events' AND kafka_partition = {partition:UInt32} AND type = 'Absorb'
         AND JSONExtractString(value, 'subjectKind') = {kind:String} AND subject > {after:String}
     ) ORDER BY subject LIMIT ${mostSubjects}`,
    { partition, kind, after },
  );
  return rows.map(({ subject }) => subject);
}

/** Whether the cuts in force say another thing of it, or may sooner than it would be looked at. */
function isNear(set: Recutting, bytes: Buffer | null, subject: string): boolean {
  if (bytes === null || readRedirect(bytes) !== null) return false;
  const plan = planFor(set, bytes);
  const state = unpackCustomer(plan, bytes, subject);
  if (!state.stale) return false;
  const before = state.timer ?? Number.POSITIVE_INFINITY;
  return recutCustomer(set, plan, state).length > 0 || (state.timer ?? Number.POSITIVE_INFINITY) < before;
}
