/** Whether any event was ever written to `customer-events`: from then on a new definition has to be filled. */
import { type Codec, UnreadableError } from "@tidemark/contracts";
import type { Log, LogRecord } from "@tidemark/runtime";

export interface EventPresence {
  /** Reads on where the last call stopped; true stays true. Rejects where the log or the schema registry is away. */
  eventsExist(): Promise<boolean>;
}

export function createEventPresence(
  log: Pick<Log, "startOffsets" | "endOffsets" | "read">,
  codec: Pick<Codec, "decode" | "decodeSync">,
  topic: string,
): EventPresence {
  const searched: number[] = [];
  let found = false;

  const search = async (partition: number, start: number, end: number): Promise<boolean> => {
    const from = Math.max(searched[partition] ?? 0, start);
    // Where the beginning is gone, something had been there.
    if (start > 0) return true;
    if (from >= end) return false;
    for await (const records of log.read(topic, partition, from, end)) {
      for (const record of records) if (await isEvent(codec, record)) return true;
    }
    searched[partition] = end;
    return false;
  };

  return {
    async eventsExist() {
      if (found) return true;
      const [starts, ends] = await Promise.all([log.startOffsets(topic), log.endOffsets(topic)]);
      const answers = await Promise.all(
        ends.map((end, partition) => search(partition, starts[partition] ?? 0, end)),
      );
      found = answers.includes(true);
      return found;
    },
  };
}

/** Control records come before the first event: definitions, and the beginning of loads. */
async function isEvent(codec: Pick<Codec, "decode" | "decodeSync">, { value }: LogRecord): Promise<boolean> {
  if (value === null) return false;
  try {
    return (codec.decodeSync(value) ?? (await codec.decode(value))).type === "tidemark.log.CustomerEvent";
  } catch (error) {
    if (error instanceof UnreadableError) return false;
    throw error;
  }
}
