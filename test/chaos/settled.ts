/** When what had been sent at an instant is through, and when everything is. */
import { topicNames } from "@tidemark/contracts";
import type { Log, StateStore } from "@tidemark/runtime";
import type { ChaosProduct } from "./product.ts";

const sources = [topicNames.orders, topicNames.interactions, topicNames.lifecycle] as const;
const pollMs = 100;

/** Nothing is waited for longer. */
export const patienceMs = 120_000;

/**
 * Resolves once all that stood in the source topics when it was called has gone through every stage, to ClickHouse and
 * to the automations; the load goes on meanwhile. Rejects with the stage that did not get there in `patienceMs`.
 */
export async function caughtUp({ log, store }: ChaosProduct): Promise<void> {
  const deadline = Date.now() + patienceMs;
  const wait = (what: string, isThrough: () => Promise<boolean>): Promise<void> =>
    until(what, deadline, isThrough);
  for (const topic of sources) {
    const ends = await patiently(deadline, () => log.endOffsets(topic));
    await wait(topic, () => isCommitted(log, `tidemark-${topic}`, topic, ends));
  }
  const events = await patiently(deadline, () => log.endOffsets(topicNames.customerEvents));
  await wait("segments", () => isFolded(store, events));
  await wait("the archive of events", () =>
    isCommitted(log, "tidemark-warehouse", topicNames.customerEvents, events),
  );
  const changes = await patiently(deadline, () => log.endOffsets(topicNames.segmentChanges));
  for (const group of ["tidemark-warehouse", "tidemark-automations"])
    await wait(group, () => isCommitted(log, group, topicNames.segmentChanges, changes));
}

/** The warehouse commits the start of a block in hand: it is through once nothing is in hand below the end. */
async function isCommitted(
  log: Log,
  group: string,
  topic: string,
  ends: readonly number[],
): Promise<boolean> {
  const committed = await log.committed(group, topic);
  const starts = await log.startOffsets(topic);
  return ends.every((end, partition) => (committed[partition]?.offset ?? starts[partition] ?? 0) >= end);
}

async function isFolded(store: StateStore, ends: readonly number[]): Promise<boolean> {
  const states = await Promise.all(ends.map((_, partition) => store.load(partition)));
  return states.every(({ position }, partition) => position >= (ends[partition] ?? 0));
}

async function until(what: string, deadline: number, isSo: () => Promise<boolean>): Promise<void> {
  for (;;) {
    if (await isSo().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`${what}: not caught up after ${patienceMs / 1000} s`);
    await sleep(pollMs);
  }
}

/** Repeats what the fault may still keep from being answered. */
async function patiently<Result>(deadline: number, ask: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(pollMs);
    }
  }
}

export const sleep = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));
