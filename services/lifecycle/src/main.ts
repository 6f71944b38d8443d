import { createCodec, topicNames } from "@tidemark/contracts";
import { intakeMetrics, startIntake } from "@tidemark/intake";
import { createLog } from "@tidemark/kafka";
import { runService } from "@tidemark/runtime";
import { settings } from "./settings.ts";
import { lifecycleSource } from "./source.ts";

await runService({
  name: "lifecycle",
  settings,
  start: async ({ config, logger, metrics, clock }) =>
    startIntake(
      {
        openLog: () =>
          createLog({
            client: config.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
            brokers: config.KAFKA_BROKERS.split(","),
            clientId: "tidemark-lifecycle",
            logger,
          }),
        openCodec: () => createCodec({ url: config.SCHEMA_REGISTRY_URL }),
        clock,
        logger,
        observe: intakeMetrics(metrics, "lifecycle"),
      },
      lifecycleSource(config),
      {
        group: "tidemark-lifecycle",
        maxBatchRecords: config.INTAKE_BATCH_RECORDS,
        commitIntervalMs: config.INTAKE_COMMIT_MS,
        sessionTimeoutMs: config.INTAKE_SESSION_TIMEOUT_MS,
        topics: topicNames,
      },
    ),
});
