/**
 * Metrics that every service has, under the same names. All of a service's metrics carry the label `service`. No label
 * holds what belongs to a subject; values come from code, from topics and partitions, or from the configuration.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { LogOutput } from "./log-output.ts";
import type { Progress } from "./progress.ts";
import type { Readiness } from "./readiness.ts";

/** Steps of a record's way, by the times that records carry. */
export type Stage =
  /** From the source record's time to the canonical event's acknowledgement. */
  | "source-to-canonical"
  /** From the canonical event's append time to the detection of the change that it brought about. */
  | "canonical-to-change"
  /** From the detection of a change to the delivery of its webhook. */
  | "change-to-webhook"
  /** From a record's append time to the acknowledgement of its row. */
  | "log-to-archive";

export interface SharedMetrics {
  deadLetter(reason: string, count?: number): void;
  /** A step that failed and is tried again. */
  retried(): void;
  /** `ms` may be below 0 where clocks differ: it counts as 0. */
  took(stage: Stage, ms: number): void;
}

/** Metrics of a process: Node's own, and those that are told by nobody. */
export function newRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

const stageBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];

/** What several services count under the same name. */
export function sharedMetrics(registry: Registry): SharedMetrics {
  const registers = [registry];
  const deadLetters = new Counter({
    name: "tidemark_dead_letters_total",
    help: "Records and messages that went to dead letters, by reason.",
    labelNames: ["reason"],
    registers,
  });
  const retries = new Counter({
    name: "tidemark_retries_total",
    help: "Steps that failed and are tried again.",
    registers,
  });
  const stages = new Histogram({
    name: "tidemark_stage_seconds",
    help: "Seconds that a stage of a record's way took, by the times that records carry.",
    labelNames: ["stage"],
    buckets: stageBuckets,
    registers,
  });
  return {
    deadLetter: (reason, count = 1) => deadLetters.inc({ reason }, count),
    retried: () => retries.inc(),
    took: (stage, ms) => stages.observe({ stage }, Math.max(0, ms) / 1_000),
  };
}

/** Verdicts on the sequence numbers of segment changes; `judged` counts one. */
export function verdictMetrics(registry: Registry): { judged(verdict: string, count?: number): void } {
  const verdicts = new Counter({
    name: "tidemark_changes_judged_total",
    help: "Segment changes read, by verdict: new, repeat (dropped), void (of an owner shut out, dropped), gap (numbers before it are missing); of those missing: repaired (found in the topic), missing (nobody has them).",
    labelNames: ["verdict"],
    registers: [registry],
  });
  // An alarm on a counter needs it to be there before it counts.
  for (const verdict of ["new", "repeat", "void", "gap", "repaired", "missing"]) verdicts.inc({ verdict }, 0);
  return { judged: (verdict, count = 1) => verdicts.inc({ verdict }, count) };
}

/** What the log could not take. */
export function logMetrics(registry: Registry, output: LogOutput): void {
  new Gauge({
    name: "tidemark_log_lines_dropped",
    help: "Lines of the log that could not be written since the start: its disk is full, or nobody reads it.",
    registers: [registry],
    collect() {
      this.set(output.dropped());
    },
  });
}

/** What the process may hold; what it holds is `process_resident_memory_bytes`. */
export function memoryMetrics(registry: Registry, boundBytes: number): void {
  new Gauge({
    name: "tidemark_memory_bound_bytes",
    help: "Resident memory that the process stays below.",
    registers: [registry],
  }).set(boundBytes);
}

/** Lag, readiness and bounds of a running service, read when they are asked for. */
export function progressMetrics(registry: Registry, progress: Progress, ready: () => Readiness): void {
  const registers = [registry];
  const lagLabels = ["topic", "partition"] as const;
  new Gauge({
    name: "tidemark_lag_records",
    help: "Records of a partition that this process reads and has not done.",
    labelNames: lagLabels,
    registers,
    collect() {
      this.reset();
      for (const { topic, partition, records } of progress.lags()) this.set({ topic, partition }, records);
    },
  });
  new Gauge({
    name: "tidemark_lag_seconds",
    help: "How long the oldest record that waits in a partition has waited, in seconds.",
    labelNames: lagLabels,
    registers,
    collect() {
      this.reset();
      for (const { topic, partition, ms } of progress.lags()) this.set({ topic, partition }, ms / 1_000);
    },
  });
  new Gauge({
    name: "tidemark_in_hand_records",
    help: "Records handed to the service whose batch is not done.",
    registers,
    collect() {
      this.set(progress.recordsInHand());
    },
  });
  new Gauge({
    name: "tidemark_ready",
    help: "1 where the service is ready, 0 where it is not (the reason is on /ready).",
    registers,
    collect() {
      this.set(ready().ready ? 1 : 0);
    },
  });
}

export interface Buffer {
  /** A name from code, such as `archive`. */
  readonly name: string;
  readonly boundBytes: number;
  /** Bytes held now. */
  readonly bytes: () => number;
}

/** What a service holds in memory on purpose, and how much that may be. */
export function bufferMetrics(registry: Registry, buffers: readonly Buffer[]): void {
  const registers = [registry];
  new Gauge({
    name: "tidemark_buffer_bytes",
    help: "Bytes of records held in a buffer, waiting for their way on.",
    labelNames: ["buffer"],
    registers,
    collect() {
      for (const { name, bytes } of buffers) this.set({ buffer: name }, bytes());
    },
  });
  const bounds = new Gauge({
    name: "tidemark_buffer_bound_bytes",
    help: "Bytes that a buffer may hold; beyond that reading waits.",
    labelNames: ["buffer"],
    registers,
  });
  for (const { name, boundBytes } of buffers) bounds.set({ buffer: name }, boundBytes);
}
