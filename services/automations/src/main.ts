import { createCodec, topicNames } from "@tidemark/contracts";
import { createLog, kafkaBounds } from "@tidemark/kafka";
import { retryDelays, runService } from "@tidemark/runtime";
import { automationsGroup, startAutomations } from "./automations.ts";
import { endpointFaults, readEndpoints } from "./endpoint.ts";
import { automationsMetrics } from "./metrics.ts";
import { postOverHttp } from "./post.ts";
import { checkBounds, settings } from "./settings.ts";

await runService({
  name: "automations",
  settings,
  check: (config) => [...checkBounds(config), ...endpointFaults(config.AUTOMATIONS_WEBHOOKS)],
  start: async ({ config, logger, metrics, clock, progress, dependencies, tracing }) => {
    const endpoints = readEndpoints(config.AUTOMATIONS_WEBHOOKS);
    const codec = await createCodec({
      url: config.SCHEMA_REGISTRY_URL,
      timeoutMs: config.SCHEMA_REGISTRY_TIMEOUT_MS,
    });
    const opened = await createLog({
      client: config.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
      brokers: config.KAFKA_BROKERS.split(","),
      clientId: "tidemark-automations",
      logger,
      bounds: kafkaBounds(config),
    });
    const log = progress.follow(opened, { appendTimes: true });
    dependencies.watch("Kafka", () => log.endOffsets(topicNames.segmentChanges));
    return startAutomations(
      {
        log,
        codec,
        clock,
        logger,
        post: postOverHttp,
        random: Math.random,
        observe: automationsMetrics(metrics),
        tracing,
        retry: retryDelays(config),
      },
      {
        group: automationsGroup,
        topics: topicNames,
        endpoints,
        maxBatchRecords: config.AUTOMATIONS_BATCH_RECORDS,
        sessionTimeoutMs: config.AUTOMATIONS_SESSION_TIMEOUT_MS,
        attempts: config.AUTOMATIONS_ATTEMPTS,
        timeoutMs: config.AUTOMATIONS_TIMEOUT_MS,
        retryMs: config.AUTOMATIONS_RETRY_MS,
        keepMs: config.AUTOMATIONS_KEEP_MS,
        pauses: {
          firstMs: config.AUTOMATIONS_FIRST_PAUSE_MS,
          mostMs: config.AUTOMATIONS_LONGEST_PAUSE_MS,
          askedMs: config.AUTOMATIONS_RETRY_AFTER_MS,
        },
        probeEveryMs: config.AUTOMATIONS_PROBE_MS,
        concurrency: config.AUTOMATIONS_CONCURRENCY,
        partition: {
          waitMs: config.AUTOMATIONS_WAIT_MS,
          behindMessages: config.AUTOMATIONS_BEHIND_MESSAGES,
          commitMs: config.AUTOMATIONS_COMMIT_MS,
        },
        graceMs: config.AUTOMATIONS_GRACE_MS,
      },
    );
  },
});
