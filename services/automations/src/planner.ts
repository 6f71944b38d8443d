/** From records of `segment-changes` to what they set off, with what is missing among them, and telling of it. */
import type { Codec } from "@tidemark/contracts";
import {
  appendDeadLetters,
  type Log,
  type Logger,
  type LogRecord,
  type Patience,
  patiently,
} from "@tidemark/runtime";
import { type Batch, planBatch } from "./batch.ts";
import type { InForce } from "./in-force.ts";
import type { AutomationsObserver } from "./metrics.ts";
import type { Place } from "./position.ts";
import { readEach, readRecords, UnknownSchema } from "./read-records.ts";
import { missingIn, repairGaps } from "./repair-gaps.ts";

export interface PlannerPorts {
  readonly log: Log;
  readonly codec: Codec;
  readonly logger: Logger;
  readonly observe: AutomationsObserver;
  readonly patience: Patience;
  readonly inForce: () => Promise<InForce>;
}

export interface Planner {
  /** Undefined where it is not wanted any more. What does not decode is in the dead letters then. */
  plan(from: Place, records: readonly LogRecord[]): Promise<Batch | undefined>;
  /** Reads up to the offset `to`, and plans what was planned before. */
  planAgain(from: Place, to: number): Promise<Batch | undefined>;
}

const unreadable = { path: "", found: "bytes that do not decode", expected: "a SegmentChange or a Fence" };

/** The planner of one partition. */
export function createPlanner(
  ports: PlannerPorts,
  topics: { readonly segmentChanges: string; readonly deadLetters: string },
  partition: number,
  wanted: () => boolean,
): Planner {
  const { log, codec, logger, observe, patience } = ports;
  const place = { topic: topics.segmentChanges, partition };

  const inForce = () => patiently(patience, "the automations in force are not known", wanted, ports.inForce);

  const read = (records: readonly LogRecord[]) =>
    patiently(patience, "changes cannot be read", wanted, () => readRecords(codec, records));

  async function planAll(from: Place, records: readonly LogRecord[], automations: InForce) {
    try {
      return planBatch(from, readEach(codec, records), automations);
    } catch (error) {
      if (!(error instanceof UnknownSchema)) throw error;
      const all = await read(records);
      return all && planBatch(from, all, automations);
    }
  }

  /** The batch as it came, and as it is with what was found of the missing changes. */
  async function planWhole(from: Place, records: readonly LogRecord[], automations: InForce) {
    const seen = await planAll(from, records, automations);
    if (seen === undefined) return undefined;
    if (seen.gaps.length === 0) return { seen, whole: seen };
    const all = await read(records);
    const repaired =
      all &&
      (await patiently(patience, "missing changes cannot be looked for", wanted, () =>
        repairGaps(ports, place, all, seen.gaps),
      ));
    return repaired && { seen, whole: planBatch(from, repaired, automations) };
  }

  function tell(seen: Batch, whole: Batch): void {
    for (const verdict of seen.verdicts) observe.judged(verdict);
    if (whole.historic > 0) observe.leftAlone(whole.historic);
    if (seen.gaps.length === 0) return;
    const [missing, stillMissing] = [missingIn(seen.gaps), missingIn(whole.gaps)];
    if (missing > stillMissing) observe.judged("repaired", missing - stillMissing);
    if (stillMissing > 0) observe.judged("missing", stillMissing);
    for (const gap of seen.gaps)
      logger.error({ partition, ...gap }, "segment changes are missing before this one");
    if (stillMissing === 0)
      logger.warn({ partition, missing }, "all of them stand in the topic and are acted on");
    for (const gap of whole.gaps)
      logger.error({ partition, ...gap }, "the topic does not hold them any more: nobody acts on them");
  }

  async function keepUnreadable(records: readonly LogRecord[]): Promise<boolean> {
    if (records.length === 0) return true;
    const letters = records.map((record) => ({ record, reason: "unreadable", faults: [unreadable] }));
    const kept = await patiently(patience, "dead letters cannot be written", wanted, async () => {
      const target = partition % (await log.partitionCount(topics.deadLetters));
      await appendDeadLetters(log, topics.deadLetters, target, letters, "automations");
      return true;
    });
    for (const { record } of kept ? letters : []) {
      observe.unreadable();
      logger.error({ partition, offset: record.offset }, "a record of segment-changes does not decode");
    }
    return kept === true;
  }

  return {
    async plan(from, records) {
      const automations = await inForce();
      const planned = automations && (await planWhole(from, records, automations));
      if (planned === undefined) return undefined;
      tell(planned.seen, planned.whole);
      return (await keepUnreadable(planned.seen.unreadable)) ? planned.whole : undefined;
    },
    async planAgain(from, to) {
      const automations = await inForce();
      if (automations === undefined) return undefined;
      const records = await patiently(patience, "changes cannot be read again", wanted, () =>
        readRange(log, place, from.offset, to, logger),
      );
      return records && (await planWhole(from, records, automations))?.whole;
    },
  };
}

async function readRange(
  log: Log,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  from: number,
  to: number,
  logger: Logger,
): Promise<readonly LogRecord[]> {
  const start = (await log.startOffsets(topic))[partition] ?? 0;
  if (start > from)
    logger.error({ partition, position: from, start }, "retention took records that an endpoint waited for");
  const records: LogRecord[] = [];
  for await (const read of log.read(topic, partition, Math.max(from, Math.min(start, to)), to))
    records.push(...read);
  return records;
}
