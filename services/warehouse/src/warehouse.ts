/** The service: its topics, its group, its migrations. */
import { topicNames } from "@tidemark/contracts";
import type { DefinitionSets, RunningService, StateStore } from "@tidemark/runtime";
import { type ArchiverPorts, startArchiver } from "./archiver.ts";
import { emptyLetters, type LetterPorts } from "./erasure/dead-letters.ts";
import { watchLetters } from "./erasure/watch-letters.ts";
import { migrate, readMigrations } from "./migrations.ts";
import { startSweeps } from "./sweep/sweeps.ts";

/** Consumer group of the service. A partition is archived up to its commit where the commit names no block. */
export const warehouseGroup = "tidemark-warehouse";

/** Consumer group of those that stand ready to sweep. */
const sweepsGroup = "tidemark-sweeps";

export interface WarehousePorts extends ArchiverPorts {
  readonly store: StateStore;
  readonly sets: DefinitionSets;
}

export const archivedTopics = [
  topicNames.customerEvents,
  topicNames.segmentChanges,
  topicNames.rejectedEvents,
] as const;

export interface WarehouseOptions {
  readonly flushDelayMs: number;
  readonly blockRecords: number;
  readonly blockBytes: number;
  readonly concurrentInserts: number;
  readonly maxBatchRecords: number;
  readonly maxBufferedBytes: number;
  readonly sessionTimeoutMs: number;
  readonly sweepAheadRecords: number;
  readonly sweepLagMs: number;
  readonly sweepPollMs: number;
  readonly sweepBusyMs: number;
  readonly sweepIdleMs: number;
  /** How often it is seen whether dead letters of who was erased are gone. */
  readonly lettersMs: number;
}

/** Brings the tables up to date, joins the groups, archives and sweeps until stopped. */
export async function startWarehouse(
  ports: WarehousePorts,
  options: WarehouseOptions,
): Promise<RunningService> {
  const applied = await migrate(ports.warehouse, await readMigrations());
  if (applied.length > 0) ports.logger.info({ applied }, "migrations applied");
  const letters: LetterPorts = { ...ports, topic: topicNames.deadLetters };
  const archiver = await startArchiver(ports, {
    group: warehouseGroup,
    topics: archivedTopics,
    flushDelayMs: options.flushDelayMs,
    bounds: { maxRecords: options.blockRecords, maxBytes: options.blockBytes },
    maxBufferedBytes: options.maxBufferedBytes,
    sessionTimeoutMs: options.sessionTimeoutMs,
    concurrentInserts: options.concurrentInserts,
    maxBatchRecords: options.maxBatchRecords,
    onErased: (erasures) => emptyLetters(letters, erasures),
  });
  const sweeps = await startSweeps(
    { ...ports, hurry: archiver.hurry },
    {
      topics: topicNames,
      archiveGroup: warehouseGroup,
      maxAhead: options.sweepAheadRecords,
      lagMs: options.sweepLagMs,
      pollMs: options.sweepPollMs,
      busyMs: options.sweepBusyMs,
      idleMs: options.sweepIdleMs,
      group: sweepsGroup,
      definitionsTopic: topicNames.segmentDefinitions,
      sessionTimeoutMs: options.sessionTimeoutMs,
    },
  );
  const stopWatching = watchLetters(letters, options.lettersMs);
  return {
    ready: archiver.ready,
    ended: Promise.race([archiver.ended, sweeps.ended]),
    async stop() {
      stopWatching();
      await Promise.all([archiver.stop(), sweeps.stop()]);
      await ports.log.close();
      await ports.store.close();
      await ports.warehouse.close();
    },
  };
}
