/** Reads a range of one partition, whoever else reads at the same time. */
import { type Log, LogError } from "@tidemark/runtime";
import type { KafkaClient } from "./client.ts";
import type { Fetched, FetchPlace, FetchSource } from "./fetch-source.ts";
import { askPatiently } from "./patience.ts";
import { placeName } from "./place.ts";

const bounds = { maxWaitMs: 100, maxBytes: 4_194_304, partitionMaxBytes: 1_048_576 };

/** Failures in a row after which a read is given up, and the delays between them in ms. */
const maxFailures = 10;
const firstDelayMs = 50;
const maxDelayMs = 2_000;

interface RangeReader extends Pick<Log, "read"> {
  close(): Promise<void>;
}

export function createRangeReader({
  topics,
  openFetchSource,
  asFailure,
}: Pick<KafkaClient, "openFetchSource" | "asFailure" | "topics">): RangeReader {
  let source: FetchSource | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** One fetch at a time. */
  const fetch = (place: FetchPlace): Promise<Fetched | undefined> => {
    const own = turn.then(async () => {
      source ??= openFetchSource();
      const [node] = await source.leaders([place]);
      if (node === undefined) throw new LogError("retry", `${placeName(place)} has no leader`);
      const [fetched] = await source.fetch(node, [place], bounds);
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
      const { topicId, until } = await askPatiently(`${name} cannot be read`, asFailure, () =>
        open({ topic, partition, offset: from }, to),
      );
      let failures = 0;
      for (let at = from; at < until; ) {
        let fetched: Fetched | undefined;
        try {
          fetched = await fetch({ topic, partition, topicId, offset: at });
        } catch (error) {
          const failure = asFailure(`${name} cannot be read at ${at}`, error);
          failures += 1;
          source?.forget();
          if (failure.kind !== "retry" || failures > maxFailures) throw failure;
          await new Promise((resolve) =>
            setTimeout(resolve, Math.min(firstDelayMs * 2 ** failures, maxDelayMs)),
          );
          continue;
        }
        if (fetched === undefined || fetched.nextOffset <= at) {
          failures += 1;
          if (failures > maxFailures) throw new LogError("retry", `${name} yields nothing at ${at}`);
          continue;
        }
        failures = 0;
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
