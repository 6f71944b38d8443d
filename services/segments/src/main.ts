import { clickHouseOptions, createClickHouseWarehouse } from "@tidemark/clickhouse";
import { createCodec, topicNames } from "@tidemark/contracts";
import { createLog, kafkaBounds } from "@tidemark/kafka";
import { createRedisStateStore, redisOptions } from "@tidemark/redis";
import { definitionSets, retryDelays, runService } from "@tidemark/runtime";
import { createArchive } from "./archive.ts";
import { busyMeter } from "./busy-meter.ts";
import { loopTurns } from "./loop-turns.ts";
import { workerMetrics } from "./metrics.ts";
import { sentOnward } from "./onward.ts";
import { startSegments } from "./segments.ts";
import { settings } from "./settings.ts";

/** After so long the loop looks at what else there is. */
const turnBudgetMs = 10;

await runService({
  name: "segments",
  settings,
  check: ({ SEGMENTS_CLOCKS_OUTSTANDING: fewest, SEGMENTS_CLOCKS_MOST: most }) =>
    fewest <= most
      ? []
      : [`SEGMENTS_CLOCKS_MOST is ${most}; expected no less than SEGMENTS_CLOCKS_OUTSTANDING, ${fewest}`],
  start: async ({ config, logger, metrics, clock, progress, dependencies, tracing }) => {
    const codec = await createCodec({
      url: config.SCHEMA_REGISTRY_URL,
      timeoutMs: config.SCHEMA_REGISTRY_TIMEOUT_MS,
    });
    await codec.prepare(topicNames.customerEvents, ["tidemark.log.Clock", ...sentOnward]);
    await codec.prepare(topicNames.segmentChanges, [
      "tidemark.changes.SegmentChange",
      "tidemark.changes.Fence",
      "tidemark.changes.Erased",
    ]);
    await codec.prepare(topicNames.rejectedEvents, ["tidemark.log.RejectedEvent"]);
    const opened = await createLog({
      client: config.KAFKA_CLIENT === "kafkajs" ? "kafkajs" : "platformatic",
      brokers: config.KAFKA_BROKERS.split(","),
      clientId: "tidemark-segments",
      logger,
      bounds: kafkaBounds(config),
    });
    const log = progress.follow(opened, { appendTimes: true });
    const store = await createRedisStateStore({ ...redisOptions(config), logger });
    dependencies.watch("Kafka", () => log.endOffsets(topicNames.customerEvents));
    dependencies.watch("Redis", () => store.earliestTimer(0, "live"));
    const archive = createArchive(() => createClickHouseWarehouse(clickHouseOptions(config)), codec);
    return startSegments(
      {
        log,
        store,
        codec,
        clock,
        logger,
        archive,
        definitionSets: definitionSets(config.WORKSPACE_ZONE),
        tracing,
        retry: retryDelays(config),
        turn: loopTurns(turnBudgetMs),
        observe: workerMetrics(metrics, {
          store,
          clock,
          owned: () => progress.lags().map(({ partition }) => partition),
        }),
      },
      {
        maxBatchRecords: config.SEGMENTS_BATCH_RECORDS,
        sessionTimeoutMs: config.SEGMENTS_SESSION_TIMEOUT_MS,
        verifyEveryMs: config.SEGMENTS_VERIFY_MS,
        tellEveryMs: config.SEGMENTS_TELL_MS,
        clocks: {
          maxTimers: config.SEGMENTS_CLOCK_TIMERS,
          fewest: config.SEGMENTS_CLOCKS_OUTSTANDING,
          most: config.SEGMENTS_CLOCKS_MOST,
          busyPercent: config.SEGMENTS_CLOCKS_BUSY_PERCENT,
          slotMs: config.SEGMENTS_CLOCK_SLOT_MS,
          outstandingTimeoutMs: config.SEGMENTS_CLOCK_TIMEOUT_MS,
        },
        busyPercent: busyMeter(),
      },
    );
  },
});
