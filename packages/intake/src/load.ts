/**
 * Loads: what a source held when it was first read is history. Its end is kept in `segment-definitions`, `load-begin`
 * goes to every partition of `customer-events` before its first event, `load-end` after its last is acknowledged.
 * Both may come again after a crash; a load that ended stays ended.
 */
import { type Codec, type DefinitionRecord, UnreadableError } from "@tidemark/contracts";
import type { Log, LogRecord } from "@tidemark/runtime";

/** Offsets that a source partition held when it was first read. */
export interface LoadMark {
  readonly startOffset: number;
  /** First offset that is not part of the load. */
  readonly endOffset: number;
}

const recordType = "tidemark.definitions.DefinitionRecord";

/** Whether there was anything to load. */
export function isLoad({ startOffset, endOffset }: LoadMark): boolean {
  return startOffset < endOffset;
}

/**
 * The marks of a source by its partitions. Where two instances wrote one at the same time the first counts, and
 * `repair` lists what has to be written again so that compaction keeps it.
 */
export async function readLoadMarks(
  log: Log,
  codec: Codec,
  topic: string,
  sourceId: string,
): Promise<{
  readonly marks: ReadonlyMap<number, LoadMark>;
  readonly repair: ReadonlyMap<number, LoadMark>;
}> {
  const marks = new Map<number, LoadMark>();
  const latest = new Map<number, LoadMark>();
  const [start = 0] = await log.startOffsets(topic);
  for await (const records of log.read(topic, 0, start)) {
    for (const record of records) {
      const partition = partitionOf(record, sourceId);
      if (partition === undefined || record.value === null) continue;
      const mark = await readMark(codec, record.value);
      if (mark === undefined) continue;
      latest.set(partition, mark);
      if (!marks.has(partition)) marks.set(partition, mark);
    }
  }
  const repair = [...marks].filter(
    ([partition, mark]) => latest.get(partition)?.endOffset !== mark.endOffset,
  );
  return { marks, repair: new Map(repair) };
}

/** Keeps marks; `writtenAt` in ms. */
export async function writeLoadMarks(
  log: Log,
  codec: Codec,
  topic: string,
  sourceId: string,
  marks: ReadonlyMap<number, LoadMark>,
  writtenAt: number,
): Promise<void> {
  if (marks.size === 0) return;
  const records = [...marks].map(([partition, { startOffset, endOffset }]) => {
    const id = `${sourceId}/${partition}`;
    const document = JSON.stringify({ endOffset, startOffset });
    const value: DefinitionRecord = { kind: "load", id, filling: false, document, writtenAt };
    return { key: Buffer.from(`load/${id}`), value: codec.encode(recordType, value) };
  });
  await log.append(topic, 0, records);
}

/** The record that begins or ends the load of a source partition. */
export function loadRecord(codec: Codec, edge: "begin" | "end", sourceId: string, sourcePartition: number) {
  const type = edge === "begin" ? "tidemark.log.LoadBegin" : "tidemark.log.LoadEnd";
  return { key: null, value: codec.encode(type, { sourceId, sourcePartition }) };
}

function partitionOf({ key }: LogRecord, sourceId: string): number | undefined {
  const prefix = `load/${sourceId}/`;
  const name = key?.toString() ?? "";
  const partition = Number(name.slice(prefix.length));
  return name.startsWith(prefix) && Number.isInteger(partition) ? partition : undefined;
}

/** Undefined for what is no mark: nobody but intake writes under these keys, unless by mistake. */
async function readMark(codec: Codec, bytes: Buffer): Promise<LoadMark | undefined> {
  try {
    const { document } = (await codec.decode(bytes)).value as DefinitionRecord;
    const { endOffset, startOffset = 0 } = JSON.parse(document);
    return Number.isSafeInteger(endOffset) ? { startOffset, endOffset } : undefined;
  } catch (error) {
    if (error instanceof UnreadableError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
