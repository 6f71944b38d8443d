/** The service: its topics, its group, its migrations. */
import { topicNames } from "@tidemark/contracts";
import type { RunningService } from "@tidemark/runtime";
import { type ArchiverPorts, startArchiver } from "./archiver.ts";
import { migrate, readMigrations } from "./migrations.ts";

/** Consumer group of the service. A partition is archived up to its commit where the commit names no block. */
export const warehouseGroup = "tidemark-warehouse";

export const archivedTopics = [
  topicNames.customerEvents,
  topicNames.segmentChanges,
  topicNames.rejectedEvents,
] as const;

export interface WarehouseOptions {
  readonly flushDelayMs: number;
  readonly blockRecords: number;
  readonly maxBufferedBytes: number;
  readonly sessionTimeoutMs: number;
}

/** Far below what ClickHouse takes as one block. */
const maxBlockBytes = 16 * 1024 * 1024;

/** Brings the tables up to date, joins the group and archives until stopped. */
export async function startWarehouse(
  ports: ArchiverPorts,
  options: WarehouseOptions,
): Promise<RunningService> {
  const applied = await migrate(ports.warehouse, await readMigrations());
  if (applied.length > 0) ports.logger.info({ applied }, "migrations applied");
  const archiver = await startArchiver(ports, {
    group: warehouseGroup,
    topics: archivedTopics,
    flushDelayMs: options.flushDelayMs,
    bounds: { maxRecords: options.blockRecords, maxBytes: maxBlockBytes },
    maxBufferedBytes: options.maxBufferedBytes,
    sessionTimeoutMs: options.sessionTimeoutMs,
  });
  return {
    ...archiver,
    async stop() {
      await archiver.stop();
      await ports.log.close();
      await ports.warehouse.close();
    },
  };
}
