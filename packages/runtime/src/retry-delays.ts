/** How long steps that failed wait before they are tried again. */
import { type Config, readConfig, type StackSettings, stackSettings } from "./config.ts";

export interface RetryDelays {
  /** Before the second try. */
  readonly firstMs: number;
  /** Each further wait is twice as long, up to this. */
  readonly mostMs: number;
}

/** As the settings of every service say. */
export function retryDelays(
  config: Pick<Config<StackSettings>, "RETRY_FIRST_MS" | "RETRY_MOST_MS">,
): RetryDelays {
  return { firstMs: config.RETRY_FIRST_MS, mostMs: config.RETRY_MOST_MS };
}

const standardDelays = retryDelays(readConfig(stackSettings, {}));

/** For one step: each call answers how long to wait now, in ms. As they are unless set otherwise. */
export function growingDelay({ firstMs, mostMs }: RetryDelays = standardDelays): () => number {
  let next = firstMs;
  return () => {
    const delayMs = Math.min(next, mostMs);
    next = delayMs * 2;
    return delayMs;
  };
}
