/**
 * Reads a range of one partition, whoever else reads at the same time. What is asked of a broker goes by what is wanted:
 * a short range would otherwise be a few records of many that were fetched for nothing.
 */
import { growingDelay, type Log, LogError } from "@tidemark/runtime";
import { type KafkaBounds, standardBounds } from "./bounds.ts";
import type { KafkaClient } from "./client.ts";
import type { Fetched, FetchPlace, FetchSource } from "./fetch-source.ts";
import { askPatiently } from "./patience.ts";
import { placeName } from "./place.ts";

const maxWaitMs = 100;
/** Bytes asked for at a time. A batch that is larger comes all the same. */
const fewestBytes = 16_384;
const mostBytes = 1_048_576;
/** Of records in a topic of which none was read yet. */
const unknownRecordBytes = 512;

/** Failures in a row after which a read is given up. */
const maxFailures = 10;

interface RangeReader extends Pick<Log, "read"> {
  close(): Promise<void>;
}

export function createRangeReader(
  { topics, openFetchSource, asFailure }: Pick<KafkaClient, "openFetchSource" | "asFailure" | "topics">,
  { readRetry, askRetry }: Pick<KafkaBounds, "readRetry" | "askRetry"> = standardBounds,
): RangeReader {
  let source: FetchSource | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  /** By topic, of what was read last. */
  const recordBytes = new Map<string, number>();

  const bytesFor = ({ topic, offset }: FetchPlace, until: number): number => {
    const wanted = (until - offset) * (recordBytes.get(topic) ?? unknownRecordBytes);
    return Math.min(Math.max(wanted, fewestBytes), mostBytes);
  };

  /** One fetch at a time. */
  const fetch = (place: FetchPlace, until: number): Promise<Fetched | undefined> => {
    const own = turn.then(async () => {
      source ??= openFetchSource();
      const [node] = await source.leaders([place]);
      if (node === undefined) throw new LogError("retry", `${placeName(place)} has no leader`);
      const bytes = Math.ceil(bytesFor(place, until));
      const [fetched] = await source.fetch(node, [place], {
        maxWaitMs,
        maxBytes: bytes,
        partitionMaxBytes: bytes,
      });
      if (fetched !== undefined && fetched.nextOffset > place.offset)
        recordBytes.set(place.topic, fetched.bytes / (fetched.nextOffset - place.offset));
      return fetched;
    });
    turn = own.catch(() => undefined);
    return own;
  };

  const open = async ({ topic, partition, offset }: Omit<FetchPlace, "topicId">, to: number | undefined) => {
    const state = await topics.state(topic);
    if (state === null) throw new LogError("retry", `there is no topic ${topic}`);
    const name = placeName({ topic, partition });
    if (partition < 0 || partition >= state.partitions) {
      throw new LogError("fatal", `there is no partition ${name}: the topic has ${state.partitions}`);
    }
    const [starts, ends] = await Promise.all([
      topics.offsets(topic, state.partitions, "first"),
      topics.offsets(topic, state.partitions, to === undefined ? "last stable" : "end"),
    ]);
    const [start = 0, end = 0] = [starts[partition], ends[partition]];
    const until = to ?? end;
    if (offset < until && (offset < start || until > end)) {
      throw new LogError("fatal", `${name} holds ${start} to ${end}, not ${offset} to ${until}`);
    }
    return { topicId: state.id, until };
  };

  return {
    async *read(topic, partition, from, to) {
      if (to !== undefined && from >= to) return;
      const name = placeName({ topic, partition });
      const { topicId, until } = await askPatiently(`${name} cannot be read`, asFailure, askRetry, () =>
        open({ topic, partition, offset: from }, to),
      );
      let failures = 0;
      let nextDelayMs = growingDelay(readRetry);
      for (let at = from; at < until; ) {
        let fetched: Fetched | undefined;
        try {
          fetched = await fetch({ topic, partition, topicId, offset: at }, until);
        } catch (error) {
          const failure = asFailure(`${name} cannot be read at ${at}`, error);
          failures += 1;
          source?.forget();
          if (failure.kind !== "retry" || failures > maxFailures) throw failure;
          await new Promise((resolve) => setTimeout(resolve, nextDelayMs()));
          continue;
        }
        if (fetched === undefined || fetched.nextOffset <= at) {
          failures += 1;
          if (failures > maxFailures) throw new LogError("retry", `${name} yields nothing at ${at}`);
          continue;
        }
        failures = 0;
        nextDelayMs = growingDelay(readRetry);
        at = fetched.nextOffset;
        const isWhole = (fetched.records.at(-1)?.offset ?? 0) < until;
        const records = isWhole ? fetched.records : fetched.records.filter(({ offset }) => offset < until);
        if (records.length > 0) yield records;
      }
    },
    async close() {
      await turn;
      await source?.close();
    },
  };
}
