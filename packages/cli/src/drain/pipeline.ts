/** How far each stage of the pipeline is, from the positions that Kafka and Redis hold. */
import { topicNames } from "@tidemark/contracts";
import type { Log, StateStore } from "@tidemark/runtime";
import type { Bar } from "../progress/progress.ts";

export interface PipelinePorts {
  readonly log: Log;
  readonly store: StateStore;
  /** Loads begun and not ended, as the archive has them; asked only when everything else is done. */
  readonly openLoads: () => Promise<number>;
  /** Wall time in ms. */
  readonly now: () => number;
}

export interface PipelineReading {
  /** When the reading began: where nothing is waited for, everything up to then is done. */
  readonly asOf: number;
  readonly stages: readonly Bar[];
  /** One phrase each; empty once everything is drained. */
  readonly waitingFor: readonly string[];
}

const sources = [topicNames.orders, topicNames.interactions, topicNames.lifecycle] as const;
const archived = [topicNames.customerEvents, topicNames.segmentChanges, topicNames.rejectedEvents] as const;

/**
 * Reads in the direction of the stream, so that what is not waited for at one stage has arrived at the next before
 * that one is looked at.
 */
export async function readPipeline(ports: PipelinePorts): Promise<PipelineReading> {
  const { log } = ports;
  const asOf = ports.now();
  const stages: Bar[] = [];
  const waitingFor: string[] = [];
  const stage = (bar: Bar): void => {
    stages.push(bar);
    if (bar.done < bar.total) waitingFor.push(`${bar.name} (${bar.done} of ${bar.total})`);
  };
  for (const topic of sources) stage(await groupProgress(log, topic, `tidemark-${topic}`, topic));
  stage(await segmentsProgress(ports));
  const due = await timersDue(ports, asOf);
  if (due > 0) waitingFor.push(`timers that are due, in ${due} partitions`);
  for (const topic of archived)
    stage(await groupProgress(log, `warehouse: ${topic}`, "tidemark-warehouse", topic));
  stage(await groupProgress(log, "automations", "tidemark-automations", topicNames.segmentChanges));
  if (waitingFor.length === 0) {
    const loads = await ports.openLoads();
    if (loads > 0) waitingFor.push(`the end of ${loads} loads`);
  }
  return { asOf, stages, waitingFor };
}

/** Records of a topic that a group has committed; the warehouse commits a block's start until it is inserted. */
async function groupProgress(log: Log, name: string, group: string, topic: string): Promise<Bar> {
  const [ends, starts] = await Promise.all([log.endOffsets(topic), log.startOffsets(topic)]);
  const committed = await log.committed(group, topic);
  let done = 0;
  for (const [partition, end] of ends.entries()) {
    const start = starts[partition] ?? 0;
    done += Math.max(Math.min(committed[partition]?.offset ?? start, end) - start, 0);
  }
  return { name, done, total: sum(ends) - sum(starts) };
}

async function segmentsProgress({ log, store }: PipelinePorts): Promise<Bar> {
  const [ends, starts] = await Promise.all([
    log.endOffsets(topicNames.customerEvents),
    log.startOffsets(topicNames.customerEvents),
  ]);
  const states = await Promise.all(ends.map((_, partition) => store.load(partition)));
  const done = ends.map((end, partition) => {
    const start = starts[partition] ?? 0;
    return Math.min(Math.max(states[partition]?.position ?? start, start), end) - start;
  });
  return { name: "segments", done: sum(done), total: sum(ends) - sum(starts) };
}

/** Partitions in which a timer, waiting or held back by a load, is due. */
async function timersDue({ log, store }: PipelinePorts, asOf: number): Promise<number> {
  const partitions = await log.partitionCount(topicNames.customerEvents);
  const due = await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const [live, held] = await Promise.all([
        store.earliestTimer(partition, "live"),
        store.earliestTimer(partition, "held"),
      ]);
      return Math.min(live ?? Number.POSITIVE_INFINITY, held ?? Number.POSITIVE_INFINITY) <= asOf;
    }),
  );
  return due.filter(Boolean).length;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
