/**
 * How many clock records may be on their way at a time. A few always, so that a wave ends however busy the process is.
 * More while the process has time to spare: then it mostly waits for Kafka and Redis, and records side by side wait
 * together. As soon as it is busy the number goes down again, and live events have the loop.
 */
import type { Clock } from "@tidemark/runtime";

export interface SlotBounds {
  /** However busy the process is. */
  readonly fewest: number;
  readonly most: number;
  /** A process that is busy for this share of its time or more has none to spare; in percent. */
  readonly busyPercent: number;
}

export interface ClockSlots {
  count(): number;
  /** A clock record was read back; `wanted`: its place was waited for. */
  returned(wanted: boolean): void;
}

/** How often the number may change, in ms. */
const lookEveryMs = 100;
/** After so long without a look it begins anew with the fewest, in ms: the next wave may meet a busy process. */
const forgottenAfterMs = 1_000;

/** `busyPercent` answers for what share of the time since it was asked last the process was busy. */
export function clockSlots(
  clock: Pick<Clock, "elapsedMs">,
  { fewest, most, busyPercent: busyEnough }: SlotBounds,
  busyPercent: () => number,
): ClockSlots {
  let count = fewest;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let wantedSince = false;

  return {
    count: () => count,
    returned(wanted) {
      wantedSince ||= wanted;
      const sinceMs = clock.elapsedMs() - lookedAt;
      if (sinceMs < lookEveryMs) return;
      const busy = busyPercent();
      if (sinceMs > forgottenAfterMs) count = fewest;
      else if (busy >= busyEnough) count = Math.max(fewest, Math.floor(count * 0.75));
      else if (wantedSince) count = Math.min(most, count * 2);
      lookedAt = clock.elapsedMs();
      wantedSince = false;
    },
  };
}
