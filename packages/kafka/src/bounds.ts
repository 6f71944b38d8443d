/** How much the adapters hold and how long they wait, as the settings of every service say. */
import {
  type Config,
  type RetryDelays,
  readConfig,
  retryDelays,
  type StackSettings,
  stackSettings,
} from "@tidemark/runtime";

export interface KafkaBounds {
  /** A partition of which so much waits for its handler is fetched no further. */
  readonly laneBytes: number;
  /** Of one answer: over all partitions, and of one. A single larger batch comes all the same. */
  readonly fetchBytes: number;
  readonly partitionFetchBytes: number;
  /** Records in one request to append; one append may be larger by itself. */
  readonly requestBytes: number;
  /** Requests of one topic under way at a time. */
  readonly requests: number;
  /** After this an append is given up; the clients alone would go on for ever. */
  readonly appendTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Of reading; between tries to commit it is the first. */
  readonly readRetry: RetryDelays;
  /** Of questions about topics and groups. */
  readonly askRetry: RetryDelays;
  readonly appendRetryMs: number;
  readonly rejoin: RetryDelays;
}

export function kafkaBounds(config: Config<StackSettings>): KafkaBounds {
  return {
    laneBytes: config.KAFKA_LANE_BYTES,
    fetchBytes: config.KAFKA_FETCH_BYTES,
    partitionFetchBytes: config.KAFKA_PARTITION_FETCH_BYTES,
    requestBytes: config.KAFKA_REQUEST_BYTES,
    requests: config.KAFKA_REQUESTS,
    appendTimeoutMs: config.KAFKA_APPEND_TIMEOUT_MS,
    connectTimeoutMs: config.KAFKA_CONNECT_TIMEOUT_MS,
    requestTimeoutMs: config.KAFKA_REQUEST_TIMEOUT_MS,
    readRetry: { firstMs: config.KAFKA_RETRY_FIRST_MS, mostMs: config.KAFKA_RETRY_MOST_MS },
    askRetry: retryDelays(config),
    appendRetryMs: config.KAFKA_APPEND_RETRY_MS,
    rejoin: { firstMs: config.KAFKA_REJOIN_FIRST_MS, mostMs: config.KAFKA_REJOIN_MOST_MS },
  };
}

/** As they are unless set otherwise. */
export const standardBounds = kafkaBounds(readConfig(stackSettings, {}));
