/** Reads a range of one partition, whoever else reads at the same time. */
import type { Consumer } from "@platformatic/kafka";
import { LogError, type LogRecord } from "@tidemark/runtime";
import { placeName } from "../place.ts";
import type { ClientOptions } from "./client.ts";
import { asReadFailure, isUnknownTopic } from "./failure.ts";
import { fetchKey, fetchOnce, leaderOf, openFetchClient } from "./fetching.ts";
import { type Decoded, decodePartition } from "./records.ts";
import type { topicOperations } from "./topics.ts";

const bounds = { maxWaitMs: 100, maxBytes: 4_194_304, partitionMaxBytes: 1_048_576 };

/** Failures in a row after which a read is given up, and the delays between them in ms. */
const maxFailures = 8;
const firstDelayMs = 50;
const maxDelayMs = 2_000;

interface RangeReader {
  read(topic: string, partition: number, from: number, to?: number): AsyncIterable<readonly LogRecord[]>;
  close(): Promise<void>;
}

export function createRangeReader(
  options: ClientOptions,
  topics: Pick<ReturnType<typeof topicOperations>, "startOffsets" | "endOffsets" | "stableEndOffsets">,
): RangeReader {
  let consumer: Consumer | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const fetchRange = async (
    topic: string,
    partition: number,
    from: number,
    to: number,
  ): Promise<Decoded | null> => {
    consumer ??= openFetchClient(options);
    const metadata = await consumer.metadata({ topics: [topic], retries: 0 });
    const node = leaderOf(metadata, { topic, partition });
    const topicId = metadata.topics.get(topic)?.id;
    if (node === undefined || topicId === undefined) {
      consumer.clearMetadata();
      return null;
    }
    consumer.topics.track(topic);
    try {
      const place = { topic, partition, topicId, offset: from };
      const fetched = (await fetchOnce(consumer, node, [place], bounds)).get(fetchKey(topicId, partition));
      return fetched ? decodePartition(topic, partition, fetched, from, to) : null;
    } finally {
      consumer.topics.untrack(topic);
    }
  };

  /** One fetch at a time. */
  const inTurn = <Answer>(step: () => Promise<Answer>): Promise<Answer> => {
    const own = turn.then(step);
    turn = own.catch(() => undefined);
    return own;
  };

  return {
    async *read(topic, partition, from, to) {
      const place = placeName({ topic, partition });
      const until = to ?? (await topics.stableEndOffsets(topic))[partition];
      const [start, end] = [
        (await topics.startOffsets(topic))[partition],
        (await topics.endOffsets(topic))[partition],
      ];
      if (until === undefined || start === undefined || end === undefined) {
        throw new LogError("fatal", `there is no partition ${place}`);
      }
      if (from < until && (from < start || until > end)) {
        throw new LogError("fatal", `${place} holds ${start} to ${end}, not ${from} to ${until}`);
      }
      let failures = 0;
      for (let at = from; at < until; ) {
        try {
          const offset = at;
          const decoded = await inTurn(() => fetchRange(topic, partition, offset, until));
          if (decoded === null || decoded.nextOffset === at) {
            failures += 1;
            if (failures > maxFailures) throw new LogError("retry", `${place} yields nothing at ${at}`);
            continue;
          }
          failures = 0;
          at = decoded.nextOffset;
          if (decoded.records.length > 0) yield decoded.records;
        } catch (error) {
          const failure = asReadFailure(`${place} cannot be read at ${at}`, error);
          failures += 1;
          if (failure.kind !== "retry" || failures > maxFailures || error instanceof LogError) throw failure;
          if (isUnknownTopic(error)) consumer?.clearMetadata();
          await new Promise((resolve) =>
            setTimeout(resolve, Math.min(firstDelayMs * 2 ** failures, maxDelayMs)),
          );
        }
      }
    },
    async close() {
      await turn;
      await consumer?.close(true);
    },
  };
}
