/**
 * The way to one endpoint, shared by all partitions of the process: so many requests at a time, and whether anything
 * gets through. One that took nothing for `silentAfterMs`, though it was tried, is silent: until it answers again one
 * message at a time is tried on it, `probeEveryMs` after the last one failed, and the others are refused. So a batch
 * behind the one in which it fell silent waits for it no longer than one attempt.
 */
import type { Clock } from "@tidemark/runtime";
import { longestPauseMs } from "./attempt.ts";
import type { Endpoint } from "./endpoint.ts";

export interface Lane {
  readonly endpoint: Endpoint;
  /** Runs a step when there is a free place, in the order asked. */
  inTurn<Result>(step: () => Promise<Result>): Promise<Result>;
  /** Whether a message is tried; who asks and is admitted has to try, and to tell what came of it. */
  admits(): Promise<boolean>;
  /** Something got through, or was refused for a reason of its own. */
  answered(): void;
  /** An attempt that began at `since` (ms) came to nothing. */
  failed(since: number): void;
  isSilent(): boolean;
}

export interface LaneBounds {
  readonly concurrency: number;
  readonly silentAfterMs: number;
}

const probeEveryMs = 5_000;

export function createLane(endpoint: Endpoint, clock: Clock, bounds: LaneBounds): Lane {
  const waiting: (() => void)[] = [];
  let free = bounds.concurrency;
  let failingSince: number | null = null;
  let failedAt = 0;
  let probe: PromiseWithResolvers<void> | undefined;

  /** What failed long ago says nothing of now. */
  const isForgotten = (now: number): boolean => now - failedAt > bounds.silentAfterMs + longestPauseMs;
  const isSilent = (): boolean => {
    const now = clock.now();
    return failingSince !== null && !isForgotten(now) && now - failingSince >= bounds.silentAfterMs;
  };
  const endProbe = (): void => {
    probe?.resolve();
    probe = undefined;
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
    async admits() {
      while (probe) await probe.promise;
      if (!isSilent()) return true;
      if (clock.now() - failedAt < probeEveryMs) return false;
      probe = Promise.withResolvers();
      return true;
    },
    answered() {
      failingSince = null;
      endProbe();
    },
    failed(since) {
      if (failingSince === null || isForgotten(since)) failingSince = since;
      failedAt = clock.now();
      endProbe();
    },
    isSilent,
  };
}
