import type { Log, Logger } from "@tidemark/runtime";
import { type KafkaBounds, standardBounds } from "./bounds.ts";
import { createKafkajsClient } from "./kafkajs/client.ts";
import { createLogOn } from "./log.ts";
import { createPlatformaticClient } from "./platformatic/client.ts";

export { type KafkaBounds, kafkaBounds } from "./bounds.ts";

export interface KafkaOptions {
  /** Which client library stands behind the port; both keep the same contract. */
  readonly client: "platformatic" | "kafkajs";
  /** `host:port` of some brokers of the cluster. */
  readonly brokers: readonly string[];
  /** How the broker names this process in its logs and quotas. */
  readonly clientId: string;
  readonly logger: Logger;
  readonly bounds?: KafkaBounds;
}

/** The `Log` port on Apache Kafka. Nothing is connected before it is needed. */
export async function createLog({ bounds = standardBounds, ...options }: KafkaOptions): Promise<Log> {
  const create = options.client === "kafkajs" ? createKafkajsClient : createPlatformaticClient;
  return createLogOn(create({ ...options, bounds }), options.logger, bounds);
}
