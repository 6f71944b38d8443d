import type { ChangeVerdict } from "@tidemark/contracts";
import { Counter, Histogram, type Registry } from "@tidemark/runtime";
import { meaningOf, type Outcome } from "./attempt.ts";
import type { UndeliveredReason } from "./deliver.ts";

/** What the service tells about its work. `endpoint` is a configured name, or `unknown`. */
export interface AutomationsObserver {
  judged(verdict: ChangeVerdict): void;
  /** Automations that left a change alone because it is history. */
  leftAlone(count: number): void;
  attempted(endpoint: string, outcome: Outcome, ms: number): void;
  /** `lagMs` is the time since the change was found out. */
  delivered(endpoint: string, lagMs: number): void;
  undelivered(endpoint: string, reason: UndeliveredReason): void;
  unreadable(): void;
  failed(): void;
}

/** Counters in Prometheus' names. */
export function automationsMetrics(registry: Registry): AutomationsObserver {
  const registers = [registry];
  const changes = new Counter({
    name: "tidemark_automations_changes_total",
    help: "Segment changes by verdict: new, repeat, void (of an owner shut out), gap (numbers before it are missing: raise an alarm).",
    labelNames: ["verdict"],
    registers,
  });
  // An alarm on a counter needs it to be there before it counts.
  changes.inc({ verdict: "gap" }, 0);
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
  const lag = new Histogram({
    name: "tidemark_automations_lag_seconds",
    help: "From the instant a change was found out to the delivery of its webhook.",
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
    registers,
  });
  const undelivered = new Counter({
    name: "tidemark_automations_dead_letters_total",
    help: "Webhooks that went to dead-letters, by reason.",
    labelNames: ["webhook", "reason"],
    registers,
  });
  const unreadable = new Counter({
    name: "tidemark_automations_unreadable_total",
    help: "Records that do not decode; they went to dead-letters.",
    registers,
  });
  const failures = new Counter({
    name: "tidemark_automations_failures_total",
    help: "Steps on Kafka or the schema registry that failed and are tried again.",
    registers,
  });
  return {
    judged: (verdict) => changes.inc({ verdict }),
    leftAlone: (count) => historic.inc(count),
    attempted(webhook, outcome, ms) {
      attempts.inc({ webhook, outcome: meaningOf(outcome) });
      seconds.observe({ webhook }, ms / 1000);
    },
    delivered(webhook, lagMs) {
      delivered.inc({ webhook });
      lag.observe(lagMs / 1000);
    },
    undelivered: (webhook, reason) => undelivered.inc({ webhook, reason }),
    unreadable: () => unreadable.inc(),
    failed: () => failures.inc(),
  };
}
