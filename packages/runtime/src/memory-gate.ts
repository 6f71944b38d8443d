/**
 * What a process may hold in memory. Buffers have bounds of their own, which keep what is needed below it; V8 lets what
 * nobody needs any more grow to three times as much beside it, since it does not know the bound. So near the bound that is
 * given back, and collected sooner from then on; where the bound is passed all the same, batches are handed over one
 * behind the other. Laws:
 * M1 a batch waits for memory no longer than `pauseMs`, so that one that never ends holds up no other partition for good.
 * M2 giving back stands the loop still, and so takes a twentieth of the time at most; where it brings nothing, it is
 *    tried once a minute.
 */
import type { Clock } from "./ports/clock.ts";
import type { Log } from "./ports/log.ts";

export interface MemoryBounds {
  readonly residentBytes: number;
  /** Of these: beyond it is given back. What is left is for what comes meanwhile. */
  readonly nearPercent: number;
  readonly pauseMs: number;
}

export interface MemoryGate {
  /** The same log; batches consumed through it wait where memory is short and others are in hand. */
  guard(log: Log): Log;
  /** Gives back where it is time to: to be asked now and then, since work beside batches takes memory too. */
  look(): void;
}

export interface ProcessMemory {
  /** What the process holds now. */
  residentBytes(): number;
  /**
   * Gives back to the system what nobody needs any more: V8 keeps it otherwise, for as long as it is not short. Answers
   * how long the loop stood still for it, in ms.
   */
  giveBack(): number;
  /** From now on V8 lets less of what nobody needs gather before it collects. */
  collectSooner(): void;
}

const lookMs = 50;
/** So many times as long as giving back took it is not done again. */
const restTimes = 19;
const inVainMs = 60_000;

export function createMemoryGate(clock: Clock, bounds: MemoryBounds, memory: ProcessMemory): MemoryGate {
  const nearBytes = (bounds.residentBytes * bounds.nearPercent) / 100;
  let inHand = 0;
  let gaveBackAt = Number.NEGATIVE_INFINITY;
  let restMs = 0;
  let isFirst = true;

  const look = (): void => {
    if (memory.residentBytes() <= nearBytes || clock.elapsedMs() - gaveBackAt < restMs) return;
    // Before, since V8 settles at each collection how far it lets the heap grow until the next.
    if (isFirst) memory.collectSooner();
    isFirst = false;
    const tookMs = memory.giveBack();
    gaveBackAt = clock.elapsedMs();
    restMs = memory.residentBytes() <= nearBytes ? restTimes * tookMs : inVainMs;
  };

  const isShort = (): boolean => {
    look();
    return memory.residentBytes() > bounds.residentBytes;
  };

  const room = async (): Promise<void> => {
    const until = clock.elapsedMs() + bounds.pauseMs;
    while (inHand > 0 && isShort() && clock.elapsedMs() < until) await clock.sleep(lookMs);
  };

  return {
    look,
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
