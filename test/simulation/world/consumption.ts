/** One membership of a process in a group: its lanes, its callbacks in turn, and what ends it. */
import { topicNames } from "@tidemark/contracts";
import {
  type ConsumeOptions,
  type Consumption,
  LogError,
  type LogRecord,
  type TopicPartition,
} from "@tidemark/runtime";
import { end, type MemoryBroker, type MemoryPartition, partitionKey } from "@tidemark/testkit";
import type { Group, GroupMember } from "./group.ts";
import type { Host } from "./host.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";

/** What comes behind it was published with it, so that whoever reads on sees by the numbers that it is missing. */
function isSeenToBeMissing(record: LogRecord, next: LogRecord | undefined): boolean {
  return record.key !== null && next != null && next.key !== null && record.timestamp === next.timestamp;
}

interface Lane {
  readonly place: TopicPartition;
  /** False once the partition is lost. */
  held: boolean;
  /** Whether `onAssigned` was called for it: before that nothing can be committed. */
  told: boolean;
  running: Promise<void> | null;
}

export interface ConsumptionPorts {
  readonly host: Host;
  readonly broker: MemoryBroker;
  readonly group: Group;
  readonly scheduler: Scheduler;
  readonly random: Random;
}

export function startConsumption(ports: ConsumptionPorts, options: ConsumeOptions): Consumption {
  const { host, broker, group, scheduler, random } = ports;
  const lanes = new Map<string, Lane>();
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => undefined);
  let state: "running" | "stopping" | "over" = "running";
  let callbacks = Promise.resolve();

  const release = (given: readonly Lane[]): void => {
    for (const lane of given) {
      lane.held = false;
      lanes.delete(partitionKey(lane.place));
    }
  };
  const revoke = async (given: readonly Lane[]): Promise<void> => {
    if (given.length > 0) await options.onRevoked(given.map(({ place }) => place));
  };
  const fail = (error: unknown): void => {
    if (state === "over") return;
    state = "over";
    const given = [...lanes.values()];
    release(given);
    group.leave(member);
    void revoke(given)
      .catch(() => undefined)
      .then(() => ended.reject(error));
  };
  /** Callbacks of a member never overlap. */
  const inTurn = (step: () => Promise<void>): void => {
    callbacks = callbacks.then(() => (state === "over" ? undefined : step())).catch(fail);
  };

  const take = async (gained: readonly Lane[]): Promise<void> => {
    for (const lane of gained) lane.told = true;
    const positions = await options.onAssigned(gained.map(({ place }) => place));
    const offsets = new Map(positions.map((position) => [partitionKey(position), position.offset]));
    for (const lane of gained) {
      const offset = offsets.get(partitionKey(lane.place));
      if (offset === undefined)
        throw new LogError("fatal", `onAssigned answered no position for ${partitionKey(lane.place)}`);
      if (lane.held) void deliver(lane, offset).catch((error) => lane.held && fail(error));
    }
  };

  const deliver = async (lane: Lane, from: number): Promise<void> => {
    const { topic, partition } = lane.place;
    const log = broker.partition(topic, partition);
    if (from < log.start || from > end(log))
      throw new LogError("fatal", `${topic}/${partition} holds ${log.start} to ${end(log)}, not ${from}`);
    const isWanted = () => lane.held && state === "running";
    let position = from;
    while (isWanted()) {
      if (position === end(log)) await appended(log);
      const most = random.chance(0.3) ? random.whole(1, 3) : options.maxBatchRecords;
      const at = position;
      const records = await host
        .call("read", `fetches ${partitionKey(lane.place)}`, () =>
          log.records.slice(at - log.start, at - log.start + most),
        )
        .catch(() => []);
      if (records.length === 0 || !isWanted()) continue;
      lane.running = options.onBatch(lane.place, leftOver(lane.place, records));
      await lane.running;
      lane.running = null;
      position += records.length;
    }
  };
  const leftOver = ({ topic }: TopicPartition, records: readonly LogRecord[]): readonly LogRecord[] => {
    if (topic !== topicNames.segmentChanges || !host.skips()) return records;
    const left = records.filter((record, at) => !isSeenToBeMissing(record, records[at + 1]));
    if (left.length < records.length) host.skipped(records.length - left.length);
    return left;
  };
  /** The long poll of a fetch: it ends with the next append. */
  const appended = (log: MemoryPartition): Promise<void> =>
    new Promise((resolve) => {
      const listener = (): void => {
        log.listeners.delete(listener);
        scheduler.after(0, `${host.name} is woken`, () => host.deliver(resolve));
      };
      log.listeners.add(listener);
    });

  const member: GroupMember = {
    host,
    topics: options.topics,
    sessionTimeoutMs: options.sessionTimeoutMs,
    generation: 0,
    assign(generation, partitions) {
      if (state !== "running") return;
      // Law M2 of packages/kafka/src/membership.ts: over a generation that it missed a member keeps nothing.
      const keepsPartitions = generation === member.generation + 1;
      member.generation = generation;
      const keys = new Set(partitions.map(partitionKey));
      const lost = [...lanes.values()].filter(
        ({ place }) => !keepsPartitions || !keys.has(partitionKey(place)),
      );
      release(lost);
      const gained = partitions
        .filter((place) => !lanes.has(partitionKey(place)))
        .map((place): Lane => ({ place, held: true, told: false, running: null }));
      for (const lane of gained) lanes.set(partitionKey(lane.place), lane);
      if (lost.length > 0) inTurn(() => revoke(lost));
      if (gained.length > 0) inTurn(() => take(gained));
    },
    expel: () => joinAnew(),
  };
  function joinAnew(): void {
    if (state !== "running") return;
    const given = [...lanes.values()];
    release(given);
    inTurn(() => revoke(given));
    inTurn(async () => {
      member.generation = 0;
      await host
        .call("read", `joins ${options.group} again`, () => group.join(member))
        .catch(() => {
          throw new LogError("retry", `${options.group} cannot be joined again`);
        });
    });
  }
  group.join(member);

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (state === "running") {
      state = "stopping";
      await callbacks;
      await Promise.allSettled([...lanes.values()].map(({ running }) => running));
      const given = [...lanes.values()];
      if (state === "stopping") {
        state = "over";
        release(given);
        await revoke(given).catch(() => undefined);
        group.leave(member);
        ended.resolve();
      }
    }
    await ended.promise.catch(() => undefined);
  };

  return {
    ended: ended.promise,
    stop() {
      stopping ??= stop();
      return stopping;
    },
    async commit(positions) {
      const foreign = positions.filter((position) => lanes.get(partitionKey(position))?.told !== true);
      if (state === "over" || foreign.length > 0)
        throw new LogError("retry", "the member does not hold all of these partitions");
      const { generation } = member;
      const what = positions.map((position) => `${partitionKey(position)}:${position.offset}`).join(" ");
      try {
        await host.call("commit", `commits ${what}`, () => group.commit(member, generation, positions), {
          write: "late",
        });
      } catch (error) {
        // Law M4 of membership.ts: what may still be done has to be of an old generation by then.
        if (error instanceof LogError && error.kind === "ambiguous") joinAnew();
        throw error;
      }
    },
  };
}
