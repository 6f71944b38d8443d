/** Sends the run's events at a rate, and knows when each was sent. */
import { type Codec, topicNames } from "@tidemark/contracts";
import type { Log, OutgoingRecord } from "@tidemark/runtime";
import { customerName, eventAt, type RunEvent, sourceOf } from "./events.ts";

export interface Run {
  readonly seed: number;
  readonly customers: number;
}

export interface Sent {
  readonly event: RunEvent;
  /** ms since the epoch. */
  readonly occurredAt: number;
}

export interface Producer {
  /** Events acknowledged so far. */
  count(): number;
  /** Sends `count` events as fast as they are taken. */
  burst(count: number): Promise<void>;
  /** Sends so many a second for so long; answers what it came to, in events a second. */
  steady(perSecond: number, seconds: number): Promise<number>;
  /** Every event sent, in order. */
  all(): Generator<Sent>;
}

const tickMs = 50;
const burstRecords = 4_000;
/** Ticks whose appends are under way at most. */
const maxTicks = 8;

export async function openProducer(
  { log, codec }: { readonly log: Log; readonly codec: Codec },
  run: Run,
): Promise<Producer> {
  /** From which event on they were sent at which instant. */
  const ticks: { readonly from: number; readonly at: number }[] = [];
  let sent = 0;
  const partitions = await log.partitionCount(topicNames.orders);
  const customers = Array.from({ length: run.customers }, (_, customer) => {
    const key = Buffer.from(customerName(customer));
    return { key, partition: log.partitionFor(key, partitions) };
  });

  /** One batch a partition, all at once. */
  async function send(count: number): Promise<void> {
    const occurredAt = Date.now();
    ticks.push({ from: sent, at: occurredAt });
    const batches = new Map<string, { topic: string; partition: number; records: OutgoingRecord[] }>();
    for (const end = sent + count; sent < end; sent += 1) {
      const event = eventAt(sent, run.seed, run.customers);
      const { topic, value } = sourceOf(codec, sent, event, occurredAt);
      const customer = customers[event.customer];
      if (customer === undefined) throw new RangeError(`there is no customer ${event.customer}`);
      const { key, partition } = customer;
      const name = `${topic}/${partition}`;
      const batch = batches.get(name) ?? { topic, partition, records: [] };
      batches.set(name, batch);
      batch.records.push({ key, value });
    }
    await Promise.all(
      [...batches.values()].map(({ topic, partition, records }) => log.append(topic, partition, records)),
    );
  }

  return {
    count: () => sent,
    async burst(count) {
      for (let left = count; left > 0; left -= burstRecords) await send(Math.min(left, burstRecords));
    },
    async steady(perSecond, seconds) {
      const [began, from] = [performance.now(), sent];
      const underWay = new Set<Promise<void>>();
      let fault: unknown;
      for (let elapsedMs = 0; elapsedMs < seconds * 1_000 && fault === undefined; ) {
        const due = Math.floor((Math.min(elapsedMs, seconds * 1_000) / 1_000) * perSecond) - (sent - from);
        if (due > 0) {
          const tick = send(Math.min(due, burstRecords))
            .catch((error: unknown) => {
              fault = error;
            })
            .finally(() => underWay.delete(tick));
          underWay.add(tick);
        }
        if (underWay.size >= maxTicks) await Promise.race(underWay);
        else await new Promise((resolve) => setTimeout(resolve, due > burstRecords ? 0 : tickMs));
        elapsedMs = performance.now() - began;
      }
      await Promise.all(underWay);
      if (fault !== undefined) throw fault;
      return (sent - from) / ((performance.now() - began) / 1_000);
    },
    *all() {
      for (const [at, tick] of ticks.entries()) {
        const end = ticks[at + 1]?.from ?? sent;
        for (let index = tick.from; index < end; index += 1)
          yield { event: eventAt(index, run.seed, run.customers), occurredAt: tick.at };
      }
    },
  };
}
