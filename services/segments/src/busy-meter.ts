import { performance } from "node:perf_hooks";

/** Answers for what share of the time since it was asked last the event loop had something to do, in percent. */
export function busyMeter(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization * 100;
  };
}
