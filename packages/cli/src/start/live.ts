/** After the load: a trickle of the demo's events, and every change as it comes, until somebody stops it. */
import { type Codec, topicNames } from "@tidemark/contracts";
import { type Clock, type Log, LogError } from "@tidemark/runtime";
import type { Superstore } from "../demo/superstore.ts";
import { type LiveEvent, trickle } from "../demo/trickle.ts";
import { interactionRecord, lifecycleRecord, orderRecord } from "../load/source-records.ts";
import type { Progress } from "../progress/progress.ts";
import type { ShowInstant } from "../screen/change-line.ts";
import { followChanges } from "../screen/follow.ts";

export interface LivePorts {
  readonly log: Log;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly showInstant: ShowInstant;
}

const everyMs = 500;

/** `demo` null: no events of ours, only what time and others bring about. */
export async function goLive(
  ports: LivePorts,
  demo: { readonly store: Superstore; readonly seed: number } | null,
  isDone: () => boolean,
): Promise<void> {
  let events = 0;
  let changes = 0;
  const show = (): void =>
    ports.progress.bars([
      { name: "live events", done: events, total: 0 },
      { name: "changes", done: changes, total: 0 },
    ]);
  const following = followChanges({ ...ports, say: ports.progress.say }, isDone, (count) => {
    changes += count;
    show();
  });
  const sending = demo === null ? undefined : send(ports, demo, isDone, () => (events += 1));
  await Promise.all([following, sending]);
  ports.progress.clear();
}

async function send(
  ports: LivePorts,
  { store, seed }: { readonly store: Superstore; readonly seed: number },
  isDone: () => boolean,
  onSent: () => void,
): Promise<void> {
  const { log, clock } = ports;
  const next = trickle(store, seed, clock.now().toString(36));
  const partitions: Readonly<Record<LiveEvent["topic"], number>> = {
    orders: await log.partitionCount(topicNames.orders),
    interactions: await log.partitionCount(topicNames.interactions),
    lifecycle: await log.partitionCount(topicNames.lifecycle),
  };
  while (!isDone()) {
    const live = next(clock.now());
    const { key, value } = recordOf(ports.codec, live);
    const bytes = Buffer.from(key);
    try {
      await log.append(live.topic, log.partitionFor(bytes, partitions[live.topic]), [{ key: bytes, value }]);
      onSent();
    } catch (error) {
      if (!(error instanceof LogError) || error.kind === "fatal") throw error;
      ports.progress.say(`An event could not be sent: ${error.message}`);
    }
    await clock.sleep(everyMs);
  }
}

function recordOf(codec: Codec, live: LiveEvent): { readonly key: string; readonly value: Buffer } {
  if (live.topic === "orders") return orderRecord(codec, live.event);
  return live.topic === "lifecycle" ? lifecycleRecord(codec, live.event) : interactionRecord(live.event);
}
