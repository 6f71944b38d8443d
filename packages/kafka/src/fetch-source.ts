/** Fetching through a client's low-level request, one broker at a time. */
import type { LogRecord, TopicPartition } from "@tidemark/runtime";

export interface FetchPlace extends TopicPartition {
  /** The incarnation of the topic; see `TopicState`. */
  readonly topicId: string;
  readonly offset: number;
}

export interface FetchBounds {
  /** How long the broker waits for the first record. */
  readonly maxWaitMs: number;
  /** What it waits for; a first record where absent. */
  readonly minBytes?: number;
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
}

export interface Fetched {
  /** From the offset asked for on, in order; offsets need not be dense. */
  readonly records: readonly LogRecord[];
  /** What the records take in memory, about. */
  readonly bytes: number;
  /** Where the next fetch goes on: behind control records and gaps too. */
  readonly nextOffset: number;
}

/** What a record costs besides its key and value, in bytes: a guess that keeps small records from looking free. */
export const recordOverheadBytes = 64;

/** What a failure means: the position is not in the log, the topic is not (or another one), no use, or later. */
export type FetchTrouble = "out of range" | "topic" | "refused" | "later";

export interface FetchSource {
  /** The broker that leads each partition, in their order. Rejects where one has none now. */
  leaders(places: readonly TopicPartition[]): Promise<readonly number[]>;
  /**
   * Records of each place, in their order; undefined where nothing came. Never two at once of one broker. Fails as a
   * whole where one partition fails.
   */
  fetch(
    node: number,
    places: readonly FetchPlace[],
    bounds: FetchBounds,
  ): Promise<readonly (Fetched | undefined)[]>;
  troubleOf(error: unknown): FetchTrouble;
  /** Forgets what is known of brokers and leaders. */
  forget(): void;
  close(): Promise<void>;
}
