/** The services as their `main.ts` starts them, over the ports of one host. */
import type { Codec } from "@tidemark/contracts";
import { topicNames } from "@tidemark/contracts";
import { type DefinitionSets, type Logger, noTracing, type RunningService } from "@tidemark/runtime";
import { type Source, startIntake } from "../../../packages/intake/src/index.ts";
import { startAutomations } from "../../../services/automations/src/automations.ts";
import { interactionsSource } from "../../../services/interactions/src/source.ts";
import { lifecycleSource } from "../../../services/lifecycle/src/source.ts";
import { ordersSource } from "../../../services/orders/src/source.ts";
import { startSegments } from "../../../services/segments/src/segments.ts";
import { startArchiver } from "../../../services/warehouse/src/archiver.ts";
import { emptyLetters } from "../../../services/warehouse/src/erasure/dead-letters.ts";
import { watchLetters } from "../../../services/warehouse/src/erasure/watch-letters.ts";
import { startSweeps } from "../../../services/warehouse/src/sweep/sweeps.ts";
import { archivedTopics, warehouseGroup } from "../../../services/warehouse/src/warehouse.ts";
import type { ServiceName } from "../scenario/scenario.ts";
import type { Host } from "../world/host.ts";
import { createHostLog } from "../world/log.ts";
import { createPost } from "../world/receiver.ts";
import { createHostStore } from "../world/state-store.ts";
import { createHostWarehouse } from "../world/warehouse.ts";
import type { World } from "../world/world.ts";

/** What the consumers saw of the numbers of changes, over all their lives. */
export interface Seen {
  gaps: number;
}

export interface ServiceContext {
  readonly world: World;
  readonly codec: Codec;
  readonly definitionSets: DefinitionSets;
  readonly seen: Seen;
  /** Whether the warehouse fills definitions and names those near a cut. */
  readonly isSwept: boolean;
}

const quiet = (): void => {};
const logger = {
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
  fatal: quiet,
} as unknown as Logger;

const sessionTimeoutMs = 6_000;
/** How often the warehouse looks at dead letters. */
export const lettersMs = 5_000;
const settings = {
  WORKSPACE_CURRENCY: "EUR",
  EXCHANGE_RATES: "",
  WORKSPACE_ZONE: "UTC",
  MAPPING_FILE: "",
  ORDERS_SOURCE_ID: "orders",
  INTERACTIONS_SOURCE_ID: "interactions",
  LIFECYCLE_SOURCE_ID: "lifecycle",
  LIFECYCLE_DATE_FORMATS: "",
  LIFECYCLE_DAY_ATTRIBUTES: "",
};

const sources: Readonly<Record<"orders" | "interactions" | "lifecycle", Source>> = {
  orders: ordersSource(settings as unknown as Parameters<typeof ordersSource>[0]),
  interactions: interactionsSource(settings as unknown as Parameters<typeof interactionsSource>[0]),
  lifecycle: lifecycleSource(settings as unknown as Parameters<typeof lifecycleSource>[0]),
};

const key = Buffer.alloc(32, 7);
const endpoints = new Map(
  ["crm", "mail"].map((name) => [name, { name, url: `http://${name}.example/`, key }]),
);

