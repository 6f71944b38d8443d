import type { Clock } from "@tidemark/runtime";

/** Time that moves only when it is told to. */
export interface ManualClock extends Clock {
  /** Moves on, calling back what falls due on the way, in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Puts what it says on, or back, by so many ms; what waits for a delay does not notice. */
  leap(byMs: number): void;
  /** How many callbacks are waiting. */
  waiting(): number;
}

export function manualClock(start: number): ManualClock {
  let now = 0;
  let leaptMs = 0;
  let callbacks: { readonly at: number; readonly callback: () => void }[] = [];
  const after = (ms: number, callback: () => void) => {
    const entry = { at: now + ms, callback };
    callbacks.push(entry);
    return () => {
      callbacks = callbacks.filter((other) => other !== entry);
    };
  };
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => start + leaptMs + now,
    elapsedMs: () => now,
    leap(byMs) {
      leaptMs += byMs;
    },
    after,
    sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
    waiting: () => callbacks.length,
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = callbacks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        callbacks = callbacks.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.callback();
        await settle();
      }
      now = end;
    },
  };
}
