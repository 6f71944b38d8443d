/** A range of `customer-events`, from wherever it is: what retention took from the topic comes from the archive. */
import { topicNames } from "@tidemark/contracts";
import type { Log, LogRecord } from "@tidemark/runtime";
import type { Archive } from "./archive.ts";

export interface EventPorts {
  readonly log: Pick<Log, "read" | "startOffsets">;
  readonly archive?: Archive;
}

/** Reads [from, to) whole and in order. Rejects where neither holds all of it. */
export async function* readEvents(
  { log, archive }: EventPorts,
  partition: number,
  from: number,
  to: number,
): AsyncGenerator<readonly LogRecord[]> {
  const topic = topicNames.customerEvents;
  const start = archive === undefined ? 0 : ((await log.startOffsets(topic))[partition] ?? 0);
  const middle = Math.min(Math.max(from, start), to);
  if (archive !== undefined && from < middle) yield* archive.events(partition, from, middle);
  if (middle < to) yield* log.read(topic, partition, middle, to);
}
