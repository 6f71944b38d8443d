/**
 * Appends waiting for one topic. Laws:
 * Q1 one append in flight a partition; those of a partition go out in the order in which they were asked for.
 * Q2 appends that wait at the same time go out in one request, since a request costs more than what is in it.
 */
import { type OutgoingRecord, recordBytes } from "@tidemark/runtime";
import type { KafkaBounds } from "./bounds.ts";

export interface WaitingAppend {
  readonly partition: number;
  readonly records: readonly OutgoingRecord[];
}

interface Entry extends WaitingAppend {
  readonly bytes: number;
  readonly settle: PromiseWithResolvers<number>;
}

/** What became of one append of a request: the first record's offset, or why not. */
export type AppendOutcome = number | Error;

export interface AppendQueue {
  /** Answers the first record's offset. */
  append(partition: number, records: readonly OutgoingRecord[]): Promise<number>;
  /** Settles when nothing waits and nothing is in flight. */
  idle(): Promise<void>;
}

/**
 * `send` writes appends to different partitions and answers an outcome for each, in their order; it never rejects.
 * At most `maxRequests` of its calls are under way: one partition without a leader does not hold up the others.
 * `maxRequestBytes` are those of the records in one; one append may be larger by itself.
 */
export function createAppendQueue(
  { requests: maxRequests, requestBytes: maxRequestBytes }: Pick<KafkaBounds, "requests" | "requestBytes">,
  send: (appends: readonly WaitingAppend[]) => Promise<readonly AppendOutcome[]>,
): AppendQueue {
  let waiting: Entry[] = [];
  const inFlight = new Set<number>();
  const requests = new Set<Promise<void>>();
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    // What is asked for in the same turn goes together.
    queueMicrotask(() => {
      scheduled = false;
      while (requests.size < maxRequests) {
        const taken = take();
        if (taken.length === 0) break;
        const request = run(taken).finally(() => {
          requests.delete(request);
          schedule();
        });
        requests.add(request);
      }
    });
  };

  const take = (): readonly Entry[] => {
    const taken: Entry[] = [];
    const left: Entry[] = [];
    const busy = new Set(inFlight);
    let bytes = 0;
    for (const entry of waiting) {
      const isFree =
        !busy.has(entry.partition) && (taken.length === 0 || bytes + entry.bytes <= maxRequestBytes);
      // Whatever the reason, those behind it in the same partition wait too.
      busy.add(entry.partition);
      if (!isFree) {
        left.push(entry);
        continue;
      }
      taken.push(entry);
      bytes += entry.bytes;
    }
    waiting = left;
    return taken;
  };

  const run = async (taken: readonly Entry[]): Promise<void> => {
    for (const { partition } of taken) inFlight.add(partition);
    const outcomes = await send(taken);
    taken.forEach(({ partition, settle }, at) => {
      inFlight.delete(partition);
      const outcome = outcomes[at] ?? new Error("the request answered nothing for this append");
      if (typeof outcome === "number") settle.resolve(outcome);
      else settle.reject(outcome);
    });
  };

  return {
    append(partition, records) {
      const settle = Promise.withResolvers<number>();
      const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
      waiting.push({ partition, records, bytes, settle });
      schedule();
      return settle.promise;
    },
    async idle() {
      while (waiting.length > 0 || requests.size > 0) {
        await Promise.race([...requests, new Promise((resolve) => setImmediate(resolve))]);
      }
    },
  };
}
