/** The `Clock` port: wall time. Core never sees it. */
export interface Clock {
  /** Milliseconds since the epoch. It may jump both ways: for instants alone. */
  now(): number;
  /** Milliseconds since some instant of this process; it never jumps: for durations and deadlines. */
  elapsedMs(): number;
  /** Calls back once after the delay; answers a function that cancels. */
  after(delayMs: number, callback: () => void): () => void;
  sleep(delayMs: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsedMs: () => performance.now(),
  after: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs);
    return () => clearTimeout(handle);
  },
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};
