/** The client library @platformatic/kafka. */
import { Admin, type BaseOptions } from "@platformatic/kafka";
import type { ClientOptions, KafkaClient } from "../client.ts";
import { createAppender } from "./appender.ts";
import { asReadFailure, isOver } from "./failure.ts";
import { openFetchSource } from "./fetch-source.ts";
import { openSession } from "./session.ts";
import { createTopicClient } from "./topics.ts";

export function createPlatformaticClient(options: ClientOptions): KafkaClient {
  const base: BaseOptions = {
    clientId: options.clientId,
    bootstrapBrokers: [...options.brokers],
    connectTimeout: options.bounds.connectTimeoutMs,
    requestTimeout: options.bounds.requestTimeoutMs,
    metadataMaxAge: 30_000,
    autocreateTopics: false,
  };
  const { logger } = options;
  const admin = new Admin({ ...base, retries: 2, retryDelay: 200 });
  admin.on("error", (error: unknown) => logger.warn({ err: error }, "kafka admin"));
  return {
    topics: createTopicClient(admin),
    appender: createAppender(base, logger, options.bounds),
    openFetchSource: () => openFetchSource(base, logger),
    openSession: (sessionOptions, events) => openSession(base, sessionOptions, events),
    asFailure: asReadFailure,
    isOver,
    async close() {
      await admin.close();
    },
  };
}
