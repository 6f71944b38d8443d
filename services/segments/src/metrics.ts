import { Counter, Histogram, type Registry, sharedMetrics } from "@tidemark/runtime";
import type { WorkerObserver } from "./partition-worker.ts";

/** Counters of the fold, in Prometheus' names. */
export function workerMetrics(registry: Registry): WorkerObserver {
  const registers = [registry];
  const { deadLetter } = sharedMetrics(registry);
  const events = new Counter({
    name: "tidemark_segments_events_total",
    help: "Records of customers folded.",
    registers,
  });
  const changes = new Counter({
    name: "tidemark_segments_changes_total",
    help: "Changes published, by cause.",
    labelNames: ["cause"],
    registers,
  });
  const rejected = new Counter({
    name: "tidemark_segments_rejected_total",
    help: "Events not admitted, by reason.",
    labelNames: ["reason"],
    registers,
  });
  const timers = new Counter({
    name: "tidemark_segments_timers_fired_total",
    help: "Timers fired.",
    registers,
  });
  const lateness = new Histogram({
    name: "tidemark_segments_timer_lateness_seconds",
    help: "From the instant a membership changed by time to its detection; history left out.",
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 60, 3600],
    registers,
  });
  return {
    events: (count) => events.inc(count),
    published(published, rejections, letters) {
      for (const change of published) {
        changes.inc({ cause: change.cause });
        if (change.cause === "time" && !change.historic)
          lateness.observe((change.detectedAt - change.effectiveAt) / 1000);
      }
      for (const { reason } of rejections) rejected.inc({ reason });
      for (const { reason } of letters) deadLetter(reason);
    },
    fired: (count) => timers.inc(count),
  };
}
