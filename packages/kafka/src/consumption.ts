/** A `Consumption`, whichever client stands behind it: one membership of a group from joining to leaving. */
import {
  type CommitPosition,
  type ConsumeOptions,
  type Consumption,
  LogError,
  type Logger,
  type LogRecord,
  type TopicPartition,
} from "@tidemark/runtime";
import { createAssignment } from "./assignment.ts";
import type { KafkaBounds } from "./bounds.ts";
import { fillLane, type Lane, type LaneOptions } from "./lanes.ts";
import { placeName } from "./place.ts";

/** What a client tells of its membership, and asks for. */
export interface MemberEvents {
  /**
   * All partitions of the member from now on. `uninterrupted` when nobody else can have had those that it keeps
   * since it was told last.
   */
  assigned(partitions: readonly TopicPartition[], uninterrupted: boolean): void;
  /** The member may be out of the group: it holds nothing any more. */
  lost(): void;
  /** Nothing to be done about it: the consumption ends. */
  failed(error: unknown): void;
  lanes(): Iterable<Lane>;
  fill(
    lane: Lane,
    fetched: { readonly records: readonly LogRecord[]; readonly bytes: number; readonly nextOffset: number },
  ): void;
}

/** One client's membership of a group. */
export interface Member {
  /** False while it cannot be sure that the group still counts it in. */
  isAlive(): boolean;
  /** These lanes opened, or have room again. */
  wake(lanes: readonly Lane[]): void;
  /** One attempt. Rejects with a `LogError`: `retry` while the group is rebalancing or cannot be reached. */
  commit(positions: readonly CommitPosition[]): Promise<void>;
  /** Leaves the group and frees everything. Never rejects. */
  leave(): Promise<void>;
}

export function startConsumption(
  options: ConsumeOptions,
  bounds: KafkaBounds,
  logger: Logger,
  join: (events: MemberEvents) => Member,
): Consumption {
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => undefined);
  let state: "running" | "stopping" | "over" = "running";

  const laneOptions: LaneOptions = {
    maxBatchRecords: options.maxBatchRecords,
    onBatch: options.onBatch,
    mayDeliver: () => state === "running" && member.isAlive(),
    onRoom: (lane) => member.wake([lane]),
    onFailure: (error) => fail(error),
  };
  const assignment = createAssignment(
    options,
    {
      onOpened: (lanes) => member.wake(lanes),
      onFailure: (error) => fail(error),
    },
    bounds.laneBytes,
  );

  const fail = (error: unknown): void => {
    if (state === "over") return;
    state = "over";
    logger.error({ err: error, group: options.group }, "the consumption ended");
    void end().then(() => ended.reject(error));
  };

  const end = async (): Promise<void> => {
    await assignment.release();
    await member.leave();
  };

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (state === "running") {
      state = "stopping";
      await assignment.idle();
      if (state === "stopping") {
        state = "over";
        await end();
        ended.resolve();
      }
    }
    await ended.promise.catch(() => undefined);
  };

  const member: Member = join({
    assigned(partitions, uninterrupted) {
      if (state !== "over") assignment.assign(partitions, uninterrupted);
    },
    lost() {
      if (state !== "over") assignment.assign([], false);
    },
    failed: fail,
    lanes: () => (state === "running" ? assignment.lanes() : []),
    fill(lane, fetched) {
      fillLane(lane, fetched, laneOptions);
    },
  });

  return {
    ended: ended.promise,
    stop() {
      stopping ??= stop();
      return stopping;
    },
    async commit(positions) {
      const held = positions.map((position) => assignment.possession(position));
      for (let deadline = performance.now() + options.sessionTimeoutMs; ; ) {
        const lost = positions.filter(
          (position, at) => held[at] === undefined || held[at] !== assignment.possession(position),
        );
        if (state === "over" || lost.length > 0) {
          const names = (state === "over" ? positions : lost).map(placeName).join(", ");
          throw new LogError("fatal", `the member does not hold ${names}: nothing was committed`);
        }
        try {
          return await member.commit(positions);
        } catch (error) {
          const isTransient = error instanceof LogError && error.kind === "retry";
          if (!isTransient || performance.now() > deadline) throw error;
          await new Promise((resolve) => setTimeout(resolve, bounds.readRetry.firstMs));
        }
      }
    },
  };
}
