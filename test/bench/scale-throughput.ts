/**
 * The same backlog folded by 1, 2 and 4 instances of `segments`. They hold their partitions already and are suspended
 * while it is written; then all go on at once.
 */
import { topicNames } from "@tidemark/contracts";
import { freePortNumbers, type NativeStack } from "../../infra/src/index.ts";
import type { Bench } from "./bench.ts";
import { processUsage } from "./process-usage.ts";
import { produceBacklog, serviceEnvironment } from "./segments-alone.ts";
import { startService } from "./service.ts";

export interface ThroughputFigures {
  readonly instances: number;
  readonly eventsPerSecond: number;
  /** Processor time an event, in us: of all instances together, and of what they rest on. */
  readonly cpuUsPerEvent: { readonly segments: number; readonly kafka: number; readonly redis: number };
  /** How many processors all of them kept busy, of those that there are. */
  readonly busyProcessors: number;
}

/** Longer than the backlog takes to write: nobody is counted out meanwhile. */
const sessionTimeoutMs = 300_000;

export async function measureThroughput(
  bench: Bench,
  stack: NativeStack,
  instances: number,
  shape: { readonly customers: number; readonly events: number },
): Promise<ThroughputFigures> {
  const ports = await freePortNumbers(instances);
  const env = { ...serviceEnvironment(bench), SEGMENTS_SESSION_TIMEOUT_MS: String(sessionTimeoutMs) };
  const running = ports.map((port, at) =>
    startService("segments", { ...env, HTTP_PORT: String(port) }, bench.folder, `segments-${at}`),
  );
  await Promise.all(running.map((instance) => instance.ready()));
  await evenlyHeld(ports, bench.partitions);
  const pids = running.map(({ pid }) => pid);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  await produceBacklog(bench, shape);
  const end = (await bench.log.endOffsets(topicNames.customerEvents)).reduce((sum, one) => sum + one, 0);
  const before = await bench.position();
  const cpu = (which: readonly number[]): number =>
    which.reduce((sum, pid) => sum + processUsage(pid).cpuUs, 0);
  const parts = { segments: pids, kafka: [stack.part("kafka").pid()], redis: [stack.part("redis").pid()] };
  const usedBefore = { segments: cpu(parts.segments), kafka: cpu(parts.kafka), redis: cpu(parts.redis) };
  const startedAt = performance.now();
  for (const pid of pids) process.kill(pid, "SIGCONT");
  while ((await bench.position()) < end) await new Promise((resolve) => setTimeout(resolve, 50));
  const seconds = (performance.now() - startedAt) / 1000;
  const perEvent = (name: keyof typeof parts): number =>
    (cpu(parts[name]) - usedBefore[name]) / (end - before);
  const used = { segments: perEvent("segments"), kafka: perEvent("kafka"), redis: perEvent("redis") };
  await Promise.all(running.map((instance) => instance.stop()));
  const eventsPerSecond = (end - before) / seconds;
  return {
    instances,
    eventsPerSecond: Math.round(eventsPerSecond),
    cpuUsPerEvent: { segments: round(used.segments), kafka: round(used.kafka), redis: round(used.redis) },
    busyProcessors: round(((used.segments + used.kafka + used.redis) * eventsPerSecond) / 1e6),
  };
}

/** Resolves once all partitions are held, and each instance has its share. */
async function evenlyHeld(ports: readonly number[], partitions: number): Promise<void> {
  const least = Math.floor(partitions / ports.length);
  for (const deadline = Date.now() + 60_000; ; ) {
    const held = await Promise.all(
      ports.map(async (port) => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        return [...text.matchAll(/^tidemark_lag_records\{/gm)].length;
      }),
    );
    if (held.every((count) => count >= least) && held.reduce((sum, one) => sum + one, 0) === partitions)
      return;
    if (Date.now() > deadline)
      throw new Error(`the instances hold ${held.join(", ")} of ${partitions} partitions`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
