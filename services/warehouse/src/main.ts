import { clickHouseOptions, createClickHouseWarehouse } from "@tidemark/clickhouse";
import { createCodec, topicNames } from "@tidemark/contracts";
import { createLog, kafkaBounds } from "@tidemark/kafka";
import { createRedisStateStore, redisOptions } from "@tidemark/redis";
import { definitionSets, retryDelays, runService } from "@tidemark/runtime";
import { archiveMetrics } from "./metrics.ts";
import { settings } from "./settings.ts";
import { archivedTopics, startWarehouse } from "./warehouse.ts";

await runService({
  name: "warehouse",
  settings,
  start: async ({ config, logger, metrics, clock, progress, dependencies }) => {
    const codec = await createCodec({
      url: config.SCHEMA_REGISTRY_URL,
      timeoutMs: config.SCHEMA_REGISTRY_TIMEOUT_MS,
    });
    await codec.prepare(topicNames.customerEvents, [
      "tidemark.log.Sweep",
      "tidemark.log.SweepBatch",
      "tidemark.log.SweepEnd",
      "tidemark.log.Rescore",
      "tidemark.log.RescoreEnd",
    ]);
    const opened = await createLog({
      client: config.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
      brokers: config.KAFKA_BROKERS.split(","),
      clientId: "tidemark-warehouse",
      logger,
      bounds: kafkaBounds(config),
    });
    const warehouse = await createClickHouseWarehouse(clickHouseOptions(config));
    const log = progress.follow(opened, {
      doneWhenCommitted: archivedTopics,
      appendTimes: true,
    });
    dependencies.watch("Kafka", () => log.endOffsets(topicNames.customerEvents));
    dependencies.watch("ClickHouse", () => warehouse.query("SELECT 1"));
    const store = await createRedisStateStore({ ...redisOptions(config), logger });
    dependencies.watch("Redis", () => store.earliestTimer(0, "live"));
    const sets = definitionSets(config.WORKSPACE_ZONE);
    return startWarehouse(
      {
        log,
        warehouse,
        store,
        sets,
        codec,
        clock,
        logger,
        observe: archiveMetrics(metrics, config.WAREHOUSE_BUFFER_BYTES),
        retry: retryDelays(config),
      },
      {
        flushDelayMs: config.WAREHOUSE_FLUSH_MS,
        blockRecords: config.WAREHOUSE_BLOCK_RECORDS,
        blockBytes: config.WAREHOUSE_BLOCK_BYTES,
        concurrentInserts: config.WAREHOUSE_INSERTS,
        maxBatchRecords: config.WAREHOUSE_BATCH_RECORDS,
        maxBufferedBytes: config.WAREHOUSE_BUFFER_BYTES,
        sessionTimeoutMs: config.WAREHOUSE_SESSION_TIMEOUT_MS,
        sweepAheadRecords: config.WAREHOUSE_SWEEP_AHEAD_RECORDS,
        sweepLagMs: config.WAREHOUSE_SWEEP_LAG_MS,
        sweepPollMs: config.WAREHOUSE_SWEEP_POLL_MS,
        sweepBusyMs: config.WAREHOUSE_SWEEP_BUSY_MS,
        sweepIdleMs: config.WAREHOUSE_SWEEP_IDLE_MS,
        lettersMs: config.WAREHOUSE_LETTERS_MS,
      },
    );
  },
});
