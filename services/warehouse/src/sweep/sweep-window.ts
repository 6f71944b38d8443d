/**
 * How many subjects of a sweep may be on their way to partitions that have not folded them yet. Live events wait behind
 * them, so this goes by how long they take: while they are folded soon after they were appended there are more at a
 * time, and fewer when not. Over all partitions, since one process may have to fold for all.
 */
import type { Clock, StateStore } from "@tidemark/runtime";

export interface SweepWindow {
  /**
   * Resolves with true once so many more may be appended to a partition, and counts them from then on; with false where
   * nobody wants them any more. Rejects where the store is away.
   */
  room(partition: number, subjects: number): Promise<boolean>;
  /** Of what `room` was asked for, so many were appended; the record stands at `offset`. */
  appended(partition: number, asked: number, subjects: number, offset: number): void;
}

export interface SweepWindowOptions {
  /** Subjects of one partition, at most; more where a single record has them. */
  readonly maxAhead: number;
  /** Of all partitions: always so many, and at most. */
  readonly fewest: number;
  readonly most: number;
  /** How much longer what was appended may take until it is folded than the fastest did, in ms. */
  readonly lagMs: number;
  /** How often it is seen how far partitions are, in ms. */
  readonly pollMs: number;
}

interface Ahead {
  readonly offset: number;
  readonly subjects: number;
  readonly appendedAt: number;
}

/** A partition that folds nothing for so long has nobody who folds it, in ms. */
const standstillMs = 5_000;
/** What is seen within so many polls of the look before was folded about then. */
const timelyPolls = 4;
/** How much is taken back at a time. */
const narrowing = 0.7;

export function createSweepWindow(
  store: Pick<StateStore, "position">,
  clock: Clock,
  { maxAhead, fewest, most, lagMs, pollMs }: SweepWindowOptions,
  wanted: () => boolean,
): SweepWindow {
  let size = fewest;
  /** What it takes where nothing waits for anything. */
  let fastest = Number.POSITIVE_INFINITY;
  let narrowedAt = Number.NEGATIVE_INFINITY;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let outstanding = 0;
  const outstandingOf = new Map<number, number>();
  /** By partition, in order: what it was not seen to have folded. */
  const ahead = new Map<number, Ahead[]>();

  const count = (partition: number, subjects: number): void => {
    outstanding += subjects;
    outstandingOf.set(partition, (outstandingOf.get(partition) ?? 0) + subjects);
  };
  /** Others do not wait for a partition that nobody folds. */
  const stalled = (): number => {
    const before = clock.elapsedMs() - standstillMs;
    let subjects = 0;
    for (const [partition, [first]] of ahead)
      if (first !== undefined && first.appendedAt < before) subjects += outstandingOf.get(partition) ?? 0;
    return subjects;
  };
  const fits = (partition: number, subjects: number): boolean => {
    const own = outstandingOf.get(partition) ?? 0;
    if (own > 0 && own + subjects > maxAhead) return false;
    const all = outstanding - stalled();
    return all === 0 || all + subjects <= size;
  };
  const learn = ({ subjects, appendedAt }: Ahead): void => {
    const now = clock.elapsedMs();
    const took = now - appendedAt;
    fastest = Math.min(fastest, took);
    if (took <= fastest + lagMs) size = Math.min(most, size + Math.ceil(subjects / 2));
    else if (appendedAt >= narrowedAt) {
      // What was on its way by then says nothing of what is less now.
      narrowedAt = now;
      size = Math.max(fewest, Math.floor(size * narrowing));
    }
  };
  const look = async (): Promise<void> => {
    const asked = [...ahead].filter(([, records]) => records.length > 0);
    // Asking costs.
    const positions = await Promise.all(asked.map(([partition]) => store.position(partition)));
    // Else it was folded some time ago.
    const isTimely = clock.elapsedMs() - lookedAt <= timelyPolls * pollMs;
    lookedAt = clock.elapsedMs();
    asked.forEach(([partition, records], at) => {
      while ((records[0]?.offset ?? Number.POSITIVE_INFINITY) < (positions[at] ?? 0)) {
        const first = records.shift();
        if (first === undefined) return;
        count(partition, -first.subjects);
        if (isTimely) learn(first);
      }
    });
  };
  /** All who wait look together. */
  let looking: Promise<void> | null = null;
  const lookTogether = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };

  return {
    async room(partition, subjects) {
      for (;;) {
        if (!wanted()) return false;
        if (fits(partition, subjects)) break;
        await lookTogether();
        if (!fits(partition, subjects)) await clock.sleep(pollMs);
      }
      count(partition, subjects);
      return true;
    },
    appended(partition, asked, subjects, offset) {
      count(partition, subjects - asked);
      const records = ahead.get(partition) ?? [];
      ahead.set(partition, records);
      records.push({ offset, subjects, appendedAt: clock.elapsedMs() });
    },
  };
}
