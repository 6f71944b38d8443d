/** A backlog in customer-events, folded by one `segments` process from its start. */
import { subjectKey, topicNames } from "@tidemark/contracts";
import type { OutgoingRecord } from "@tidemark/runtime";
import type { Bench } from "./bench.ts";
import { history } from "./events.ts";
import { processUsage } from "./process-usage.ts";
import { startService } from "./service.ts";

const dayMs = 86_400_000;
const batchRecords = 1_000;

export interface SegmentsFigures {
  readonly eventsPerSecond: number;
  readonly cpuUsPerEvent: number;
  readonly changes: number;
  /** From the end of the load: timers that history armed in the past. */
  readonly settleSeconds: number;
  /** Resident memory after a fifth of the events, and after all of them: the later, the more customers there were. */
  readonly residentMiB: { readonly fifth: number; readonly end: number };
}

export async function measureSegments(
  bench: Bench,
  shape: { readonly customers: number; readonly events: number },
): Promise<SegmentsFigures> {
  bench.say(`producing ${shape.events} customer events`);
  await produceBacklog(bench, shape);
  const ends = (await bench.log.endOffsets(topicNames.customerEvents)).reduce((sum, end) => sum + end, 0);
  const segments = startService("segments", serviceEnvironment(bench), bench.folder);
  const begun = await firstProgress(bench);
  const cpuBefore = processUsage(segments.pid).cpuUs;
  let fifth = 0;
  let position = begun.position;
  while (position < ends) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    position = await bench.position();
    if (fifth === 0 && position * 5 > ends) fifth = processUsage(segments.pid).residentBytes;
  }
  const seconds = (performance.now() - begun.atMs) / 1000;
  const usage = processUsage(segments.pid);
  const folded = ends - begun.position;
  bench.say(`folded ${folded} records in ${seconds.toFixed(1)} s; settling timers`);
  await bench.drained();
  const settleSeconds = (performance.now() - begun.atMs) / 1000 - seconds;
  const changes = (await bench.log.endOffsets(topicNames.segmentChanges)).reduce((sum, end) => sum + end, 0);
  await segments.stop();
  return {
    eventsPerSecond: Math.round(folded / seconds),
    cpuUsPerEvent: round((usage.cpuUs - cpuBefore) / folded),
    changes,
    settleSeconds: round(settleSeconds),
    residentMiB: { fifth: mebibytes(fifth), end: mebibytes(usage.residentBytes) },
  };
}

export function serviceEnvironment({ env, partitions, client }: Bench): Readonly<Record<string, string>> {
  return { ...env, CUSTOMER_EVENTS_PARTITIONS: String(partitions), KAFKA_CLIENT: client };
}

/** The clock starts once the process has started, joined and taken over. */
async function firstProgress(bench: Bench): Promise<{ readonly position: number; readonly atMs: number }> {
  for (;;) {
    const position = await bench.position();
    if (position > 0) return { position, atMs: performance.now() };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function produceBacklog(
  bench: Bench,
  shape: { readonly customers: number; readonly events: number },
): Promise<void> {
  const { log, codec, partitions } = bench;
  const now = Date.now();
  const buffers: OutgoingRecord[][] = Array.from({ length: partitions }, () => []);
  const sent = new Array<number>(partitions).fill(0);
  const pending = new Set<Promise<unknown>>();
  const tails: Promise<unknown>[] = buffers.map(() => Promise.resolve());
  const flush = (partition: number): void => {
    const records = buffers[partition] ?? [];
    buffers[partition] = [];
    if (records.length === 0) return;
    const done = (tails[partition] ?? Promise.resolve()).then(() =>
      log.append(topicNames.customerEvents, partition, records),
    );
    tails[partition] = done;
    pending.add(done);
    void done.then(() => pending.delete(done));
  };
  const mark = (type: "tidemark.log.LoadBegin" | "tidemark.log.LoadEnd"): void => {
    for (let partition = 0; partition < partitions; partition += 1) {
      const value = codec.encode(type, { sourceId: "bench", sourcePartition: partition });
      buffers[partition]?.push({ key: null, value });
      flush(partition);
    }
  };
  mark("tidemark.log.LoadBegin");
  for (const event of history({ ...shape, from: now - 90 * dayMs, to: now - 2 * dayMs, seed: 7 })) {
    const key = subjectKey("customer", event.subject);
    const partition = bench.partitionOf(key);
    const value = codec.encode("tidemark.log.CustomerEvent", {
      ...event,
      subjectKind: "customer",
      eventId: null,
      sourceId: "bench",
      sourcePartition: partition,
      sourceOffset: sent[partition] ?? 0,
      ordinal: 0,
      count: 1,
    });
    sent[partition] = (sent[partition] ?? 0) + 1;
    const buffer = buffers[partition];
    buffer?.push({ key: Buffer.from(key), value });
    if ((buffer?.length ?? 0) >= batchRecords) flush(partition);
    if (pending.size > 64) await Promise.race(pending);
  }
  for (let partition = 0; partition < partitions; partition += 1) flush(partition);
  mark("tidemark.log.LoadEnd");
  await Promise.all(tails);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
