import {
  type Clock,
  Counter,
  Gauge,
  Histogram,
  type Registry,
  type StateStore,
  sharedMetrics,
} from "@tidemark/runtime";
import type { WorkerObserver } from "./worker-ports.ts";

/** How long a scrape waits for the store, in ms. */
const storeAnswerMs = 1_000;

export interface WorkerMetricsPorts {
  readonly store: Pick<StateStore, "countDue">;
  readonly clock: Pick<Clock, "now" | "after">;
  /** Partitions that this process owns now. */
  readonly owned: () => readonly number[];
}

/** What the fold does, and how far its partitions' clocks and timers are. */
export function workerMetrics(
  registry: Registry,
  { store, clock, owned }: WorkerMetricsPorts,
): WorkerObserver {
  const registers = [registry];
  const { deadLetter, retried, took } = sharedMetrics(registry);
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
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
    registers,
  });
  const clocks = new Map<number, number>();
  const perPartition = <Metric extends Gauge<"partition">>(
    metric: Metric,
    read: (partition: number) => number | undefined | Promise<number | undefined>,
  ) =>
    Promise.all(
      owned().map(async (partition) => {
        const value = await read(partition);
        if (value !== undefined) metric.set({ partition }, value);
      }),
    );
  new Gauge({
    name: "tidemark_segments_clock_seconds",
    help: "The clock of each partition owned, in seconds since the epoch: everything due by then has been fired.",
    labelNames: ["partition"],
    registers,
    async collect() {
      this.reset();
      await perPartition(this, (partition) => toSeconds(clocks.get(partition)));
    },
  });
  new Gauge({
    name: "tidemark_segments_timers_overdue",
    help: "Timers of each partition owned that are due and have not been fired.",
    labelNames: ["partition"],
    registers,
    async collect() {
      this.reset();
      await perPartition(this, (partition) =>
        answered(store.countDue(partition, "live", clock.now()), clock),
      );
    },
  });
  return {
    clock: (partition, at) => void clocks.set(partition, at),
    failed: retried,
    events: (count) => events.inc(count),
    published(published, rejections, letters, appendedAt) {
      for (const change of published) {
        changes.inc({ cause: change.cause });
        if (change.cause === "time" && !change.historic)
          lateness.observe((change.detectedAt - change.effectiveAt) / 1000);
        const since = change.cause === "event" ? appendedAt(change.causeOffset) : undefined;
        if (since !== undefined) took("canonical-to-change", change.detectedAt - since);
      }
      for (const { reason } of rejections) rejected.inc({ reason });
      for (const { reason } of letters) deadLetter(reason);
    },
    fired: (count) => timers.inc(count),
  };
}

/** Where the store is away there is no figure, rather than no metrics. */
function answered(count: Promise<number>, clock: Pick<Clock, "after">): Promise<number | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.after(storeAnswerMs, () => resolve(undefined));
    count.then(resolve, () => resolve(undefined)).finally(cancel);
  });
}

function toSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
