/** Waiting for what is away: a step is repeated with growing pauses, and `/ready` says meanwhile what is missing. */
import type { Clock } from "./ports/clock.ts";
import { growingDelay, type RetryDelays } from "./retry-delays.ts";
import type { Logger } from "./service.ts";

/** What keeps a service from working, by what was tried; shown on `/ready`. */
export type Troubles = Map<string, string>;

export interface Patience {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly troubles: Troubles;
  /** As they are unless set otherwise. */
  readonly retry?: RetryDelays | undefined;
  /** Told of each failure. */
  failed(): void;
}

/**
 * Repeats a step until it succeeds, and answers what it gave; undefined once nobody `wants` it any more. `what` says
 * in a few words what went wrong. Where `isFinal` says so of an error, it is thrown on.
 */
export async function patiently<Result>(
  { clock, logger, troubles, retry, failed }: Patience,
  what: string,
  wanted: () => boolean,
  step: () => Promise<Result>,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<Result | undefined> {
  const nextDelayMs = growingDelay(retry);
  try {
    while (wanted()) {
      try {
        return await step();
      } catch (error) {
        if (isFinal(error)) throw error;
        failed();
        troubles.set(what, `${what}: ${error instanceof Error ? error.message : String(error)}`);
        logger.warn({ err: error }, `${what}: tried again`);
        await clock.sleep(nextDelayMs());
      }
    }
    return undefined;
  } finally {
    troubles.delete(what);
  }
}
