/** Takes a partition over: epoch, state, fence, and what is published already (rule 2 of "Effectively once"). */
import { topicNames } from "@tidemark/contracts";
import { unpackMeta } from "@tidemark/runtime";
import type { Holding } from "./holding.ts";
import { appendFence, type Published, readPublished } from "./publisher.ts";
import type { WorkerPorts } from "./worker-ports.ts";

export async function takeOver(ports: WorkerPorts, partition: number): Promise<Holding> {
  const { store } = ports;
  let ownership = await store.takeOver(partition);
  for (;;) {
    const { position, sequence, changesOffset, definitions, ...state } = await store.load(partition);
    const meta = unpackMeta(state.meta);
    const { epoch, token } = ownership;
    const fencedAt = await appendFence(ports, partition, { epoch, token });
    const published = await publishedBetween(ports, partition, [changesOffset, fencedAt], meta.changesEpoch);
    // A store that came back younger may give an epoch that was given before: every consumer would drop its changes.
    if (published.epoch >= epoch) {
      while (ownership.epoch <= published.epoch) ownership = await store.takeOver(partition);
      continue;
    }
    return {
      ownership,
      publishedThrough: Math.max(sequence, published.sequence),
      progress: { position, sequence, changesOffset },
      meta,
      definitions: ports.definitionSets.unpack(definitions),
    };
  }
}

/** What stands in `segment-changes` from an offset on; where that was trimmed away, all the archive knows besides. */
async function publishedBetween(
  ports: WorkerPorts,
  partition: number,
  [from, to]: readonly [from: number, to: number],
  fence: number,
): Promise<Published> {
  const { log, archive } = ports;
  const start = (await log.startOffsets(topicNames.segmentChanges))[partition] ?? 0;
  const held = await readPublished(ports, partition, Math.max(from, Math.min(start, to)), to, fence);
  if (from >= start) return held;
  if (archive === undefined)
    throw new Error(`${topicNames.segmentChanges}/${partition} begins at ${start}, not at ${from}`);
  const archived = await archive.published(partition);
  return {
    sequence: Math.max(held.sequence, archived.sequence),
    epoch: Math.max(held.epoch, archived.epoch),
  };
}
