/**
 * A steady load of live events that outlives any outage of the broker and knows for certain what it sent: it is the
 * only writer of the source topics, so after a failure the end of a partition says whether the record is there.
 */
import { type Codec, topicNames } from "@tidemark/contracts";
import { type Log, LogError } from "@tidemark/runtime";
import type { SourceEvents } from "../../packages/cli/src/demo/events.ts";
import type { Superstore } from "../../packages/cli/src/demo/superstore.ts";
import { type LiveEvent, trickle } from "../../packages/cli/src/demo/trickle.ts";
import {
  interactionRecord,
  lifecycleRecord,
  orderRecord,
} from "../../packages/cli/src/load/source-records.ts";

type Mutable = { readonly [Topic in keyof SourceEvents]: SourceEvents[Topic][number][] };

export interface SteadyLoad {
  readonly sent: SourceEvents;
  resume(): void;
  /** Resolves once every event sent is acknowledged. */
  pause(): Promise<void>;
}

const tickMs = 20;
const retryMs = 250;

export async function openSteadyLoad(
  { log, codec }: { readonly log: Log; readonly codec: Codec },
  store: Superstore,
  seed: number,
  eventsPerSecond: number,
): Promise<SteadyLoad> {
  const next = trickle(store, seed, "chaos");
  const sent: Mutable = { orders: [], interactions: [], lifecycle: [] };
  const ends = new Map<string, number[]>();
  for (const topic of [topicNames.orders, topicNames.interactions, topicNames.lifecycle])
    ends.set(topic, [...(await log.endOffsets(topic))]);
  let isRunning = false;
  let running = Promise.resolve();

  async function run(): Promise<void> {
    const startedAt = performance.now();
    for (let count = 0; isRunning; ) {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * eventsPerSecond);
      for (; count < due && isRunning; count += 1) await send(next(Date.now()));
      await sleep(tickMs);
    }
  }

  async function send(live: LiveEvent): Promise<void> {
    const { key, value } =
      live.topic === "orders"
        ? orderRecord(codec, live.event)
        : live.topic === "lifecycle"
          ? lifecycleRecord(codec, live.event)
          : interactionRecord(live.event);
    const topic = topicNames[live.topic];
    const known = ends.get(topic) ?? [];
    const partition = log.partitionFor(Buffer.from(key), known.length);
    await appendOnce(topic, partition, known[partition] ?? 0, { key: Buffer.from(key), value });
    known[partition] = (known[partition] ?? 0) + 1;
    (sent[live.topic] as unknown[]).push(live.event);
  }

  async function appendOnce(
    topic: string,
    partition: number,
    at: number,
    record: Parameters<Log["append"]>[2][number],
  ): Promise<void> {
    for (;;) {
      try {
        await log.append(topic, partition, [record]);
        return;
      } catch (error) {
        if (!(error instanceof LogError) || error.kind === "fatal") throw error;
      }
      if ((await endOf(topic, partition)) > at) return;
    }
  }

  async function endOf(topic: string, partition: number): Promise<number> {
    for (;;) {
      await sleep(retryMs);
      try {
        return (await log.endOffsets(topic))[partition] ?? 0;
      } catch (error) {
        if (!(error instanceof LogError)) throw error;
      }
    }
  }

  return {
    sent,
    resume() {
      if (isRunning) return;
      isRunning = true;
      running = run();
      running.catch(() => {});
    },
    async pause() {
      isRunning = false;
      await running;
    },
  };
}

const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
