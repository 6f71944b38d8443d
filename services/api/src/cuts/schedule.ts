/** Cut points by themselves: when they are due, and how old they are, as metrics. */
import type { Clock, Logger, Registry, Warehouse } from "@tidemark/runtime";
import type { Cuts } from "../cuts.ts";
import { cutMetrics } from "./metrics.ts";

interface CutScheduleOptions {
  /** In ms; 0 for never. */
  readonly everyMs: number;
  readonly openWarehouse: () => Promise<Pick<Warehouse, "query">>;
  readonly clock: Pick<Clock, "elapsedMs">;
  readonly logger: Logger;
  readonly metrics: Registry;
}

/** How long until it is tried again what could not be done, in ms. */
const againMs = 600_000;

/** Answers a step to take now and then: it never rejects, and goes on while one is under way. */
export function cutSchedule(
  cuts: () => Cuts,
  { everyMs, openWarehouse, clock, logger, metrics }: CutScheduleOptions,
): () => Promise<void> {
  const { age, missing } = cutMetrics(metrics);
  let triedAt = Number.NEGATIVE_INFINITY;
  let isUnderWay = false;

  const step = async (): Promise<void> => {
    const { cuts: wanted, ageSeconds } = await cuts().read();
    const lacking = wanted.filter(({ values }) => values === null).length;
    age.set(ageSeconds ?? 0);
    missing.set(lacking);
    const isOld = ageSeconds === null || ageSeconds * 1_000 >= everyMs;
    const isDue = everyMs > 0 && wanted.length > 0 && (lacking > 0 || isOld);
    if (!isDue || clock.elapsedMs() - triedAt < Math.min(everyMs, againMs)) return;
    if ((await openLoads(await openWarehouse())) > 0) return;
    triedAt = clock.elapsedMs();
    const { version, populations } = await cuts().compute();
    logger.info({ version, populations }, "cut points were worked out from the archive");
  };

  return async () => {
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      await step();
    } catch (error) {
      logger.warn({ err: error }, "cut points could not be worked out");
    } finally {
      isUnderWay = false;
    }
  };
}

/** Loads that have begun and not ended: half a history has other quantiles. */
async function openLoads(warehouse: Pick<Warehouse, "query">): Promise<number> {
  const [row] = await warehouse.query<{ readonly open: number }>(
    `SELECT countIf(types = ['LoadBegin']) AS open FROM (
       SELECT kafka_partition, value, arraySort(groupUniqArray(type)) AS types
       FROM control_records WHERE type IN ('LoadBegin', 'LoadEnd') GROUP BY kafka_partition, value
     )`,
  );
  return row?.open ?? 0;
}
