/**
 * What a member holds, and the callbacks that tell its user. Laws:
 * A1 onAssigned comes once for each partition gained, and its lane opens only after it answered.
 * A2 onRevoked comes once for each partition that was assigned, after that onAssigned and before the next one.
 * A3 a lane is closed before anybody is told that it is lost.
 * A4 who is not told of a partition yet possesses nothing of it: what he still has in hand of it is from a possession
 *    before, and others may have had it since.
 */
import { type ConsumeOptions, LogError, type TopicPartition } from "@tidemark/runtime";
import { standardBounds } from "./bounds.ts";
import { closeLane, type Lane, openLane } from "./lanes.ts";
import { placeName } from "./place.ts";

interface Holding {
  readonly place: TopicPartition;
  lost: boolean;
  /** Whether `onAssigned` was called for it. */
  told: boolean;
  /** Null until `onAssigned` answered. */
  lane: Lane | null;
}

export interface Assignment {
  /** All partitions of the member from now on. Those it held stay as they are, unless the membership was interrupted. */
  assign(partitions: readonly TopicPartition[], uninterrupted: boolean): void;
  /** Gives up everything; settles when `onRevoked` answered. */
  release(): Promise<void>;
  /** Something that stands for one uninterrupted possession of a partition, from `onAssigned` on. */
  possession(place: TopicPartition): object | undefined;
  lanes(): Iterable<Lane>;
  /** Settles when no handler is running and no partition is being opened. */
  idle(): Promise<void>;
}

export function createAssignment(
  options: Pick<ConsumeOptions, "onAssigned" | "onRevoked">,
  events: {
    readonly onOpened: (lanes: readonly Lane[]) => void;
    readonly onFailure: (error: unknown) => void;
  },
  laneBytes: number = standardBounds.laneBytes,
): Assignment {
  const holdings = new Map<string, Holding>();
  let opening: Promise<void> = Promise.resolve();
  let revoking: Promise<unknown> = Promise.resolve();

  const revoke = (lost: readonly Holding[]): Promise<void> => {
    if (lost.length === 0) return Promise.resolve();
    const done = Promise.resolve()
      .then(() => options.onRevoked(lost.map(({ place }) => place)))
      .catch(events.onFailure);
    revoking = Promise.all([revoking, done]);
    return done;
  };

  const drop = (lost: readonly Holding[]): Promise<void> => {
    for (const holding of lost) {
      holding.lost = true;
      holdings.delete(placeName(holding.place));
      if (holding.lane) closeLane(holding.lane);
    }
    // Those still being opened are revoked by whoever opens them (A2).
    return revoke(lost.filter(({ lane }) => lane !== null));
  };

  const open = async (gained: readonly Holding[]): Promise<void> => {
    await revoking;
    const wanted = gained.filter(({ lost }) => !lost);
    if (wanted.length === 0) return;
    for (const holding of wanted) holding.told = true;
    const positions = await options.onAssigned(wanted.map(({ place }) => place));
    const offsets = new Map(positions.map((position) => [placeName(position), position.offset]));
    const opened: Lane[] = [];
    for (const holding of wanted) {
      const offset = offsets.get(placeName(holding.place));
      if (offset === undefined) {
        throw new LogError("fatal", `onAssigned answered no position for ${placeName(holding.place)}`);
      }
      if (holding.lost) continue;
      holding.lane = openLane(holding.place, offset, laneBytes);
      opened.push(holding.lane);
    }
    if (opened.length > 0) events.onOpened(opened);
    await revoke(wanted.filter(({ lost }) => lost));
  };

  return {
    assign(partitions, uninterrupted) {
      const names = new Set(partitions.map(placeName));
      void drop([...holdings.values()].filter(({ place }) => !uninterrupted || !names.has(placeName(place))));
      const gained = partitions
        .filter((place) => !holdings.has(placeName(place)))
        .map((place): Holding => ({ place, lost: false, told: false, lane: null }));
      for (const holding of gained) holdings.set(placeName(holding.place), holding);
      if (gained.length > 0) opening = opening.then(() => open(gained)).catch(events.onFailure);
    },
    release: () => drop([...holdings.values()]),
    possession(place) {
      const holding = holdings.get(placeName(place));
      return holding?.told ? holding : undefined;
    },
    *lanes() {
      for (const { lane } of holdings.values()) if (lane) yield lane;
    },
    async idle() {
      await opening;
      const running = [...holdings.values()].map(({ lane }) => lane?.running);
      await Promise.allSettled(running);
    },
  };
}
