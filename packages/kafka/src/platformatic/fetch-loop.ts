/**
 * Fills lanes: one fetch under way a broker, over every lane there that has room, so that it runs ahead of the
 * handlers and no further. What arrives for a lane that closed or moved meanwhile is dropped.
 */
import type { Consumer } from "@platformatic/kafka";
import { LogError, type Logger } from "@tidemark/runtime";
import { describeFailure } from "../failure.ts";
import { hasRoom, type Lane } from "../lanes.ts";
import { placeName } from "../place.ts";
import type { ClientOptions } from "./client.ts";
import { asReadFailure, brokerCodes, isUnknownTopic } from "./failure.ts";
import { type FetchPlace, fetchKey, fetchOnce, leaderOf, openFetchClient } from "./fetching.ts";
import { type Decoded, decodePartition } from "./records.ts";

/** How long the broker waits for records; short while a lane is full, since it may have room any moment. In ms. */
const idleWaitMs = 250;
const busyWaitMs = 20;

/** Small enough that decoding one answer does not hold up the process for long. */
const maxFetchBytes = 1_048_576;
const partitionMaxBytes = 131_072;

const firstDelayMs = 50;
const maxDelayMs = 2_000;

const topicTroubles = ["UNKNOWN_TOPIC_ID", "UNKNOWN_TOPIC_OR_PARTITION", "INCONSISTENT_TOPIC_ID"];

export interface FetchLoopEvents {
  lanes(): Iterable<Lane>;
  fill(lane: Lane, decoded: Decoded): void;
  /** The incarnation of the topic that the lane belongs to. */
  topicId(topic: string): string | undefined;
  /** A topic may be gone, or another one of the same name. */
  onTopicTrouble(): void;
  onFailure(error: unknown): void;
}

export interface FetchLoop {
  /** Looks around for lanes with room. */
  wake(): void;
  stop(): Promise<void>;
}

interface Wanted {
  readonly lane: Lane;
  readonly place: FetchPlace;
}

