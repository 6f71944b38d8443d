import type { Clock, Logger } from "@tidemark/runtime";

const retryDelayMs = { first: 100, most: 5_000 };

/** What keeps the service from working, by where; shown on `/ready`. */
export type Troubles = Map<string, string>;

export interface Patience {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly troubles: Troubles;
  /** Told of each failure. */
  failed(): void;
}

/**
 * Repeats a step with growing pauses until it succeeds, and answers what it gave; undefined once nobody `wants` it any
 * more. `what` says in a few words what is waited for. Where `isFinal` says so of an error, it is thrown on.
 */
export async function patiently<Result>(
  { clock, logger, troubles, failed }: Patience,
  what: string,
  wanted: () => boolean,
  step: () => Promise<Result>,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<Result | undefined> {
  try {
    for (let delayMs = retryDelayMs.first; wanted(); delayMs = Math.min(delayMs * 2, retryDelayMs.most)) {
      try {
        return await step();
      } catch (error) {
        if (isFinal(error)) throw error;
        failed();
        troubles.set(what, `${what}: ${messageOf(error)}`);
        logger.warn({ err: error }, `${what}: tried again`);
        await clock.sleep(delayMs);
      }
    }
    return undefined;
  } finally {
    troubles.delete(what);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
