import { Counter, type Registry } from "@tidemark/runtime";

/** What the loop tells about its work. */
export interface IntakeObserver {
  /** Records of the source whose outcome is written. */
  taken(records: number): void;
  /** Canonical events written. */
  produced(events: number): void;
  deadLetter(reason: string): void;
  failed(): void;
}

/** Counters in Prometheus' names. */
export function intakeMetrics(registry: Registry, service: string): IntakeObserver {
  const registers = [registry];
  const records = new Counter({
    name: "tidemark_intake_records_total",
    help: "Source records taken in.",
    labelNames: ["service"],
    registers,
  });
  const events = new Counter({
    name: "tidemark_intake_events_total",
    help: "Canonical events written to customer-events.",
    labelNames: ["service"],
    registers,
  });
  const deadLetters = new Counter({
    name: "tidemark_intake_dead_letters_total",
    help: "Dead letters written, by reason.",
    labelNames: ["service", "reason"],
    registers,
  });
  const failures = new Counter({
    name: "tidemark_intake_failures_total",
    help: "Steps that failed and are tried again.",
    labelNames: ["service"],
    registers,
  });
  return {
    taken: (count) => records.inc({ service }, count),
    produced: (count) => events.inc({ service }, count),
    deadLetter: (reason) => deadLetters.inc({ service, reason }),
    failed: () => failures.inc({ service }),
  };
}
