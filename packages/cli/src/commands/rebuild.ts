/**
 * Makes the state of partitions anew: what Redis holds of them is forgotten, and their owners fold `customer-events`
 * again from its first record, from the archive where the topic begins later. What stands in `segment-changes` stands:
 * changes up to the last number there are not published again.
 */
import { type Codec, topicNames } from "@tidemark/contracts";
import type { Clock, Log, StateStore } from "@tidemark/runtime";

export interface RebuildPorts {
  readonly log: Log;
  readonly store: StateStore;
  readonly codec: Codec;
  readonly clock: Clock;
  /** A sentence now and then. */
  readonly say: (message: string) => void;
}

export interface Rebuilt {
  readonly partitions: number;
  /** Records folded again. */
  readonly records: number;
  /** The last numbers of the changes, over all partitions. */
  readonly changes: number;
}

const pollMs = 250;
const sayEveryMs = 5_000;
const standstillMs = 120_000;
/** A clock record fires so many timers at most, as those of services/segments. */
const maxTimers = 250;

/** Resolves once the partitions are folded as far as they reached when it was called. Rejects when nothing moves. */
export async function rebuild(ports: RebuildPorts, only: number | undefined): Promise<Rebuilt> {
  const { log, store, codec, clock, say } = ports;
  const topic = topicNames.customerEvents;
  const count = await log.partitionCount(topic);
  if (only !== undefined && only >= count)
    throw new Error(`there is no partition ${only}: ${topic} has ${count}, from 0`);
  const partitions = only === undefined ? Array.from({ length: count }, (_, at) => at) : [only];
  await codec.prepare(topic, ["tidemark.log.Clock"]);
  for (const partition of partitions) await store.forget(partition);
  say(`Forgotten: ${partitions.length} partitions; folding them again`);
  // An owner notices at its next commit: a record of ours brings that about where no other comes.
  for (const partition of partitions) {
    const value = codec.encode("tidemark.log.Clock", { at: clock.now(), max: maxTimers });
    await log.append(topic, partition, [{ key: null, value }]);
  }
  const ends = await log.endOffsets(topic);
  const total = partitions.reduce((sum, partition) => sum + (ends[partition] ?? 0), 0);
  let done = -1;
  let movedAt = clock.now();
  let saidAt = clock.now();
  for (;;) {
    const states = await Promise.all(partitions.map((partition) => store.load(partition)));
    const reached = states.map(({ position }, at) => Math.min(position, ends[partitions[at] ?? 0] ?? 0));
    const now = reached.reduce((sum, position) => sum + position, 0);
    if (now >= total) {
      const changes = states.reduce((sum, { sequence }) => sum + sequence, 0);
      return { partitions: partitions.length, records: total, changes };
    }
    if (now !== done) movedAt = clock.now();
    done = now;
    if (clock.now() - movedAt > standstillMs)
      throw new Error(
        `nothing has moved for ${standstillMs / 1000} s at ${now} of ${total} records: does services/segments run, and what does its log say?`,
      );
    if (clock.now() - saidAt >= sayEveryMs) {
      saidAt = clock.now();
      say(`${now} of ${total} records`);
    }
    await clock.sleep(pollMs);
  }
}
