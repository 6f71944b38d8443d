/** What a client library has to offer; everything else of the port is the same for all. */
import type { LogError, Logger, OutgoingRecord, TopicSpecification } from "@tidemark/runtime";
import type { KafkaBounds } from "./bounds.ts";
import type { FetchSource } from "./fetch-source.ts";
import type { GroupSession, SessionEvents, SessionOptions } from "./group-session.ts";

export interface ClientOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: Logger;
  readonly bounds: KafkaBounds;
}

export interface TopicState {
  /** Differs between topics of the same name made one after the other, where the client knows; else empty. */
  readonly id: string;
  readonly partitions: number;
}

/** `last stable`: the end that a reader of committed records can reach. */
export type OffsetKind = "first" | "end" | "last stable";

export interface TopicClient {
  /** What the brokers know now; null where there is no such topic. */
  state(topic: string): Promise<TopicState | null>;
  /** Succeeds where somebody else made it meanwhile. */
  create(topic: TopicSpecification): Promise<void>;
  offsets(topic: string, partitions: number, kind: OffsetKind): Promise<readonly number[]>;
  committed(
    group: string,
    topic: string,
    partitions: number,
  ): Promise<readonly ({ readonly offset: number; readonly metadata: string } | null)[]>;
}

export interface Appender {
  /** Answers the first record's offset. Appends to a partition keep their order. */
  append(topic: string, partition: number, records: readonly OutgoingRecord[]): Promise<number>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

export interface KafkaClient {
  readonly topics: TopicClient;
  readonly appender: Appender;
  openFetchSource(): FetchSource;
  openSession(options: SessionOptions, events: SessionEvents): GroupSession;
  /** A `LogError` for what writes nothing or can be repeated without harm: `fatal` where repeating is no use. */
  asFailure(attempt: string, error: unknown): LogError;
  /** Whether a request that failed is over: refused, or never sent. Otherwise it may still be done, at any time. */
  isOver(error: unknown): boolean;
  close(): Promise<void>;
}
