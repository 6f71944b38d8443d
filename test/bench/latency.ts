/** From the sending of an event to the change it brought about, at a steady rate, every part of the path running. */
import { type SegmentChange, topicNames } from "@tidemark/contracts";
import type { Bench } from "./bench.ts";
import { serviceEnvironment } from "./segments-alone.ts";
import { startService } from "./service.ts";

const eventsPerSecond = 500;
const tickMs = 10;
const warmUpSeconds = 5;

export interface LatencyFigures {
  readonly eventsPerSecond: number;
  readonly measured: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** A page view moves a customer never seen before into `latest-page: sale`, so every event has a change. */
export async function measureLatency(bench: Bench, seconds: number): Promise<LatencyFigures> {
  const { log, codec } = bench;
  const services = ["interactions", "segments"].map((name) =>
    startService(name, serviceEnvironment(bench), bench.folder),
  );
  const sentAt = new Map<string, number>();
  const latencies: number[] = [];
  const watch = await log.consume({
    group: `bench-${process.pid}`,
    topics: [topicNames.segmentChanges],
    maxBatchRecords: 1_000,
    sessionTimeoutMs: 10_000,
    onAssigned: async (gained) => {
      const ends = await log.endOffsets(topicNames.segmentChanges);
      return gained.map((place) => ({ ...place, offset: ends[place.partition] ?? 0 }));
    },
    onRevoked: async () => {},
    onBatch: async (_, records) => {
      const now = performance.now();
      for (const record of records) {
        if (record.value === null) continue;
        const decoded = codec.decodeSync(record.value) ?? (await codec.decode(record.value));
        if (decoded.type !== "tidemark.changes.SegmentChange") continue;
        const change = decoded.value as SegmentChange;
        const sent = sentAt.get(change.subject);
        if (change.definition !== "latest-page" || change.to !== "sale" || sent === undefined) continue;
        sentAt.delete(change.subject);
        latencies.push(now - sent);
      }
    },
  });
  bench.say(`${eventsPerSecond} events/s for ${seconds} s`);
  // What runs must have started: the first events wait for that and are not measured.
  await send(bench, "warm", warmUpSeconds, new Map());
  await bench.drained();
  await send(bench, "live", seconds, sentAt);
  for (const deadline = performance.now() + 30_000; sentAt.size > 0 && performance.now() < deadline; )
    await new Promise((resolve) => setTimeout(resolve, 20));
  if (sentAt.size > 0) throw new Error(`${sentAt.size} events had no change within 30 s`);
  await watch.stop();
  await Promise.all(services.map((service) => service.stop()));
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0) * 10) /
    10;
  return { eventsPerSecond, measured: latencies.length, p50Ms: at(0.5), p99Ms: at(0.99), longestMs: at(1) };
}

/** Notes in `sentAt` when each was sent, by customer. */
async function send(bench: Bench, name: string, seconds: number, sentAt: Map<string, number>): Promise<void> {
  const { log } = bench;
  const partitions = await log.partitionCount(topicNames.interactions);
  const started = performance.now();
  const total = eventsPerSecond * seconds;
  const sending = new Set<Promise<unknown>>();
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * eventsPerSecond));
    for (; sent < due; sent += 1) {
      const customerId = `${name}-${process.pid}-${sent}`;
      const body = { name: "page.viewed", customerId, occurredAt: Date.now(), properties: { path: "/sale" } };
      const key = Buffer.from(customerId);
      sentAt.set(customerId, performance.now());
      const done = log.append(topicNames.interactions, log.partitionFor(key, partitions), [
        { key, value: Buffer.from(JSON.stringify(body)) },
      ]);
      sending.add(done);
      void done.then(() => sending.delete(done));
    }
    await new Promise((resolve) => setTimeout(resolve, tickMs));
  }
  await Promise.all(sending);
}
