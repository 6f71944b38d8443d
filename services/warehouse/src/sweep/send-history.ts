/**
 * Reads the archive subject by subject, folds what lies below the fences, and appends what that comes to, to all
 * partitions at once, never too far ahead of what they have folded (see sweep-window.ts).
 */
import { type Codec, type SubjectKind, type SweepBatch, subjectKey } from "@tidemark/contracts";
import type { Plan } from "@tidemark/core";
import type { Clock, Log, StateStore, Warehouse } from "@tidemark/runtime";
import { type ArchivedSubject, countSubjects, readEventsOf, readSubjects } from "./archived-events.ts";
import { type Family, type Fences, familyOf, foldHistory, membersOf } from "./fold-history.ts";
import { type Identities, readIdentities } from "./identities.ts";
import { createSweepWindow } from "./sweep-window.ts";
import type { SweptPartition } from "./swept-partition.ts";

export interface PassPorts {
  readonly log: Log;
  readonly store: Pick<StateStore, "position">;
  readonly warehouse: Warehouse;
  readonly codec: Codec;
  readonly clock: Clock;
}

export interface PassOptions {
  readonly topics: { readonly customerEvents: string };
  /** Subjects that a partition has not folded yet, at most: live events wait behind them. */
  readonly maxAhead: number;
  /** How much longer what is sent may take until it is folded than the fastest did, in ms: else less is sent at a time. */
  readonly lagMs: number;
  /** How often it is seen how far partitions are, in ms. */
  readonly pollMs: number;
}

/** Subjects in one record, and bytes of their features, at most; one that is larger stands alone. */
const mostApplies = 200;
const mostBytes = 65_536;

/** Stops what nobody needs any more. */
export class Unwanted extends Error {}

const kinds: readonly SubjectKind[] = ["customer", "company"];

interface Sent {
  readonly subjects: number;
  /** By partition: of the last record. */
  readonly lastOffsets: ReadonlyMap<number, number>;
}

