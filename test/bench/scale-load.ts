/** A steady load in which every partition has its turn, straight into the topic that a service reads. */
import { subjectKey, topicNames } from "@tidemark/contracts";
import type { OutgoingRecord } from "@tidemark/runtime";
import type { Bench } from "./bench.ts";

export interface ScaleLoad {
  /** Records that were acknowledged so far. */
  sent(): number;
  /** Resolves once every record sent is acknowledged. */
  stop(): Promise<void>;
}

const tickMs = 10;

/** Makes the record that is the `count`th of a partition. */
export type RecordOf = (partition: number, count: number) => OutgoingRecord;

export function startScaleLoad(
  { log }: Bench,
  topic: string,
  partitions: number,
  recordsPerSecond: number,
  recordOf: RecordOf,
): ScaleLoad {
  const counts = new Array<number>(partitions).fill(0);
  const sending = new Set<Promise<unknown>>();
  let acknowledged = 0;
  let stopped = false;
  const running = (async () => {
    const startedAt = performance.now();
    for (let sent = 0; !stopped; ) {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * recordsPerSecond);
      for (; sent < due; sent += 1) {
        const partition = sent % partitions;
        const record = recordOf(partition, counts[partition] ?? 0);
        counts[partition] = (counts[partition] ?? 0) + 1;
        const done = log.append(topic, partition, [record]).then(() => {
          acknowledged += 1;
          sending.delete(done);
        });
        sending.add(done);
      }
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
    await Promise.all(sending);
  })();
  return {
    sent: () => acknowledged,
    async stop() {
      stopped = true;
      await running;
    },
  };
}

/** A page view by a customer never seen before, which moves it into `latest-page: sale`: each event has a change. */
export function canonicalEvents({ codec, partitionOf }: Bench, label: string): RecordOf {
  const waiting = new Map<number, string[]>();
  let candidates = 0;
  const subjectIn = (partition: number): string => {
    for (;;) {
      const found = waiting.get(partition)?.shift();
      if (found !== undefined) return found;
      const subject = `${label}-${candidates}`;
      candidates += 1;
      const own = partitionOf(subjectKey("customer", subject));
      waiting.set(own, [...(waiting.get(own) ?? []), subject]);
    }
  };
  return (partition, count) => {
    const subject = subjectIn(partition);
    const value = codec.encode("tidemark.log.CustomerEvent", {
      subjectKind: "customer",
      subject,
      name: "page.viewed",
      occurredAt: Date.now(),
      attributes: null,
      properties: JSON.stringify({ path: "/sale" }),
      order: null,
      eventId: null,
      sourceId: label,
      sourcePartition: partition,
      sourceOffset: count,
      ordinal: 0,
      count: 1,
    });
    return { key: Buffer.from(subjectKey("customer", subject)), value };
  };
}

export function pageViews(label: string): RecordOf {
  return (partition, count) => {
    const customerId = `${label}-${partition}-${count}`;
    const body = { name: "page.viewed", customerId, occurredAt: Date.now(), properties: { path: "/sale" } };
    return { key: Buffer.from(customerId), value: Buffer.from(JSON.stringify(body)) };
  };
}

export const sourceOfPageViews = topicNames.interactions;
