/**
 * What all partitions of the process share of one endpoint: so many requests at a time, and whether anything gets
 * through. One that took nothing for `silentAfterMs`, though it was tried, is silent: until it answers again one
 * message at a time is tried on it, `probeEveryMs` after the last one failed, and the others wait.
 */
import type { Clock } from "@tidemark/runtime";
import type { Endpoint } from "./endpoint.ts";
import { pause } from "./pause.ts";

/** `too late`: the endpoint is silent, and the message waited for as long as it may. */
type Admission = "admitted" | "too late" | "given up";

export interface Lane {
  readonly endpoint: Endpoint;
  /** Runs a step when there is a free place, in the order asked. */
  inTurn<Result>(step: () => Promise<Result>): Promise<Result>;
  /**
   * Waits until a message may be tried, in ms since the epoch `until` at most; whoever is admitted has to try, and to
   * tell what came of it.
   */
  admits(until: number, givenUp: AbortSignal): Promise<Admission>;
  /** Something got through, or was refused for a reason of its own. */
  answered(): void;
  /** An attempt that began at `since` came to nothing; by `elapsedMs` of the clock, as all instants of a lane but `until`. */
  failed(since: number): void;
  isSilent(): boolean;
  hasAnsweredSince(since: number): boolean;
}

export interface LaneBounds {
  readonly concurrency: number;
  readonly silentAfterMs: number;
  readonly probeEveryMs: number;
  /** The longest pause between two attempts: a failure longer ago says nothing of now. */
  readonly longestPauseMs: number;
}

export function createLane(endpoint: Endpoint, clock: Clock, bounds: LaneBounds): Lane {
  const waiting: (() => void)[] = [];
  let free = bounds.concurrency;
  let failingSince: number | null = null;
  let failedAt = Number.NEGATIVE_INFINITY;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let isProbed = false;
  let news = Promise.withResolvers<void>();

  /** What failed long ago says nothing of now. */
  const isForgotten = (now: number): boolean =>
    now - failedAt > bounds.silentAfterMs + bounds.longestPauseMs + bounds.probeEveryMs;
  const isSilent = (): boolean => {
    const now = clock.elapsedMs();
    return failingSince !== null && !isForgotten(now) && now - failingSince >= bounds.silentAfterMs;
  };
  const tell = (): void => {
    isProbed = false;
    news.resolve();
    news = Promise.withResolvers();
  };

  return {
    endpoint,
    async inTurn(step) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await step();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
    async admits(until, givenUp) {
      for (;;) {
        if (givenUp.aborted) return "given up";
        if (!isSilent()) return "admitted";
        const leftMs = until - clock.now();
        if (leftMs <= 0) return "too late";
        const probeInMs = failedAt + bounds.probeEveryMs - clock.elapsedMs();
        if (!isProbed && probeInMs <= 0) {
          isProbed = true;
          return "admitted";
        }
        const waitMs = isProbed ? leftMs : Math.min(probeInMs, leftMs);
        await pause(clock, waitMs, givenUp, news.promise);
      }
    },
    answered() {
      failingSince = null;
      answeredAt = clock.elapsedMs();
      tell();
    },
    failed(since) {
      if (failingSince === null || isForgotten(since)) failingSince = since;
      failedAt = clock.elapsedMs();
      tell();
    },
    isSilent,
    hasAnsweredSince: (since) => answeredAt >= since,
  };
}
