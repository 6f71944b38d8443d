/** Rhythm over calendar periods, asked of each period whether an event came in it. */
import type { Condition } from "../../../src/definition/definition.ts";
import { startOfPeriod } from "./calendar.ts";
import { remembered } from "./knowledge.ts";
import type { Scene } from "./scene.ts";

export function rhythmHolds(
  { state, of, every, times }: Extract<Condition, { op: "rhythm" }>,
  { known, t }: Scene,
  zone: string,
): boolean {
  const instants = remembered(known, of).map(({ at }) => at);
  const came = (back: number): boolean => {
    const from = startOfPeriod(zone, every, t, back);
    const to = back === 0 ? Number.POSITIVE_INFINITY : startOfPeriod(zone, every, t, back - 1);
    return instants.some((at) => at >= from && at < to);
  };
  const isRun = (back: number): boolean => {
    for (let place = 0; place < times; place += 1) if (!came(back + place)) return false;
    return true;
  };
  if (instants.length === 0) return false;
  if (state === "regular") return isRun(came(0) ? 0 : 1);
  if (state === "stopped" ? came(0) : !came(0)) return false;
  const first = Math.min(...instants);
  let missed = 0;
  while (!came(1 + missed)) {
    if (startOfPeriod(zone, every, t, 1 + missed) <= first) return false;
    missed += 1;
  }
  return missed > 0 && (state === "resumed" || missed < times) && isRun(1 + missed);
}
