/**
 * What a process may hold in memory. Buffers have bounds of their own, which keep it below; where it is passed all the
 * same, batches are handed over one behind the other. Law M1: a batch waits for memory no longer than `pauseMs`, so
 * that one that never ends holds up no other partition for good.
 */
import type { Clock } from "./ports/clock.ts";
import type { Log } from "./ports/log.ts";

export interface MemoryBounds {
  readonly residentBytes: number;
  readonly pauseMs: number;
}

export interface MemoryGate {
  /** The same log; batches consumed through it wait where memory is short and others are in hand. */
  guard(log: Log): Log;
}

const lookMs = 50;

/** `residentBytes` answers what the process holds now. */
export function createMemoryGate(
  clock: Clock,
  bounds: MemoryBounds,
  residentBytes: () => number,
): MemoryGate {
  let inHand = 0;

  const room = async (): Promise<void> => {
    const until = clock.now() + bounds.pauseMs;
    while (inHand > 0 && residentBytes() > bounds.residentBytes && clock.now() < until)
      await clock.sleep(lookMs);
  };

  return {
    guard: (log) => ({
      ...log,
      consume: (options) =>
        log.consume({
          ...options,
          async onBatch(partition, records) {
            await room();
            inHand += 1;
            try {
              await options.onBatch(partition, records);
            } finally {
              inHand -= 1;
            }
          },
        }),
    }),
  };
}
