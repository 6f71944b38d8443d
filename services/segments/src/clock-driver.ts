/**
 * Appends a clock record to a partition when a timer there is due. Only so many are on their way over all partitions
 * of the process (`clock-slots.ts`), one a partition, so a wave of expiries shares the loop with live events.
 */
import type { Clock } from "@tidemark/runtime";
import type { ClockSlots } from "./clock-slots.ts";

interface ClockTarget {
  /** By how much our clock was ahead of the broker's when a clock record of ours was read back last, in ms. */
  clockAheadMs(): number;
  /** Earliest instant at which something may be due, in ms; Infinity for nothing. A lower bound. */
  nextDueAt(): number;
  /** Asks the store for the exact instant; makes `nextDueAt` exact. */
  refreshDue(): Promise<void>;
  /** Appends a clock record that fires at most `max` timers. */
  appendClock(at: number, max: number): Promise<void>;
}

export interface ClockDriver {
  add(partition: number, target: ClockTarget): void;
  remove(partition: number): void;
  /** The partition folded records: something may be due sooner, or its clock record was read back. */
  wake(partition: number, clockRecordRead: boolean): void;
  stop(): void;
}

export interface ClockBounds {
  /** Timers fired by one clock record. */
  readonly maxTimers: number;
  /**
   * A clock record that was not read back by then takes no other's place any more, in ms: its partition is behind, and
   * the timers of others do not wait for that.
   */
  readonly slotMs: number;
  /** A clock record that was not read back by then is given up on, in ms; the next one takes its place. */
  readonly outstandingTimeoutMs: number;
}

/** A process sleeps no longer than this, in ms: it is how soon a jump of the wall clock is noticed. */
const maxSleepMs = 1_000;

export function clockDriver(
  clock: Clock,
  { maxTimers, slotMs, outstandingTimeoutMs }: ClockBounds,
  slots: ClockSlots,
  onError: (error: unknown) => void,
): ClockDriver {
  const targets = new Map<number, ClockTarget>();
  /** When a clock record was read back last. */
  const readAt = new Map<number, number>();
  /** Since when a clock record is on its way, by `elapsedMs` of the clock. */
  const outstanding = new Map<number, number>();
  /** A partition had something due and found no place. */
  let turnedAway = false;
  let cancel: (() => void) | undefined;
  let stopped = false;

  const hasPlace = (): boolean => {
    const now = clock.elapsedMs();
    let taken = 0;
    for (const since of outstanding.values()) if (now - since <= slotMs) taken += 1;
    return taken < slots.count();
  };

  /**
   * A clock record acts at the time of its append. Where our clock is ahead, one that is appended as soon as something
   * looks due fires nothing: it waits for what the clock is ahead, a second at most, since that may have changed.
   */
  const dueAt = (partition: number, target: ClockTarget): number => {
    const due = target.nextDueAt();
    const since = readAt.get(partition) ?? Number.POSITIVE_INFINITY;
    if (clock.now() < since) return due;
    return Math.max(due, Math.min(due + target.clockAheadMs(), since + maxSleepMs));
  };

  const schedule = (): void => {
    cancel?.();
    if (stopped) return;
    let next = Number.POSITIVE_INFINITY;
    for (const [partition, target] of targets) {
      if (!outstanding.has(partition)) next = Math.min(next, dueAt(partition, target));
    }
    const delayMs = hasPlace() ? Math.max(0, Math.min(next - clock.now(), maxSleepMs)) : maxSleepMs;
    cancel = clock.after(delayMs, run);
  };

  /** At the same instant whose turn was longest ago comes first. */
  const lastReadAt = (partition: number): number => readAt.get(partition) ?? 0;

  const run = (): void => {
    const now = clock.now();
    turnedAway = false;
    for (const [partition, since] of outstanding) {
      if (clock.elapsedMs() - since > outstandingTimeoutMs) outstanding.delete(partition);
    }
    const due = [...targets]
      .filter(([partition, target]) => !outstanding.has(partition) && dueAt(partition, target) <= now)
      .sort(([p, a], [q, b]) => a.nextDueAt() - b.nextDueAt() || lastReadAt(p) - lastReadAt(q));
    for (const [partition, target] of due) {
      turnedAway = !hasPlace();
      if (turnedAway) break;
      outstanding.set(partition, clock.elapsedMs());
      void append(partition, target);
    }
    schedule();
  };

  const append = async (partition: number, target: ClockTarget): Promise<void> => {
    try {
      await target.refreshDue();
      const now = clock.now();
      if (target.nextDueAt() <= now && targets.get(partition) === target) {
        await target.appendClock(now, maxTimers);
        return;
      }
    } catch (error) {
      onError(error);
      await clock.sleep(250);
    }
    outstanding.delete(partition);
    schedule();
  };

  return {
    add(partition, target) {
      targets.set(partition, target);
      schedule();
    },
    remove(partition) {
      targets.delete(partition);
      readAt.delete(partition);
      outstanding.delete(partition);
      schedule();
    },
    wake(partition, clockRecordRead) {
      if (clockRecordRead) {
        outstanding.delete(partition);
        slots.returned(turnedAway);
        readAt.set(partition, clock.now());
      }
      schedule();
    },
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
