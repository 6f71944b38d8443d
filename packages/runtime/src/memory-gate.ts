/**
 * What a process may hold in memory. Buffers have bounds of their own, which keep it below; where it is passed all the
 * same, what nobody needs any more is given back, and while that is not enough, batches are handed over one behind the
 * other. Law M1: a batch waits for memory no longer than `pauseMs`, so
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

export interface ProcessMemory {
  /** What the process holds now. */
  residentBytes(): number;
  /** Gives back to the system what nobody needs any more: V8 keeps it otherwise, for as long as it is not short. */
  giveBack(): void;
}

const lookMs = 50;
/** Giving back stands the loop still for up to a second. */
const giveBackEveryMs = 60_000;

export function createMemoryGate(clock: Clock, bounds: MemoryBounds, memory: ProcessMemory): MemoryGate {
  let inHand = 0;
  let gaveBackAt = Number.NEGATIVE_INFINITY;

  const isShort = (): boolean => {
    if (memory.residentBytes() <= bounds.residentBytes) return false;
    if (Math.abs(clock.now() - gaveBackAt) < giveBackEveryMs) return true;
    gaveBackAt = clock.now();
    memory.giveBack();
    return memory.residentBytes() > bounds.residentBytes;
  };

  const room = async (): Promise<void> => {
    const until = clock.now() + bounds.pauseMs;
    while (inHand > 0 && isShort() && clock.now() < until) await clock.sleep(lookMs);
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
