/** A steady load of live events that remembers everything it sent. */
import { type Codec, topicNames } from "@tidemark/contracts";
import type { Log } from "@tidemark/runtime";
import type { SourceEvents } from "../../packages/cli/src/demo/events.ts";
import type { Superstore } from "../../packages/cli/src/demo/superstore.ts";
import { type LiveEvent, trickle } from "../../packages/cli/src/demo/trickle.ts";
import {
  interactionRecord,
  lifecycleRecord,
  orderRecord,
} from "../../packages/cli/src/load/source-records.ts";

type Sent = { readonly [Topic in keyof SourceEvents]: SourceEvents[Topic][number][] };

export interface LiveLoad {
  /** Resolves once every event sent is acknowledged. */
  stop(): Promise<Sent>;
}

const tickMs = 20;

/** `label` keeps the orders of one load apart from those of another. */
export function startLiveLoad(
  { log, codec }: { readonly log: Log; readonly codec: Codec },
  store: Superstore,
  seed: number,
  eventsPerSecond: number,
  label = "live",
): LiveLoad {
  const next = trickle(store, seed, label);
  const sent: Sent = { orders: [], interactions: [], lifecycle: [] };
  let stopped = false;
  const running = run();

  async function run(): Promise<void> {
    const startedAt = performance.now();
    for (let count = 0; !stopped; ) {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * eventsPerSecond);
      for (; count < due; count += 1) await send(next(Date.now()));
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
  }

  async function send(live: LiveEvent): Promise<void> {
    const { key, value } =
      live.topic === "orders"
        ? orderRecord(codec, live.event)
        : live.topic === "lifecycle"
          ? lifecycleRecord(codec, live.event)
          : interactionRecord(live.event);
    const partition = log.partitionFor(Buffer.from(key), await log.partitionCount(topicNames[live.topic]));
    await log.append(topicNames[live.topic], partition, [{ key: Buffer.from(key), value }]);
    (sent[live.topic] as unknown[]).push(live.event);
  }

  return {
    async stop() {
      stopped = true;
      await running;
      return sent;
    },
  };
}
