/** A stay in a group, as a client library keeps it. */
import type { CommitPosition, TopicPartition } from "@tidemark/runtime";

export interface Joined {
  readonly memberId: string;
  readonly generationId: number;
}

export interface SessionOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

export interface SessionEvents {
  /** A rebalance ended: what the member has from now on. */
  joined(joined: Joined, partitions: readonly TopicPartition[]): void;
  /** The group answered a heartbeat that was sent then, in ms since the epoch. */
  heard(sentAt: number): void;
  /** The session cannot go on. */
  broken(error: unknown): void;
}

/** One client's stay in a group. */
export interface GroupSession {
  /** Resolves when the member has joined; afterwards the session joins again by itself where the group asks for it. */
  join(): Promise<void>;
  /** Joins again with other topics. False where that needs another session. */
  resubscribe(topics: readonly string[]): Promise<boolean>;
  /** One attempt, under that generation. Rejects with a `LogError` where nothing was sent. */
  commit(joined: Joined, positions: readonly CommitPosition[]): Promise<void>;
  /** Leaves the group. Never rejects. */
  close(): Promise<void>;
}
