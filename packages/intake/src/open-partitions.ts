/** What happens to source partitions before the first record of theirs is taken. */
import type { TopicPartition } from "@tidemark/runtime";
import { isLoad, type LoadMark, loadRecord, readLoadMarks, writeLoadMarks } from "./load.ts";
import type { LoopContext, LoopStart } from "./partition-loop.ts";

/** Where to go on in each partition. Keeps the marks of loads and begins those that are not over. */
export async function openPartitions(
  context: LoopContext,
  gained: readonly TopicPartition[],
): Promise<readonly LoopStart[]> {
  const { log, group, source } = context;
  const [committed, starts] = await Promise.all([
    log.committed(group, source.topic),
    log.startOffsets(source.topic),
  ]);
  const marks = await keepMarks(context, gained, committed, starts);
  const opened = gained.map(({ partition }): LoopStart => {
    const position = committed[partition]?.offset ?? -1;
    const mark = marks.get(partition);
    const isOpen = mark !== undefined && isLoad(mark) && position < mark.endOffset;
    const offset = Math.max(position, starts[partition] ?? 0);
    return { partition, offset, loadEnd: isOpen ? mark.endOffset : null };
  });
  await beginLoads(
    context,
    opened.filter(({ loadEnd }) => loadEnd !== null),
  );
  return opened;
}

/** The marks of the source, written now for partitions that have none: this is their first start. */
async function keepMarks(
  context: LoopContext,
  gained: readonly TopicPartition[],
  committed: readonly ({ readonly offset: number } | null)[],
  starts: readonly number[],
): Promise<ReadonlyMap<number, LoadMark>> {
  const { log, codec, source, topics, patience } = context;
  const ends = await log.endOffsets(source.topic);
  const read = () => readLoadMarks(log, codec, topics.segmentDefinitions, source.sourceId);
  const write = (marks: ReadonlyMap<number, LoadMark>) =>
    writeLoadMarks(log, codec, topics.segmentDefinitions, source.sourceId, marks, patience.clock.now());
  const known = await read();
  const fresh = new Map<number, LoadMark>();
  for (const { partition } of gained) {
    if (known.marks.has(partition)) continue;
    const position = committed[partition]?.offset;
    const startOffset = position ?? starts[partition] ?? 0;
    // A group that has a position and no mark has read this before: there is nothing to load.
    fresh.set(partition, { startOffset, endOffset: position ?? ends[partition] ?? startOffset });
  }
  if (fresh.size === 0) return known.marks;
  await write(fresh);
  const { marks, repair } = await read();
  await write(repair);
  return marks;
}

async function beginLoads(context: LoopContext, loads: readonly LoopStart[]): Promise<void> {
  if (loads.length === 0) return;
  const { log, codec, source, topics, partitions } = context;
  const records = loads.map(({ partition }) => loadRecord(codec, "begin", source.sourceId, partition));
  await Promise.all(
    Array.from({ length: partitions }, (_, target) => log.append(topics.customerEvents, target, records)),
  );
}
