/**
 * An audit mark: a place in every partition and an instant, such that what is published by then can be told from the
 * tables. Laws that tests cite:
 *  U1 the mark of a partition is a clock record of ours: records below it count. Its append time is no earlier than that
 *     of any of them, and no event counts as later than its append, so at the latest of these times all are in the past.
 *  U2 it is answered once each partition is folded past it, no timer up to the instant is left (one that history armed
 *     waits for 30 s), and the archive holds all that was known by then.
 */
import { type Codec, topicNames } from "@tidemark/contracts";
import type { Clock, Log, StateStore } from "@tidemark/runtime";

export interface Mark {
  /** ms. */
  readonly at: number;
  /** By partition, the offset below which records count. */
  readonly upTo: readonly number[];
}

export interface MarkPorts {
  readonly log: Pick<Log, "append" | "read" | "committed" | "endOffsets">;
  readonly codec: Pick<Codec, "encode">;
  readonly store: Pick<StateStore, "load" | "earliestTimer">;
  readonly clock: Pick<Clock, "now" | "elapsedMs" | "sleep">;
}

/** As services/segments bounds a clock record. */
const maxTimers = 250;
/** How long a timer that history armed in the past waits in services/segments, and a second, in ms. */
const settleMs = 31_000;
const pollMs = 250;
/** The group of services/warehouse: what lies below its commits is inserted. */
const archiver = "tidemark-warehouse";

/** Why a mark is not answered yet, in a sentence. */
class UnansweredError extends Error {}

/** Puts a mark and waits for its answer; rejects with `UnansweredError` where that takes longer than `waitMs`. */
export async function answeredMark(ports: MarkPorts, partitions: number, waitMs: number): Promise<Mark> {
  const mark = await putMark(ports, partitions);
  const until = ports.clock.elapsedMs() + waitMs;
  const wait = async (step: () => Promise<string | null>): Promise<void> => {
    for (;;) {
      const reason = await step();
      if (reason === null) return;
      if (ports.clock.elapsedMs() > until) throw new UnansweredError(reason);
      await ports.clock.sleep(pollMs);
    }
  };
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  await wait(async () => {
    for (const partition of numbers) {
      const { position } = await ports.store.load(partition);
      if (position <= (mark.upTo[partition] ?? 0)) return `Partition ${partition} is not folded that far.`;
    }
    for (const partition of numbers) {
      const held = await ports.store.earliestTimer(partition, "held");
      if (held !== null && held <= mark.at) return `A load is under way in partition ${partition}.`;
      const live = await ports.store.earliestTimer(partition, "live");
      if (live !== null && live <= mark.at + settleMs)
        return `Partition ${partition} has timers of before the mark.`;
    }
    return null;
  });
  const { customerEvents, segmentChanges, rejectedEvents } = topicNames;
  const ends = new Map<string, readonly number[]>([[customerEvents, mark.upTo]]);
  for (const topic of [segmentChanges, rejectedEvents]) ends.set(topic, await ports.log.endOffsets(topic));
  await wait(async () => {
    for (const [topic, wanted] of ends) {
      const committed = await ports.log.committed(archiver, topic);
      const behind = wanted.findIndex(
        (end, partition) => end > 0 && (committed[partition]?.offset ?? 0) < end,
      );
      if (behind >= 0) return `The archive of ${topic} is behind in partition ${behind}.`;
    }
    return null;
  });
  return mark;
}

async function putMark({ log, codec, clock }: MarkPorts, partitions: number): Promise<Mark> {
  const value = codec.encode("tidemark.log.Clock", { at: clock.now(), max: maxTimers });
  const upTo: number[] = [];
  let at = 0;
  for (let partition = 0; partition < partitions; partition += 1) {
    const { baseOffset } = await log.append(topicNames.customerEvents, partition, [{ key: null, value }]);
    upTo.push(baseOffset);
    for await (const records of log.read(topicNames.customerEvents, partition, baseOffset, baseOffset + 1))
      for (const { timestamp } of records) at = Math.max(at, timestamp);
  }
  return { at, upTo };
}
