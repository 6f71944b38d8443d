/** From the source topics through intake and `segments` to segment-changes, as a backlog that is worked off. */
import { topicNames } from "@tidemark/contracts";
import type { OutgoingRecord } from "@tidemark/runtime";
import type { Bench } from "./bench.ts";
import { processUsage } from "./process-usage.ts";
import { seededRandom } from "./random.ts";
import { serviceEnvironment } from "./segments-alone.ts";
import { startService } from "./service.ts";

export interface PathFigures {
  readonly eventsPerSecond: number;
  /** Of each process, over all events of the run. */
  readonly cpuUsPerEvent: Readonly<Record<string, number>>;
}

const batchRecords = 1_000;
const services = ["orders", "interactions", "segments"] as const;

export async function measurePath(bench: Bench, events: number, customers: number): Promise<PathFigures> {
  bench.say(`producing ${events} source events`);
  await produceSources(bench, events, customers);
  const before = await bench.position();
  const running = services.map((name) => ({
    name,
    process: startService(name, serviceEnvironment(bench), bench.folder),
  }));
  while ((await bench.position()) <= before) await new Promise((resolve) => setTimeout(resolve, 20));
  const startedAt = performance.now();
  const cpuBefore = running.map(({ process }) => processUsage(process.pid).cpuUs);
  // Records of customer-events, loads and clocks among them, so the last event counts and not the number.
  while (!(await isIntakeDone(bench))) await new Promise((resolve) => setTimeout(resolve, 50));
  const target = (await bench.log.endOffsets(topicNames.customerEvents)).reduce((sum, end) => sum + end, 0);
  while ((await bench.position()) < target) await new Promise((resolve) => setTimeout(resolve, 20));
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuUsPerEvent = Object.fromEntries(
    running.map(({ name, process }, at) => [
      name,
      Math.round(((processUsage(process.pid).cpuUs - (cpuBefore[at] ?? 0)) / events) * 100) / 100,
    ]),
  );
  bench.say(`carried ${events} source events in ${seconds.toFixed(1)} s`);
  await Promise.all(running.map(({ process }) => process.stop()));
  return { eventsPerSecond: Math.round(events / seconds), cpuUsPerEvent };
}

/** Whether the intake services have committed up to the ends of their topics. */
async function isIntakeDone({ log }: Bench): Promise<boolean> {
  for (const topic of [topicNames.orders, topicNames.interactions]) {
    const committed = await log.committed(`tidemark-${topic}`, topic);
    const ends = await log.endOffsets(topic);
    if (ends.some((end, partition) => (committed[partition]?.offset ?? 0) < end)) return false;
  }
  return true;
}

/** A third orders in Avro, the rest interactions in JSON, of the last half hour. */
async function produceSources(bench: Bench, events: number, customers: number): Promise<void> {
  const { log, codec } = bench;
  await codec.prepare(topicNames.orders, ["tidemark.source.OrderEvent"]);
  const random = seededRandom(11);
  const start = Date.now() - 1_800_000;
  const counts = {
    orders: await log.partitionCount(topicNames.orders),
    interactions: await log.partitionCount(topicNames.interactions),
  };
  const buffers = new Map<string, OutgoingRecord[]>();
  for (let index = 0; index < events; index += 1) {
    const customerId = `c${Math.floor(random() * customers)}`;
    const occurredAt = start + Math.floor((1_700_000 * index) / events);
    const topic = index % 3 === 0 ? topicNames.orders : topicNames.interactions;
    const key = Buffer.from(customerId);
    const value =
      topic === topicNames.orders
        ? codec.encode("tidemark.source.OrderEvent", order(`p${index}`, customerId, occurredAt, random))
        : Buffer.from(
            JSON.stringify({ name: "page.viewed", customerId, occurredAt, properties: { path: "/sale" } }),
          );
    const partition = log.partitionFor(key, counts[topic]);
    const name = `${topic}/${partition}`;
    const buffer = buffers.get(name) ?? [];
    buffers.set(name, buffer);
    buffer.push({ key, value });
    if (buffer.length < batchRecords) continue;
    buffers.set(name, []);
    await log.append(topic, partition, buffer);
  }
  for (const [name, buffer] of buffers) {
    const [topic = "", partition] = name.split("/");
    if (buffer.length > 0) await log.append(topic, Number(partition), buffer);
  }
}

function order(orderId: string, customerId: string, occurredAt: number, random: () => number): object {
  const price = Math.round(random() * 10_000) / 100;
  return {
    type: "order.placed",
    orderId,
    customerId,
    previousCustomerId: null,
    companyId: null,
    occurredAt,
    eventId: null,
    version: null,
    total: price * 2,
    refund: null,
    currency: null,
    channel: "web",
    country: "DE",
    items: [{ sku: "s1", name: null, category: "books", quantity: 2, price }],
    properties: null,
  };
}
