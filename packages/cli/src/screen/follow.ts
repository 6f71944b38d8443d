/** Shows changes as they come onto the topic. */
import { type Codec, type SegmentChange, topicNames } from "@tidemark/contracts";
import type { Clock, Log } from "@tidemark/runtime";
import { changeLine, type ShowInstant } from "./change-line.ts";

export interface FollowPorts {
  readonly log: Log;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  readonly showInstant: ShowInstant;
}

const pollMs = 400;
/** More than people can read: the rest is counted. */
const maxLinesAtOnce = 12;

/** From now on, until `isDone`. `onChanges` hears how many there were each time. */
export async function followChanges(
  ports: FollowPorts,
  isDone: () => boolean,
  onChanges: (count: number) => void,
): Promise<void> {
  let positions = await ports.log.endOffsets(topicNames.segmentChanges);
  while (!isDone()) {
    await ports.clock.sleep(pollMs);
    const ends = await ports.log.endOffsets(topicNames.segmentChanges);
    const changes: SegmentChange[] = [];
    for (const [partition, end] of ends.entries()) {
      const from = positions[partition] ?? 0;
      if (from < end) changes.push(...(await readChanges(ports, partition, from, end)));
    }
    positions = ends;
    onChanges(changes.length);
    changes.sort((a, b) => a.effectiveAt - b.effectiveAt);
    for (const change of changes.slice(0, maxLinesAtOnce)) ports.say(changeLine(change, ports.showInstant));
    if (changes.length > maxLinesAtOnce)
      ports.say(`... and ${changes.length - maxLinesAtOnce} more changes at once`);
  }
}

async function readChanges(
  { log, codec }: FollowPorts,
  partition: number,
  from: number,
  end: number,
): Promise<readonly SegmentChange[]> {
  const changes: SegmentChange[] = [];
  for await (const records of log.read(topicNames.segmentChanges, partition, from, end)) {
    for (const { value } of records) {
      if (value === null) continue;
      const decoded = await codec.decode(value);
      if (decoded.type === "tidemark.changes.SegmentChange") changes.push(decoded.value as SegmentChange);
    }
  }
  return changes;
}
