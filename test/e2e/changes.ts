/** A partition of `segment-changes` as its consumers see it. */
import { type Codec, type Fence, type SegmentChange, topicNames } from "@tidemark/contracts";
import type { Log } from "@tidemark/runtime";

/** What stands validly, in order: no repeats, nothing of an owner that was shut out. */
export async function validChanges(
  log: Pick<Log, "read">,
  codec: Pick<Codec, "decode">,
  partition: number,
): Promise<readonly SegmentChange[]> {
  const changes: SegmentChange[] = [];
  let epoch = 0;
  let sequence = 0;
  for await (const records of log.read(topicNames.segmentChanges, partition, 0)) {
    for (const { value } of records) {
      if (value === null) continue;
      const decoded = await codec.decode(value);
      if (decoded.type === "tidemark.changes.Fence") {
        epoch = Math.max(epoch, (decoded.value as Fence).epoch);
        continue;
      }
      const change = decoded.value as SegmentChange;
      if (change.epoch < epoch || change.sequence <= sequence) continue;
      sequence = change.sequence;
      changes.push(change);
    }
  }
  return changes;
}
