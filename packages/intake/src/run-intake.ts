/** An intake service as a process: what the three have in common around their source. */
import { createCodec, topicNames } from "@tidemark/contracts";
import { createLog, kafkaBounds } from "@tidemark/kafka";
import { type Config, retryDelays, runService, type Settings } from "@tidemark/runtime";
import { startIntake } from "./intake.ts";
import { intakeMetrics } from "./metrics.ts";
import type { Source } from "./ports.ts";
import type { intakeSettings } from "./settings.ts";

type IntakeConfig<S extends Settings> = Config<S & typeof intakeSettings>;

/**
 * Runs the service `name` (see `runService`). `sourceOf` may throw `ConfigError` where a setting with a form of its
 * own is wrong.
 */
export async function runIntake<S extends Settings>(
  name: string,
  settings: S & typeof intakeSettings,
  sourceOf: (config: IntakeConfig<S>) => Source,
): Promise<void> {
  await runService<S & typeof intakeSettings>({
    name,
    settings,
    start: async ({ config, logger, metrics, clock, progress, dependencies, tracing }) =>
      startIntake(
        {
          async openLog() {
            const log = await createLog({
              client: config.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
              brokers: String(config.KAFKA_BROKERS).split(","),
              clientId: `tidemark-${name}`,
              logger,
              bounds: kafkaBounds(config),
            });
            dependencies.watch("Kafka", () => log.endOffsets(topicNames.customerEvents));
            return progress.follow(log);
          },
          openCodec: () =>
            createCodec({
              url: String(config.SCHEMA_REGISTRY_URL),
              timeoutMs: Number(config.SCHEMA_REGISTRY_TIMEOUT_MS),
            }),
          clock,
          logger,
          observe: intakeMetrics(metrics),
          tracing,
          retry: retryDelays({
            RETRY_FIRST_MS: Number(config.RETRY_FIRST_MS),
            RETRY_MOST_MS: Number(config.RETRY_MOST_MS),
          }),
        },
        sourceOf(config),
        {
          group: `tidemark-${name}`,
          maxBatchRecords: Number(config.INTAKE_BATCH_RECORDS),
          commitIntervalMs: Number(config.INTAKE_COMMIT_MS),
          sessionTimeoutMs: Number(config.INTAKE_SESSION_TIMEOUT_MS),
          pace: {
            foldGroup: "tidemark-segments",
            aheadRecords: Number(config.INTAKE_AHEAD_RECORDS),
            lookEveryMs: Number(config.INTAKE_AHEAD_LOOK_MS),
            standstillMs: Number(config.INTAKE_STANDSTILL_MS),
          },
          topics: topicNames,
        },
      ),
  });
}
