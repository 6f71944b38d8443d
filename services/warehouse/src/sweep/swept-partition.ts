/** A partition whose sweep is under way, as its state says. */
import type { Plan } from "@tidemark/core";

export interface SweptPartition {
  readonly partition: number;
  /** Id of the sweep. */
  readonly sweep: string;
  /** Offset of its record: archived events below it are folded. */
  readonly fence: number;
  /** What history is folded with. See core's `buildHistoryPlan`. */
  readonly plan: Plan;
}
