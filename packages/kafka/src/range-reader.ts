/** Reads a range of one partition, whoever else reads at the same time. */
import { type Log, LogError } from "@tidemark/runtime";
import type { KafkaClient } from "./client.ts";
import type { Fetched, FetchPlace, FetchSource } from "./fetch-source.ts";
import { placeName } from "./place.ts";
import type { TopicOperations } from "./topics.ts";

const bounds = { maxWaitMs: 100, maxBytes: 4_194_304, partitionMaxBytes: 1_048_576 };

/** Failures in a row after which a read is given up, and the delays between them in ms. */
const maxFailures = 10;
const firstDelayMs = 50;
const maxDelayMs = 2_000;

interface RangeReader extends Pick<Log, "read"> {
  close(): Promise<void>;
}

export function createRangeReader(
  client: Pick<KafkaClient, "openFetchSource" | "asFailure" | "topics">,
  topics: TopicOperations,
): RangeReader {
  let source: FetchSource | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** One fetch at a time. */
  const fetch = (place: FetchPlace): Promise<Fetched | undefined> => {
    const own = turn.then(async () => {
      source ??= client.openFetchSource();
      const [node] = await source.leaders([place]);
      if (node === undefined) throw new LogError("retry", `${placeName(place)} has no leader`);
      const [fetched] = await source.fetch(node, [place], bounds);
      return fetched;
    });
    turn = own.catch(() => undefined);
    return own;
  };

  const open = async (place: Omit<FetchPlace, "topicId">, to: number | undefined) => {
    const { topic, partition, offset } = place;
    const state = await client.topics.state(topic).catch((error: unknown) => {
      throw client.asFailure(`${placeName(place)} cannot be read`, error);
    });
    if (state === null) throw new LogError("retry", `there is no topic ${topic}`);
    const end = (await topics.offsets(topic, to === undefined ? "last stable" : "end"))[partition];
    const start = (await topics.offsets(topic, "first"))[partition];
    if (start === undefined || end === undefined) {
      throw new LogError("fatal", `there is no partition ${placeName(place)}`);
    }
    const until = to ?? end;
    if (offset < until && (offset < start || until > end)) {
      throw new LogError("fatal", `${placeName(place)} holds ${start} to ${end}, not ${offset} to ${until}`);
    }
    return { topicId: state.id, until };
  };

  return {
    async *read(topic, partition, from, to) {
      const { topicId, until } = await open({ topic, partition, offset: from }, to);
      const name = placeName({ topic, partition });
      let failures = 0;
      for (let at = from; at < until; ) {
        let fetched: Fetched | undefined;
        try {
          fetched = await fetch({ topic, partition, topicId, offset: at });
        } catch (error) {
          const failure = client.asFailure(`${name} cannot be read at ${at}`, error);
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
