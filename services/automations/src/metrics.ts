import type { ChangeFate } from "@tidemark/contracts";
import { Counter, Gauge, Histogram, type Registry, sharedMetrics, verdictMetrics } from "@tidemark/runtime";
import { meaningOf, type Outcome } from "./attempt.ts";
import type { UndeliveredReason } from "./deliver.ts";

/** What the service tells about its work. `endpoint` is a configured name, or `unknown`. */
export interface AutomationsObserver {
  judged(fate: ChangeFate, count?: number): void;
  /** Automations that left a change alone because it is history. */
  leftAlone(count: number): void;
  attempted(endpoint: string, outcome: Outcome, ms: number): void;
  /** `lagMs` is the time since the change was found out. */
  delivered(endpoint: string, lagMs: number): void;
  undelivered(endpoint: string, reason: UndeliveredReason): void;
  /** Records of segment-changes between an endpoint and the other ones; 0 where it is not behind. */
  behind(endpoint: string, records: number): void;
  unreadable(): void;
  failed(): void;
}

/** Counters in Prometheus' names. */
export function automationsMetrics(registry: Registry): AutomationsObserver {
  const registers = [registry];
  const { judged } = verdictMetrics(registry);
  const { deadLetter, retried, took } = sharedMetrics(registry);
  const historic = new Counter({
    name: "tidemark_automations_historic_total",
    help: "Automations that left a change alone because it is history.",
    registers,
  });
  const attempts = new Counter({
    name: "tidemark_automations_attempts_total",
    help: "Attempts at delivering a webhook, by what came of it: delivered, retry, final.",
    labelNames: ["webhook", "outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "tidemark_automations_attempt_seconds",
    help: "How long attempts took.",
    labelNames: ["webhook"],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const delivered = new Counter({
    name: "tidemark_automations_delivered_total",
    help: "Webhooks delivered.",
    labelNames: ["webhook"],
    registers,
  });
  const undelivered = new Counter({
    name: "tidemark_automations_undelivered_total",
    help: "Webhooks that went to dead letters, by endpoint and reason.",
    labelNames: ["webhook", "reason"],
    registers,
  });
  const behind = new Gauge({
    name: "tidemark_automations_behind_records",
    help: "Records of segment-changes that an endpoint is behind the others, over all partitions of this process.",
    labelNames: ["webhook"],
    registers,
  });
  return {
    judged,
    leftAlone: (count) => historic.inc(count),
    attempted(webhook, outcome, ms) {
      attempts.inc({ webhook, outcome: meaningOf(outcome) });
      seconds.observe({ webhook }, ms / 1000);
    },
    delivered(webhook, lagMs) {
      delivered.inc({ webhook });
      took("change-to-webhook", lagMs);
    },
    undelivered(webhook, reason) {
      undelivered.inc({ webhook, reason });
      deadLetter(reason);
    },
    behind: (webhook, records) => behind.set({ webhook }, records),
    unreadable: () => deadLetter("unreadable"),
    failed: retried,
  };
}