export function startFetchLoop(options: ClientOptions, events: FetchLoopEvents): FetchLoop {
  const consumer = openFetchClient(options);
  const busyNodes = new Set<number>();
  let stopped = false;
  let looking = false;
  let lookAgain = false;
  let failures = 0;
  let delayed: NodeJS.Timeout | undefined;

  const wake = (): void => {
    if (stopped || delayed) return;
    lookAgain = true;
    if (!looking) void look();
  };

  const backOff = (): void => {
    failures += 1;
    clearTimeout(delayed);
    delayed = setTimeout(
      () => {
        delayed = undefined;
        wake();
      },
      Math.min(firstDelayMs * 2 ** (failures - 1), maxDelayMs),
    );
  };

  const look = async (): Promise<void> => {
    looking = true;
    try {
      while (lookAgain && !stopped) {
        lookAgain = false;
        await startFetches();
      }
    } catch (error) {
      report(options.logger, failures, error);
      backOff();
    } finally {
      looking = false;
    }
  };

  const startFetches = async (): Promise<void> => {
    const lanes = [...events.lanes()];
    const wanted = lanes.filter(hasRoom).flatMap((lane) => wantedOf(lane, events));
    if (wanted.length === 0) return;
    const topics = [...new Set(wanted.map(({ place }) => place.topic))];
    for (const topic of topics) consumer.topics.track(topic);
    const metadata = await consumer.metadata({ topics, retries: 0 });
    const byNode = new Map<number, Wanted[]>();
    for (const each of wanted) {
      const node = leaderOf(metadata, each.place);
      if (node === undefined) {
        consumer.clearMetadata();
        throw new LogError("retry", `${placeName(each.place)} has no leader`);
      }
      byNode.set(node, [...(byNode.get(node) ?? []), each]);
    }
    const maxWaitMs = wanted.length < lanes.length ? busyWaitMs : idleWaitMs;
    for (const [node, share] of byNode) {
      if (!busyNodes.has(node)) void fetchFrom(node, share, maxWaitMs);
    }
  };

  const fetchFrom = async (node: number, share: readonly Wanted[], maxWaitMs: number): Promise<void> => {
    busyNodes.add(node);
    try {
      const places = share.map(({ place }) => place);
      const fetched = await fetchOnce(consumer, node, places, {
        maxWaitMs,
        maxBytes: maxFetchBytes,
        partitionMaxBytes,
      });
      failures = 0;
      for (const { lane, place } of share) {
        const partition = fetched.get(fetchKey(place.topicId, place.partition));
        if (partition === undefined || !lane.open || lane.position !== place.offset) continue;
        const decoded = decodePartition(place.topic, place.partition, partition, place.offset);
        if (decoded.nextOffset > place.offset) events.fill(lane, decoded);
      }
    } catch (error) {
      if (!stopped) await onFetchFailure(share, error);
    } finally {
      busyNodes.delete(node);
      wake();
    }
  };

  const onFetchFailure = async (share: readonly Wanted[], error: unknown): Promise<void> => {
    const codes = brokerCodes(error);
    if (codes.has("OFFSET_OUT_OF_RANGE")) {
      await reportOutOfRange(share, error);
      return;
    }
    const failure = asReadFailure("records cannot be fetched", error);
    if (failure.kind === "fatal") {
      events.onFailure(failure);
      return;
    }
    report(options.logger, failures, error);
    consumer.clearMetadata();
    if (isUnknownTopic(error) || topicTroubles.some((code) => codes.has(code))) {
      for (const { place } of share) consumer.topics.untrack(place.topic);
      events.onTopicTrouble();
    }
    backOff();
  };

  /** Names the lanes that ask for what the log does not hold: going on anywhere else would skip records. */
  const reportOutOfRange = async (share: readonly Wanted[], error: unknown): Promise<void> => {
    const held = await heldOffsets(consumer, share).catch(() => new Map<Lane, readonly [number, number]>());
    const faults = share.flatMap(({ lane, place }) => {
      const [start, end] = held.get(lane) ?? [];
      if (start === undefined || end === undefined || !lane.open) return [];
      return place.offset < start || place.offset > end
        ? [`${placeName(place)} holds ${start} to ${end}, not ${place.offset}`]
        : [];
    });
    if (faults.length === 0) {
      report(options.logger, failures, error);
      backOff();
      return;
    }
    events.onFailure(
      new LogError("fatal", `the log does not hold the position: ${faults.join("; ")}`, { cause: error }),
    );
  };

  return {
    wake,
    async stop() {
      stopped = true;
      clearTimeout(delayed);
      await consumer.close(true).catch(() => undefined);
    },
  };
}

function wantedOf(lane: Lane, events: FetchLoopEvents): readonly Wanted[] {
  const topicId = events.topicId(lane.place.topic);
  if (topicId === undefined) return [];
  return [{ lane, place: { ...lane.place, topicId, offset: lane.position } }];
}

async function heldOffsets(
  consumer: Consumer,
  share: readonly Wanted[],
): Promise<ReadonlyMap<Lane, readonly [start: number, end: number]>> {
  const topics = [...new Set(share.map(({ place }) => place.topic))];
  const starts = await consumer.listOffsets({ topics, timestamp: -2n });
  const ends = await consumer.listOffsets({ topics, timestamp: -1n, isolationLevel: 0 });
  return new Map(
    share.map(({ lane, place }) => [
      lane,
      [
        Number(starts.get(place.topic)?.[place.partition]),
        Number(ends.get(place.topic)?.[place.partition]),
      ] as const,
    ]),
  );
}

/** The first failure is news; those that follow say the same. */
function report(logger: Logger, failuresBefore: number, error: unknown): void {
  const message = `records cannot be fetched now: ${describeFailure(error)}`;
  if (failuresBefore === 0) logger.warn(message);
  else logger.debug(message);
}
