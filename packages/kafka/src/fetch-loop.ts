/**
 * Fills lanes: one fetch under way a broker, over every lane there that has room, so that it runs ahead of the
 * handlers and no further. What arrives for a lane that closed or moved meanwhile is dropped.
 */
import { type ConsumeOptions, growingDelay, LogError, type Logger } from "@tidemark/runtime";
import type { KafkaBounds } from "./bounds.ts";
import { describeFailure } from "./failure.ts";
import type { Fetched, FetchPlace, FetchSource } from "./fetch-source.ts";
import { hasRoom, type Lane } from "./lanes.ts";
import { placeName } from "./place.ts";
import { withinTime } from "./within-time.ts";

/** How long the broker waits for records; short while a lane is full, since it may have room any moment. In ms. */
const idleWaitMs = 250;
const busyWaitMs = 20;

export interface FetchLoopEvents {
  lanes(): Iterable<Lane>;
  fill(lane: Lane, fetched: Fetched): void;
  /** The incarnation of the topic that the lane belongs to; undefined while there is none. */
  topicId(topic: string): string | undefined;
  /** First offset held and end of each place, in their order. */
  heldOffsets(places: readonly FetchPlace[]): Promise<readonly (readonly [start: number, end: number])[]>;
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

/** A fetch that nobody answers would stand for ever: behind twice the time for a request it is given up with its source. */
class Unanswered extends Error {}

export function startFetchLoop(
  openSource: () => FetchSource,
  logger: Logger,
  events: FetchLoopEvents,
  {
    fetchBytes,
    partitionFetchBytes,
    requestTimeoutMs,
    readRetry,
    patientBytes,
  }: Pick<KafkaBounds, "fetchBytes" | "partitionFetchBytes" | "requestTimeoutMs" | "readRetry"> &
    Required<Pick<ConsumeOptions, "patientBytes">>,
): FetchLoop {
  let source = openSource();
  const answered = <Answer>(asked: Promise<Answer>): Promise<Answer> =>
    withinTime(asked, 2 * requestTimeoutMs, (message) => new Unanswered(message));
  const bytes = { minBytes: patientBytes, maxBytes: fetchBytes, partitionMaxBytes: partitionFetchBytes };
  const busyNodes = new Set<number>();
  let stopped = false;
  let looking = false;
  let lookAgain = false;
  let failures = 0;
  let nextDelayMs = growingDelay(readRetry);
  let delayed: NodeJS.Timeout | undefined;

  const wake = (): void => {
    if (stopped || delayed) return;
    lookAgain = true;
    if (!looking) void look();
  };

  const look = async (): Promise<void> => {
    looking = true;
    try {
      while (lookAgain && !stopped) {
        lookAgain = false;
        await startFetches();
      }
    } catch (error) {
      onFailure(error);
    } finally {
      looking = false;
    }
  };

  const startFetches = async (): Promise<void> => {
    const lanes = [...events.lanes()];
    const wanted = lanes.filter(hasRoom).flatMap((lane): Wanted[] => {
      const topicId = events.topicId(lane.place.topic);
      return topicId === undefined
        ? []
        : [{ lane, place: { ...lane.place, topicId, offset: lane.position } }];
    });
    if (wanted.length === 0) return;
    const leaders = await answered(source.leaders(wanted.map(({ place }) => place)));
    const byNode = Map.groupBy(wanted, (_, at) => leaders[at] ?? -1);
    const maxWaitMs = wanted.length < lanes.length ? busyWaitMs : idleWaitMs;
    for (const [node, share] of byNode) {
      if (!busyNodes.has(node)) void fetchFrom(node, share, maxWaitMs);
    }
  };

  const fetchFrom = async (node: number, share: readonly Wanted[], maxWaitMs: number): Promise<void> => {
    busyNodes.add(node);
    try {
      const places = share.map(({ place }) => place);
      const fetched = await answered(source.fetch(node, places, { maxWaitMs, ...bytes }));
      failures = 0;
      nextDelayMs = growingDelay(readRetry);
      share.forEach(({ lane, place }, at) => {
        const own = fetched[at];
        const isAsked = lane.open && lane.position === place.offset;
        if (own && isAsked && own.nextOffset > place.offset) events.fill(lane, own);
      });
    } catch (error) {
      if (!stopped) {
        if (source.troubleOf(error) === "out of range") await reportOutOfRange(share, error);
        else onFailure(error);
      }
    } finally {
      busyNodes.delete(node);
      wake();
    }
  };

  const onFailure = (error: unknown): void => {
    if (stopped) return;
    const trouble = source.troubleOf(error);
    const message = `records cannot be fetched: ${describeFailure(error)}`;
    if (trouble === "refused") {
      events.onFailure(new LogError("fatal", message, { cause: error }));
      return;
    }
    // A leader that moves is no news; the failure that stays is, once.
    if (failures === 2) logger.warn(message);
    else logger.debug(message);
    if (error instanceof Unanswered) {
      void source.close();
      source = openSource();
    } else source.forget();
    if (trouble === "topic") events.onTopicTrouble();
    backOff();
  };

  const backOff = (): void => {
    failures += 1;
    clearTimeout(delayed);
    delayed = setTimeout(() => {
      delayed = undefined;
      wake();
    }, nextDelayMs());
  };

  /** Names the lanes that ask for what the log does not hold: going on anywhere else would skip records. */
  const reportOutOfRange = async (share: readonly Wanted[], error: unknown): Promise<void> => {
    const held = await events.heldOffsets(share.map(({ place }) => place)).catch(() => []);
    const faults = share.flatMap(({ lane, place }, at) => {
      const [start, end] = held[at] ?? [];
      if (start === undefined || end === undefined || !lane.open) return [];
      const isHeld = place.offset >= start && place.offset <= end;
      return isHeld ? [] : [`${placeName(place)} holds ${start} to ${end}, not ${place.offset}`];
    });
    if (faults.length === 0) {
      // A replica that is behind, or a topic made anew: both are looked at again.
      source.forget();
      events.onTopicTrouble();
      backOff();
      return;
    }
    const message = `the log does not hold the position: ${faults.join("; ")}`;
    events.onFailure(new LogError("fatal", message, { cause: error }));
  };

  return {
    wake,
    async stop() {
      stopped = true;
      clearTimeout(delayed);
      await source.close();
    },
  };
}