export async function startService(
  service: ServiceName,
  host: Host,
  { world, codec, definitionSets, seen, isSwept }: ServiceContext,
): Promise<RunningService> {
  const { broker, group, scheduler, random } = world;
  const { clock } = host;
  const log = createHostLog({ host, broker, group, scheduler, random });
  switch (service) {
    case "segments":
      return startSegments(
        {
          log,
          store: createHostStore(host, world.shared),
          codec,
          clock,
          logger,
          definitionSets,
          observe: { events: quiet, published: quiet, fired: quiet, clock: quiet, failed: quiet },
        },
        {
          maxBatchRecords: 40,
          sessionTimeoutMs,
          verifyEveryMs: 2_000,
          tellEveryMs: 200,
          clocks: {
            maxTimers: 250,
            fewest: 2,
            most: 4,
            busyPercent: 70,
            slotMs: 1_000,
            outstandingTimeoutMs: 10_000,
          },
          busyPercent: () => 50,
        },
      );
    case "warehouse": {
      const warehouse = createHostWarehouse(host, world.tables);
      const letters = { log, warehouse, codec, clock, logger, topic: topicNames.deadLetters };
      const archiver = await startArchiver(
        {
          log,
          warehouse,
          codec,
          clock,
          logger,
          observe: {
            inserted: (_block, { gaps }) => {
              seen.gaps += gaps.length;
            },
            failed: quiet,
            buffered: quiet,
          },
        },
        {
          group: warehouseGroup,
          topics: archivedTopics,
          flushDelayMs: 600,
          bounds: { maxRecords: 30, maxBytes: 1_000_000 },
          maxBufferedBytes: 64_000,
          concurrentInserts: 2,
          maxBatchRecords: 2_000,
          sessionTimeoutMs,
          onErased: (erasures) => emptyLetters(letters, erasures),
        },
      );
      const stopWatching = watchLetters(letters, lettersMs);
      const archiving: RunningService = {
        ...archiver,
        stop() {
          stopWatching();
          return archiver.stop();
        },
      };
      if (!isSwept) return archiving;
      const sweeps = await startSweeps(
        {
          log,
          store: createHostStore(host, world.shared),
          warehouse,
          codec,
          clock,
          logger,
          sets: definitionSets,
          hurry: archiver.hurry,
        },
        {
          group: "tidemark-sweeps",
          topics: topicNames,
          archiveGroup: warehouseGroup,
          definitionsTopic: topicNames.segmentDefinitions,
          maxAhead: 5,
          lagMs: 200,
          pollMs: 15,
          busyMs: 150,
          idleMs: 5_000,
          sessionTimeoutMs,
        },
      );
      return {
        ready: archiver.ready,
        ended: Promise.race([archiver.ended, sweeps.ended]),
        async stop() {
          await Promise.all([archiving.stop(), sweeps.stop()]);
        },
      };
    }
    case "automations":
      return startAutomations(
        {
          log,
          codec,
          clock,
          logger,
          post: createPost(host, world, random, () => 0.05),
          random: random.next,
          observe: {
            judged: (verdict) => {
              if (verdict === "gap") seen.gaps += 1;
            },
            leftAlone: quiet,
            attempted: quiet,
            delivered: quiet,
            undelivered: quiet,
            behind: quiet,
            unreadable: quiet,
            failed: quiet,
          },
        },
        {
          group: "tidemark-automations",
          topics: topicNames,
          endpoints,
          maxBatchRecords: 10,
          sessionTimeoutMs,
          attempts: 10,
          timeoutMs: 2_000,
          retryMs: 60_000,
          concurrency: 3,
          keepMs: 86_400_000,
          pauses: { firstMs: 500, mostMs: 30_000, askedMs: 60_000 },
          probeEveryMs: 5_000,
          partition: { waitMs: 300, behindMessages: 4, commitMs: 500 },
          graceMs: 3_000,
        },
      );
    default:
      return startIntake(
        {
          openLog: () => host.call("read", "connects", () => log),
          openCodec: () => host.call("registry", "asks the registry", () => codec),
          tracing: noTracing,
          clock,
          logger,
          observe: {
            took: quiet,
            taken: quiet,
            produced: quiet,
            deadLetter: quiet,
            waited: quiet,
            failed: quiet,
          },
        },
        sources[service],
        {
          group: `tidemark-${service}`,
          maxBatchRecords: 15,
          commitIntervalMs: 200,
          sessionTimeoutMs,
          pace: { foldGroup: "tidemark-segments", aheadRecords: 8, lookEveryMs: 200, standstillMs: 5_000 },
          topics: topicNames,
        },
      );
  }
}
