/** The client library kafkajs: unmaintained, and safe with the care that these files take. */

import type { Logger } from "@tidemark/runtime";
import { Kafka, type logCreator, logLevel } from "kafkajs";
import type { ClientOptions, KafkaClient } from "../client.ts";
import { createAppender } from "./appender.ts";
import { asReadFailure, isOver } from "./failure.ts";
import { openFetchSource } from "./fetch-source.ts";
import { stopIdleTimer } from "./idle-timer.ts";
import { openSession } from "./session.ts";
import { createTopicClient } from "./topics.ts";

export function createKafkajsClient({ brokers, clientId, logger, bounds }: ClientOptions): KafkaClient {
  stopIdleTimer();
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: bounds.connectTimeoutMs,
    requestTimeout: bounds.requestTimeoutMs,
    // Whoever asks repeats, and knows until when.
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    logLevel: logLevel.INFO,
    logCreator: toLogger(logger),
  });
  const topics = createTopicClient(kafka);
  return {
    topics,
    appender: createAppender(kafka, topics, logger, bounds),
    openFetchSource: () => openFetchSource(kafka),
    openSession: (options, events) => openSession(kafka, options, events),
    asFailure: asReadFailure,
    isOver,
    close: () => topics.close(),
  };
}

/** The library reports as an error what it then repeats: what ends anything is reported by whoever called. */
function toLogger(logger: Logger): logCreator {
  return () => (entry) => {
    const { message } = entry.log;
    logger.debug({ part: entry.namespace }, message);
  };
}
