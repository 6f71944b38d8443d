/** The timers of one partition: when the next is due, and which are due now. */
import type { PartitionMeta, StateStore, SubjectWrite } from "@tidemark/runtime";
import { type DueTimer, inOrderOfInstant } from "./fold-clock.ts";

export interface DueTimers {
  /** Earliest instant at which something may be due, in ms; Infinity for nothing. A lower bound. */
  nextAt(meta: PartitionMeta): number;
  /** Asks the store for the exact instants. */
  refresh(): Promise<void>;
  /** Timers were written with a commit. */
  committed(subjects: readonly SubjectWrite[]): void;
  /** At most `max` that are due at the partition's clock, in order of instant, then of subject. */
  due(meta: PartitionMeta, max: number): Promise<readonly DueTimer[]>;
}

export function dueTimers(
  store: Pick<StateStore, "earliestTimer" | "dueTimers">,
  partition: number,
): DueTimers {
  let liveAt = Number.POSITIVE_INFINITY;
  let heldAt = Number.POSITIVE_INFINITY;
  let commits = 0;
  return {
    nextAt: ({ openLoads }) => (openLoads.size > 0 ? liveAt : Math.min(liveAt, heldAt)),

    async refresh() {
      const before = commits;
      const [live, held] = await Promise.all([
        store.earliestTimer(partition, "live"),
        store.earliestTimer(partition, "held"),
      ]);
      // A commit that armed something meanwhile may be missing from what was read.
      const raced = before !== commits;
      liveAt = Math.min(live ?? Number.POSITIVE_INFINITY, raced ? liveAt : Number.POSITIVE_INFINITY);
      heldAt = Math.min(held ?? Number.POSITIVE_INFINITY, raced ? heldAt : Number.POSITIVE_INFINITY);
    },

    committed(subjects) {
      commits += 1;
      for (const { timer } of subjects) {
        if (timer?.set === "live") liveAt = Math.min(liveAt, timer.dueAt);
        if (timer?.set === "held") heldAt = Math.min(heldAt, timer.dueAt);
      }
    },

    async due({ clock, openLoads }, max) {
      const [live, held] = await Promise.all([
        store.dueTimers(partition, "live", clock, max),
        openLoads.size > 0 ? [] : store.dueTimers(partition, "held", clock, max),
      ]);
      return [
        ...live.map((timer) => ({ ...timer, set: "live" as const })),
        ...held.map((timer) => ({ ...timer, set: "held" as const })),
      ]
        .sort(inOrderOfInstant)
        .slice(0, max);
    },
  };
}
