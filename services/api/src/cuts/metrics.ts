/** What the schedule of cut points exports. */
import { Gauge, type Registry } from "@tidemark/runtime";

export interface CutMetrics {
  readonly age: Gauge;
  readonly missing: Gauge;
}

export function cutMetrics(metrics: Registry): CutMetrics {
  return {
    age: new Gauge({
      name: "tidemark_cuts_age_seconds",
      help: "How long ago the cut points in force were published, in seconds; 0 where there are none.",
      registers: [metrics],
    }),
    missing: new Gauge({
      name: "tidemark_cuts_missing",
      help: "Cut points that definitions ask for and that are not in force.",
      registers: [metrics],
    }),
  };
}
