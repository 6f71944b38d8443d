/** The `Log` port in memory: one broker, as many clients as wanted, and what tests do to them. */
import {
  type Clock,
  type Log,
  LogError,
  type LogErrorKind,
  type LogRecord,
  partitionFor,
  systemClock,
} from "@tidemark/runtime";
import { createMemoryBroker, end, type MemoryBroker } from "./memory-broker.ts";
import { type MemoryConsumption, startMemoryConsumption } from "./memory-consumption.ts";

export interface MemoryLogOptions {
  /** Where append times come from. */
  readonly clock?: Clock;
}

/** One client of a broker in memory. */
export interface MemoryLog extends Log {
  /** Another client of the same broker. */
  connect(): MemoryLog;
  /** Everything a partition holds. */
  records(topic: string, partition: number): readonly LogRecord[];
  /** Removes what lies below the offset, like retention does. */
  trim(topic: string, partition: number, offset: number): void;
  /**
   * The next `times` appends of this client fail. An `ambiguous` one is written all the same: the answer was lost
   * on its way back.
   */
  failAppends(times: number, kind: LogErrorKind): void;
  /** As when the process is killed: its members leave without a word, and it can do nothing more. */
  crash(): void;
  /** Resolves once all members of all clients have been handed everything there is, and no handler runs. */
  idle(): Promise<void>;
}

export function createMemoryLog({ clock = systemClock }: MemoryLogOptions = {}): MemoryLog {
  return connect(createMemoryBroker(clock), new Set());
}

const readBatchRecords = 500;

function connect(broker: MemoryBroker, members: Set<MemoryConsumption>): MemoryLog {
  const own = new Set<MemoryConsumption>();
  let closed = false;
  let failures: { left: number; readonly kind: LogErrorKind } = { left: 0, kind: "retry" };
  const open = (): MemoryBroker => {
    if (closed) throw new LogError("fatal", "the log is closed");
    return broker;
  };

  return {
    async ensureTopics(topics) {
      for (const topic of topics) open().createTopic(topic);
    },
    async partitionCount(topic) {
      return open().partitions(topic).length;
    },
    async startOffsets(topic) {
      return open()
        .partitions(topic)
        .map(({ start }) => start);
    },
    async endOffsets(topic) {
      return open().partitions(topic).map(end);
    },
    async append(topic, partition, records) {
      const { left, kind } = failures;
      if (left > 0) {
        failures = { left: left - 1, kind };
        if (kind === "ambiguous") open().append(topic, partition, records);
        throw new LogError(kind, `the append to ${topic}/${partition} failed as the test wanted`);
      }
      return { baseOffset: open().append(topic, partition, records) };
    },
    async *read(topic, partition, from, to) {
      const log = open().partition(topic, partition);
      const until = to ?? end(log);
      if (from < until && (from < log.start || until > end(log))) {
        throw new LogError(
          "fatal",
          `${topic}/${partition} holds ${log.start} to ${end(log)}, not ${from} to ${until}`,
        );
      }
      for (let at = from; at < until; at += readBatchRecords) {
        yield log.records.slice(at - log.start, Math.min(at + readBatchRecords, until) - log.start);
      }
    },
    async consume(options) {
      const consumption = startMemoryConsumption(open(), options);
      own.add(consumption);
      members.add(consumption);
      return consumption;
    },
    async committed(group, topic) {
      return open()
        .partitions(topic)
        .map((_, partition) => broker.committed(group, { topic, partition }));
    },
    partitionFor,
    async close() {
      await Promise.all([...own].map((consumption) => consumption.stop()));
      closed = true;
    },
    connect: () => connect(broker, members),
    records: (topic, partition) => [...broker.partition(topic, partition).records],
    trim(topic, partition, offset) {
      const log = broker.partition(topic, partition);
      const count = Math.min(Math.max(offset - log.start, 0), log.records.length);
      log.records.splice(0, count);
      log.start += count;
    },
    failAppends(times, kind) {
      failures = { left: times, kind };
    },
    crash() {
      closed = true;
      for (const consumption of own) consumption.crash();
    },
    async idle() {
      do await new Promise((resolve) => setImmediate(resolve));
      while (![...members].every((member) => member.isIdle()));
    },
  };
}