/** Null where the archive has not both sides of a merge yet. Rejects with `Unwanted` where `wanted` says no. */
export async function sendHistory(
  ports: PassPorts,
  options: PassOptions,
  partitions: readonly SweptPartition[],
  wanted: () => boolean,
): Promise<Sent | null> {
  const { warehouse } = ports;
  const fences: Fences = new Map(partitions.map(({ partition, fence }) => [partition, fence]));
  const identities = await readIdentities(warehouse);
  if (!areWhole(identities, fences)) return null;
  // Counted while the first of them are read.
  const counts = countSubjects(warehouse, partitions);
  counts.catch(() => {});
  const sender = createSender(ports, options, partitions, counts, wanted);
  let subjects = 0;
  const send = async (kind: SubjectKind, stretch: readonly ArchivedSubject[]): Promise<void> => {
    if (!wanted()) throw new Unwanted();
    const members = stretch.flatMap((one) => membersOf(identities, one, fences));
    const eventsOf = await readEventsOf(warehouse, partitions, kind, members);
    await sender.send(
      stretch.map((one) => {
        return { partition: one.partition, family: familyOf(identities, one, fences, eventsOf) };
      }),
    );
    subjects += stretch.length;
  };
  const sendAll = async (kind: SubjectKind): Promise<void> => {
    // Who took over others may have no event of its own.
    const owners = new Map(
      identities.owners
        .filter((owner) => owner.kind === kind && fences.has(owner.partition))
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
  };
  try {
    for (const kind of kinds) await sendAll(kind);
  } finally {
    await sender.ended();
  }
  await sender.sent();
  return { subjects, lastOffsets: sender.lastOffsets };
}

/** Of everybody who was merged the archive has the merge, where it counts, and what came of it. */
export function areWhole(identities: Identities, fences: Fences): boolean {
  const isTaken = identities.merged.every(
    (merge) => merge.isTaken || merge.offset >= (fences.get(merge.partition) ?? 0),
  );
  return (
    isTaken &&
    identities.owners.every(({ kind, subject, partition }) =>
      identities
        .absorbed(subjectKey(kind, subject))
        .filter(({ offset }) => offset < (fences.get(partition) ?? 0))
        .every(({ from }) => identities.mergeOf(subjectKey(kind, from)) !== undefined),
    )
  );
}

interface Sender {
  readonly lastOffsets: ReadonlyMap<number, number>;
  /** Resolves when those of the call before are sent: no partition waits for the slowest one, and memory is bounded. */
  send(families: readonly { readonly partition: number; readonly family: Family }[]): Promise<void>;
  /** Resolves when all are sent; rejects where any could not be. */
  sent(): Promise<void>;
  /** Resolves when nothing is under way any more, however it ended. */
  ended(): Promise<void>;
}

/** `counts` says how many subjects each partition has. */
function createSender(
  { log, codec, store, clock }: PassPorts,
  { topics, maxAhead, lagMs, pollMs }: PassOptions,
  partitions: readonly SweptPartition[],
  counts: Promise<ReadonlyMap<number, number>>,
  wanted: () => boolean,
): Sender {
  const byPartition = new Map(partitions.map((one) => [one.partition, one]));
  const lastOffsets = new Map<number, number>();
  // Two records a partition: one is folded while the other is on its way.
  const inRecord = Math.min(mostApplies, Math.ceil(maxAhead / 2));
  const most = maxAhead * partitions.length;
  const fewest = Math.min(most, 2 * inRecord);
  const window = createSweepWindow(store, clock, { maxAhead, fewest, most, lagMs, pollMs }, wanted);

  const sendTo = async (
    { partition, sweep, fence, plan }: SweptPartition,
    families: readonly Family[],
  ): Promise<void> => {
    const count = (await counts).get(partition) ?? 0;
    const applies = cutApplies(families, (family) => packedBy(plan, family), inRecord);
    for (let left = families.length; left > 0; ) {
      const asked = Math.min(inRecord, left);
      if (!(await window.room(partition, asked))) throw new Unwanted();
      const some = applies.next().value ?? [];
      left -= some.length;
      const batch: SweepBatch = { sweep, begunAt: fence, subjects: count, applies: some };
      const record = { key: null, value: codec.encode("tidemark.log.SweepBatch", batch) };
      const { baseOffset } = await log.append(topics.customerEvents, partition, [record]);
      window.appended(partition, asked, some.length, baseOffset);
      lastOffsets.set(partition, baseOffset);
    }
  };

  /** By partition: what is sent last, in order. */
  const tails = new Map<number, Promise<void>>();
  const sent = async (): Promise<void> => void (await Promise.all(tails.values()));

  return {
    lastOffsets,
    async send(families) {
      const before = sent();
      for (const [partition, group] of Map.groupBy(families, (one) => one.partition)) {
        const swept = byPartition.get(partition);
        if (swept === undefined) continue;
        const tail = (tails.get(partition) ?? Promise.resolve()).then(() =>
          sendTo(
            swept,
            group.map(({ family }) => family),
          ),
        );
        // Told by `sent`.
        tail.catch(() => {});
        tails.set(partition, tail);
      }
      await before;
    },
    sent,
    ended: async () => void (await Promise.allSettled(tails.values())),
  };
}

function packedBy(plan: Plan, family: Family): Apply {
  const { kind: subjectKind, subject, erasedBelow } = family;
  return { subject, subjectKind, features: Buffer.from(foldHistory(plan, family)), erasedBelow };
}

type Apply = SweepBatch["applies"][number];

/** In order, each with `most` at most; what is in one is folded when it is asked for. */
export function* cutApplies<Source>(
  sources: Iterable<Source>,
  applyOf: (source: Source) => Apply,
  most: number,
): Generator<readonly Apply[], undefined> {
  let some: Apply[] = [];
  let bytes = 0;
  for (const source of sources) {
    const apply = applyOf(source);
    const size = apply.features.length;
    if (some.length > 0 && bytes + size > mostBytes) {
      yield some;
      some = [];
      bytes = 0;
    }
    some.push(apply);
    bytes += size;
    if (some.length < most) continue;
    yield some;
    some = [];
    bytes = 0;
  }
  if (some.length > 0) yield some;
}
