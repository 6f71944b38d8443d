import { createCodec, topicNames } from "@tidemark/contracts";
import { intakeMetrics, startIntake } from "@tidemark/intake";
import { createLog } from "@tidemark/kafka";
import { runService } from "@tidemark/runtime";
import { settings } from "./settings.ts";
import { ordersSource } from "./source.ts";

await runService({
  name: "orders",
  settings,
  start: async ({ config, logger, metrics, clock }) =>
    startIntake(
      {
        openLog: () =>
          createLog({
            client: config.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
            brokers: config.KAFKA_BROKERS.split(","),
            clientId: "tidemark-orders",
            logger,
          }),
        openCodec: () => createCodec({ url: config.SCHEMA_REGISTRY_URL }),
        clock,
        logger,
        observe: intakeMetrics(metrics, "orders"),
      },
      ordersSource(config),
      {
        group: "tidemark-orders",
        maxBatchRecords: config.INTAKE_BATCH_RECORDS,
        commitIntervalMs: config.INTAKE_COMMIT_MS,
        sessionTimeoutMs: config.INTAKE_SESSION_TIMEOUT_MS,
        topics: topicNames,
      },
    ),
});
