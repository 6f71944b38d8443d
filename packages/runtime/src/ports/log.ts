/** The `Log` port: Kafka as the services see it. Two adapters in packages/kafka, one in memory in packages/testkit. */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface LogRecord extends TopicPartition {
  readonly offset: number;
  /** Append time in ms where the topic uses LogAppendTime. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

export interface OutgoingRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly (readonly [name: string, value: Buffer])[];
}

export interface TopicSpecification {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  /** Broker settings such as `cleanup.policy` and `message.timestamp.type`. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface Position extends TopicPartition {
  readonly offset: number;
}

export interface CommitPosition extends Position {
  readonly metadata: string;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Called with the partitions gained; answers where to read each from (all of them). Nothing of those
   * partitions is delivered before it answers. Throwing ends the consumption (see `ended`).
   */
  readonly onAssigned: (gained: readonly TopicPartition[]) => Promise<readonly Position[]>;
  /** Partitions lost or given up; an `onBatch` of theirs may still be running. */
  readonly onRevoked: (lost: readonly TopicPartition[]) => Promise<void>;
  /**
   * Records of one partition, contiguous and in order. The next batch of that partition waits for the promise:
   * that is the back-pressure. Other partitions go on. Throwing ends the consumption.
   */
  readonly onBatch: (partition: TopicPartition, records: readonly LogRecord[]) => Promise<void>;
  readonly maxBatchRecords: number;
  readonly sessionTimeoutMs: number;
  /**
   * Records may wait for others until there are so many bytes, for a quarter of a second: fewer requests, for who is in
   * no hurry. Absent: each comes at once.
   */
  readonly patientBytes?: number;
}

export interface Consumption {
  /**
   * Commits for the group, under its current generation. Rejects when the member lost the partition. Whoever does not
   * know whether a commit was done loses all partitions: it never takes effect behind a later one.
   */
  commit(positions: readonly CommitPosition[]): Promise<void>;
  /** Leaves the group; waits for running handlers. Idempotent. */
  stop(): Promise<void>;
  /** Settles when the consumption ends: resolves after `stop`, rejects with what ended it. */
  readonly ended: Promise<void>;
}

export interface Log {
  /** Creates what is missing; an existing topic stays as it is. Refuses when an existing one has another number of partitions. */
  ensureTopics(topics: readonly TopicSpecification[]): Promise<void>;
  partitionCount(topic: string): Promise<number>;
  /** First offset held, per partition. */
  startOffsets(topic: string): Promise<readonly number[]>;
  /** Offset the next record will get, per partition. */
  endOffsets(topic: string): Promise<readonly number[]>;
  /**
   * Appends as exactly one record batch, acknowledged by all in-sync replicas, and answers the first record's
   * offset. Callers keep one append in flight per partition; the adapter queues if they do not. Rejects with
   * `LogError`; on `ambiguous` the batch may or may not be there.
   */
  append(
    topic: string,
    partition: number,
    records: readonly OutgoingRecord[],
  ): Promise<{ readonly baseOffset: number }>;
  /** Reads [from, to) of a partition; ends at `to` (or at the end known when called if `to` is absent). */
  read(topic: string, partition: number, from: number, to?: number): AsyncIterable<readonly LogRecord[]>;
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** What a group committed, per partition of the topic; null where nothing. */
  committed(
    group: string,
    topic: string,
  ): Promise<readonly ({ readonly offset: number; readonly metadata: string } | null)[]>;
  /** Murmur2 as Java's default partitioner. */
  partitionFor(key: Buffer, partitions: number): number;
  close(): Promise<void>;
}

/** What the caller must do: `retry` later, give up (`fatal`), or find out whether it was written (`ambiguous`). */
export type LogErrorKind = "retry" | "fatal" | "ambiguous";

export class LogError extends Error {
  readonly kind: LogErrorKind;
  constructor(kind: LogErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LogError";
    this.kind = kind;
  }
}
