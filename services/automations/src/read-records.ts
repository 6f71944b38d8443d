/** Records of `segment-changes` as what they say. */
import { type Codec, type Decoded, UnreadableError } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";

export interface ReadRecord {
  readonly record: LogRecord;
  /** Undefined where nobody can read it. */
  readonly decoded: Decoded | undefined;
  /** It was missing where it belongs, and stands in the topic: its number counts whatever the epoch is by now. */
  readonly isRepaired?: boolean;
}

/** It has to be asked for: `readRecords` does. */
export class UnknownSchema extends Error {}

/**
 * One record after the other, when it is asked for: of most changes nothing is needed once they were looked at, and they
 * are many. Throws `UnknownSchema`.
 */
export function* readEach(codec: Codec, records: readonly LogRecord[]): Generator<ReadRecord> {
  for (const record of records) yield { record, decoded: decodeKnown(codec, record) };
}

function decodeKnown(codec: Codec, { value }: LogRecord): Decoded | undefined {
  if (value === null) return undefined;
  let decoded: Decoded | undefined;
  try {
    decoded = codec.decodeSync(value);
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
  if (decoded === undefined) throw new UnknownSchema();
  return decoded;
}

/** All of them. Rejects where the schema registry is away. */
export async function readRecords(
  codec: Codec,
  records: readonly LogRecord[],
): Promise<readonly ReadRecord[]> {
  const read: ReadRecord[] = [];
  for (const record of records) read.push({ record, decoded: await decode(codec, record) });
  return read;
}

async function decode(codec: Codec, { value }: LogRecord): Promise<Decoded | undefined> {
  if (value === null) return undefined;
  try {
    return codec.decodeSync(value) ?? (await codec.decode(value));
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}
