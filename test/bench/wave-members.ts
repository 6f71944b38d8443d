/** Customers whose membership ends at an instant that is known beforehand, brought in as real events by `segments`. */
import { subjectKey, topicNames } from "@tidemark/contracts";
import type { OutgoingRecord } from "@tidemark/runtime";
import type { Bench } from "./bench.ts";

const dayMs = 86_400_000;
const batchRecords = 1_000;
const mostInFlight = 64;

/** The segment whose members leave, and one that a page view of anybody new to it enters. */
export const waveDefinitions: readonly object[] = [
  {
    kind: "segment",
    id: "active-today",
    name: "Active within a day",
    when: { count: "session.started", during: { last: "1 days" }, atLeast: 1 },
  },
  {
    kind: "segment",
    id: "seen-lately",
    name: "Seen within a week",
    when: { count: "page.viewed", during: { last: "7 days" }, atLeast: 1 },
  },
];

export interface Members {
  /** Begins the id of each; the rest is its number. */
  readonly name: string;
  readonly count: number;
  /** When the membership of the n-th ends, in ms since the epoch. Non-decreasing in n. */
  readonly endOf: (member: number) => number;
}

export const memberId = (name: string, member: number): string => `${name}-${member}`;

/** Appends one event a member, dated so that the membership ends as asked, and waits until all are folded. */
export async function bringIn(
  bench: Pick<Bench, "log" | "codec" | "partitions" | "partitionOf" | "position">,
  members: Members,
): Promise<void> {
  const { log, codec, partitions } = bench;
  const buffers: OutgoingRecord[][] = Array.from({ length: partitions }, () => []);
  const tails: Promise<unknown>[] = buffers.map(() => Promise.resolve());
  const sent = new Array<number>(partitions).fill(0);
  const pending = new Set<Promise<unknown>>();
  const flush = (partition: number): void => {
    const records = buffers[partition] ?? [];
    if (records.length === 0) return;
    buffers[partition] = [];
    const done = (tails[partition] ?? Promise.resolve()).then(() =>
      log.append(topicNames.customerEvents, partition, records),
    );
    tails[partition] = done;
    pending.add(done);
    void done.then(() => pending.delete(done));
  };
  for (let member = 0; member < members.count; member += 1) {
    const subject = memberId(members.name, member);
    const key = subjectKey("customer", subject);
    const partition = bench.partitionOf(key);
    const value = codec.encode("tidemark.log.CustomerEvent", {
      subject,
      subjectKind: "customer",
      name: "session.started",
      occurredAt: members.endOf(member) - dayMs,
      eventId: null,
      sourceId: members.name,
      sourcePartition: partition,
      sourceOffset: sent[partition] ?? 0,
      ordinal: 0,
      count: 1,
      attributes: null,
      properties: "{}",
      order: null,
    });
    sent[partition] = (sent[partition] ?? 0) + 1;
    const buffer = buffers[partition];
    buffer?.push({ key: Buffer.from(key), value });
    if ((buffer?.length ?? 0) >= batchRecords) flush(partition);
    if (pending.size > mostInFlight) await Promise.race(pending);
  }
  for (let partition = 0; partition < partitions; partition += 1) flush(partition);
  await Promise.all(tails);
  const target = (await log.endOffsets(topicNames.customerEvents)).reduce((sum, end) => sum + end, 0);
  while ((await bench.position()) < target) await new Promise((resolve) => setTimeout(resolve, 250));
}
