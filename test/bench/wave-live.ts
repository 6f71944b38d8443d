/** A steady rate of page views while the wave runs, half of members of the wave, half of customers never seen before. */
import { subjectKey, topicNames } from "@tidemark/contracts";
import type { OutgoingRecord } from "@tidemark/runtime";
import type { Bench } from "./bench.ts";
import { type Members, memberId } from "./wave-members.ts";
import type { WaveWatch } from "./wave-watch.ts";

const tickMs = 10;

export interface LiveEvents {
  /** Resolves when what was sent is acknowledged. */
  stop(): Promise<void>;
}

/** Tells the watch when each was due to be sent: an event that is sent late is late. */
export function startLiveEvents(
  bench: Bench,
  members: Members,
  eventsPerSecond: number,
  { sentAt, touched }: Pick<WaveWatch, "sentAt" | "touched">,
): LiveEvents {
  const { log, codec } = bench;
  const startedAt = performance.now();
  const offsets = new Map<number, number>();
  const sending = new Set<Promise<unknown>>();
  let sent = 0;
  let failure: unknown;

  const subjectOf = (index: number): string => {
    if (index % 2 === 1 || index / 2 >= members.count) return memberId(`${members.name}-live`, index);
    // A prime that divides no number of members used here, so each has one event only.
    const member = ((index / 2) * 7_919) % members.count;
    touched[member] = 1;
    return memberId(members.name, member);
  };

  const tick = (): void => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * eventsPerSecond);
    const byPartition = new Map<number, OutgoingRecord[]>();
    for (; sent < due; sent += 1) {
      const subject = subjectOf(sent);
      const key = subjectKey("customer", subject);
      const partition = bench.partitionOf(key);
      const offset = offsets.get(partition) ?? 0;
      offsets.set(partition, offset + 1);
      const value = codec.encode("tidemark.log.CustomerEvent", {
        subject,
        subjectKind: "customer",
        name: "page.viewed",
        occurredAt: Date.now(),
        eventId: null,
        sourceId: `${members.name}-live`,
        sourcePartition: partition,
        sourceOffset: offset,
        ordinal: 0,
        count: 1,
        attributes: null,
        properties: '{"path":"/sale"}',
        order: null,
      });
      sentAt.set(subject, startedAt + (sent * 1000) / eventsPerSecond);
      const records = byPartition.get(partition) ?? [];
      byPartition.set(partition, records);
      records.push({ key: Buffer.from(key), value });
    }
    for (const [partition, records] of byPartition) {
      const done = log.append(topicNames.customerEvents, partition, records).catch((error) => {
        failure = error;
      });
      sending.add(done);
      void done.then(() => sending.delete(done));
    }
  };
  const timer = setInterval(tick, tickMs);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(sending);
      if (failure !== undefined) throw failure;
    },
  };
}
