/** Which instants a window takes at t. */
import type { DateOrInstant, Window } from "../../../src/definition/definition.ts";
import { startOfDay, startOfPeriod } from "./calendar.ts";

export function isInside(during: Window, at: number, t: number, zone: string): boolean {
  switch (during.type) {
    case "all":
      return true;
    case "rolling":
      return at > t - during.lastMs && at <= t - during.endingBeforeMs;
    case "fixed":
      return at >= edgeOf(during.from, zone) && (during.to === null || at < edgeOf(during.to, zone));
    case "calendar": {
      const { period, which } = during;
      const now = startOfPeriod(zone, period, t);
      return which === "this" ? at >= now : at >= startOfPeriod(zone, period, t, 1) && at < now;
    }
  }
}

function edgeOf(edge: DateOrInstant, zone: string): number {
  return "day" in edge ? startOfDay(zone, edge.day) : edge.instant;
}
