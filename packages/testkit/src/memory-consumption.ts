/** One member of a group in memory: what it holds, what it was handed, how it ends. */
import {
  type ConsumeOptions,
  type Consumption,
  LogError,
  type LogRecord,
  type TopicPartition,
} from "@tidemark/runtime";
import { type BrokerMember, end, type MemoryBroker, partitionKey } from "./memory-broker.ts";

interface Lane {
  readonly place: TopicPartition;
  /** False once the partition is lost. */
  held: boolean;
  /** Whether `onAssigned` was called for it: before that nothing can be committed. */
  told: boolean;
  /** Next offset to hand over; null until `onAssigned` answered. */
  position: number | null;
  /** Settles with the handler under way. */
  running: Promise<void> | null;
}

export interface MemoryConsumption extends Consumption {
  /** As when the process is killed: it leaves without a word to its callbacks, and nothing of it counts any more. */
  crash(): void;
  /** Everything there is was handed over, and no callback runs. */
  isIdle(): boolean;
}

export function startMemoryConsumption(broker: MemoryBroker, options: ConsumeOptions): MemoryConsumption {
  const lanes = new Map<string, Lane>();
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => undefined);
  let state: "running" | "stopping" | "over" = "running";
  let callbacks = Promise.resolve();
  let callbacksWaiting = 0;

  const wake = ({ place }: Lane): void => {
    for (const listener of [...broker.partition(place.topic, place.partition).listeners]) listener();
  };

  const release = (given: readonly Lane[]): void => {
    for (const lane of given) {
      lane.held = false;
      lanes.delete(partitionKey(lane.place));
      wake(lane);
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
    broker.leave(options.group, member);
    void revoke(given)
      .catch(() => undefined)
      .then(() => ended.reject(error));
  };

  /** Callbacks of a member never overlap. */
  const inTurn = (step: () => Promise<void>): void => {
    callbacksWaiting += 1;
    callbacks = callbacks
      .then(() => (state === "over" ? undefined : step()))
      .catch(fail)
      .finally(() => {
        callbacksWaiting -= 1;
      });
  };

  const take = async (gained: readonly Lane[]): Promise<void> => {
    for (const lane of gained) lane.told = true;
    const positions = await options.onAssigned(gained.map(({ place }) => place));
    const offsets = new Map(positions.map((position) => [partitionKey(position), position.offset]));
    for (const lane of gained) {
      const offset = offsets.get(partitionKey(lane.place));
      if (offset === undefined) {
        throw new LogError("fatal", `onAssigned answered no position for ${partitionKey(lane.place)}`);
      }
      lane.position = offset;
      if (lane.held) void deliver(lane, offset).catch((error) => lane.held && fail(error));
    }
  };

  const deliver = async (lane: Lane, from: number): Promise<void> => {
    const { topic, partition } = lane.place;
    const log = broker.partition(topic, partition);
    if (from < log.start || from > end(log)) {
      throw new LogError("fatal", `${topic}/${partition} holds ${log.start} to ${end(log)}, not ${from}`);
    }
    let position = from;
    while (lane.held && state === "running") {
      const records: readonly LogRecord[] = log.records.slice(
        position - log.start,
        position - log.start + options.maxBatchRecords,
      );
      if (records.length === 0) {
        await changed(log.listeners);
        continue;
      }
      lane.running = options.onBatch(lane.place, records);
      await lane.running;
      lane.running = null;
      position += records.length;
      lane.position = position;
    }
  };

  const member: BrokerMember = {
    topics: options.topics,
    assign(partitions) {
      if (state !== "running") return;
      const keys = new Set(partitions.map(partitionKey));
      const lost = [...lanes.values()].filter(({ place }) => !keys.has(partitionKey(place)));
      const gained = partitions
        .filter((place) => !lanes.has(partitionKey(place)))
        .map((place): Lane => ({ place, held: true, told: false, position: null, running: null }));
      release(lost);
      for (const lane of gained) lanes.set(partitionKey(lane.place), lane);
      if (lost.length > 0) inTurn(() => revoke(lost));
      if (gained.length > 0) inTurn(() => take(gained));
    },
  };
  broker.join(options.group, member);

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
        broker.leave(options.group, member);
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
      if (state === "over" || foreign.length > 0) {
        const names = (state === "over" ? positions : foreign).map(partitionKey).join(", ");
        throw new LogError("fatal", `the member does not hold ${names}`);
      }
      broker.commit(options.group, positions);
    },
    crash() {
      if (state === "over") return;
      state = "over";
      release([...lanes.values()]);
      broker.leave(options.group, member);
      ended.reject(new LogError("fatal", "the member crashed"));
    },
    isIdle: () =>
      callbacksWaiting === 0 &&
      (state === "over" ||
        [...lanes.values()].every(
          ({ place, position, running }) =>
            running === null && position === end(broker.partition(place.topic, place.partition)),
        )),
  };
}

function changed(listeners: Set<() => void>): Promise<void> {
  return new Promise((resolve) => {
    const listener = () => {
      listeners.delete(listener);
      resolve();
    };
    listeners.add(listener);
  });
}
