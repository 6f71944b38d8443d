import { Counter, type Registry, type SharedMetrics, sharedMetrics } from "@tidemark/runtime";

/** What the loop tells about its work. */
export interface IntakeObserver {
  /** Records of the source whose outcome is written. */
  taken(records: number): void;
  /** Canonical events written. */
  produced(events: number): void;
  deadLetter(reason: string): void;
  /** How long a send waited for the fold. */
  waited(ms: number): void;
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
  const waits = new Counter({
    name: "tidemark_intake_waited_seconds_total",
    help: "Seconds that source partitions waited because segments has too much to fold, over all of them.",
    registers,
  });
  const { deadLetter, retried, took } = sharedMetrics(registry);
  return {
    taken: (count) => records.inc(count),
    produced: (count) => events.inc(count),
    deadLetter: (reason) => deadLetter(reason),
    waited: (ms) => waits.inc(Math.max(0, ms) / 1_000),
    failed: retried,
    took,
  };
}
