import { clickHouseOptions, createClickHouseWarehouse } from "@tidemark/clickhouse";
import { createCodec, topicNames } from "@tidemark/contracts";
import { createLog, kafkaBounds } from "@tidemark/kafka";
import { createRedisStateStore, redisOptions } from "@tidemark/redis";
import { definitionSets, retryDelays, runService } from "@tidemark/runtime";
import { startApi } from "./api.ts";
import { settings } from "./settings.ts";

await runService({
  name: "api",
  settings,
  ownHttp: true,
  start: async ({ config, logger, metrics, clock }) =>
    startApi(
      {
        openLog: () =>
          createLog({
            client: config.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
            brokers: config.KAFKA_BROKERS.split(","),
            clientId: "tidemark-api",
            logger,
            bounds: kafkaBounds(config),
          }),
        async openCodec() {
          const codec = await createCodec({
            url: config.SCHEMA_REGISTRY_URL,
            timeoutMs: config.SCHEMA_REGISTRY_TIMEOUT_MS,
          });
          await codec.prepare(topicNames.segmentDefinitions, ["tidemark.definitions.DefinitionRecord"]);
          await codec.prepare(topicNames.customerEvents, [
            "tidemark.log.DefinitionVersion",
            "tidemark.log.CustomerEvent",
            "tidemark.log.Erasure",
            "tidemark.log.MergeRequest",
            "tidemark.log.Cuts",
            "tidemark.log.Clock",
          ]);
          return codec;
        },
        openStore: () => createRedisStateStore({ ...redisOptions(config), logger }),
        openWarehouse: (timeoutMs = config.CLICKHOUSE_TIMEOUT_MS) =>
          createClickHouseWarehouse({ ...clickHouseOptions(config), timeoutMs }),
        sets: definitionSets(config.WORKSPACE_ZONE),
        clock,
        logger,
        metrics,
        retry: retryDelays(config),
      },
      {
        host: config.HTTP_HOST,
        port: config.HTTP_PORT,
        topics: topicNames,
        bodyBytes: config.API_BODY_BYTES,
        maxDefinitions: config.API_DEFINITIONS,
        answerMs: config.API_ANSWER_MS,
        reconcileMs: config.API_RECONCILE_MS,
        auditMs: config.API_AUDIT_MS,
        auditWaitMs: config.API_AUDIT_WAIT_MS,
        auditQueryMs: config.API_AUDIT_QUERY_MS,
        cutsMs: config.API_CUTS_MS,
        zone: config.WORKSPACE_ZONE,
        preview: {
          sampleSubjects: config.API_PREVIEW_SAMPLE,
          threads: config.API_PREVIEW_THREADS,
          memoryBytes: config.API_PREVIEW_MEMORY_BYTES,
          queryMs: config.API_PREVIEW_MS,
          atOnce: config.API_PREVIEW_AT_ONCE,
        },
      },
    ),
});
