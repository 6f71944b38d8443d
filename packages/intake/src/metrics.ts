import { Counter, type Registry, type SharedMetrics, sharedMetrics } from "@tidemark/runtime";

/** What the loop tells about its work. */
export interface IntakeObserver {
  /** Records of the source whose outcome is written. */
  taken(records: number): void;
  /** Canonical events written. */
  produced(events: number): void;
  deadLetter(reason: string): void;
  failed(): void;
  took: SharedMetrics["took"];
}

/** Counters in Prometheus' names. */
export function intakeMetrics(registry: Registry): IntakeObserver {
  const registers = [registry];
  const records = new Counter({
    name: "tidemark_intake_records_total",
    help: "Source records taken in.",
    registers,
  });
  const events = new Counter({
    name: "tidemark_intake_events_total",
    help: "Canonical events written to customer-events.",
    registers,
  });
  const { deadLetter, retried, took } = sharedMetrics(registry);
  return {
    taken: (count) => records.inc(count),
    produced: (count) => events.inc(count),
    deadLetter: (reason) => deadLetter(reason),
    failed: retried,
    took,
  };
}
