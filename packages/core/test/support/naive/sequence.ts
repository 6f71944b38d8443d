/** Events in order, and one without another. The newest 32 events of each selector are looked at. */
import type { Condition, Selector } from "../../../src/definition/definition.ts";
import { inTotalOrder, type Knowledge, type Occurrence, remembered } from "./knowledge.ts";
import type { Scene } from "./scene.ts";
import { isInside } from "./window.ts";

const newestOfAStep = 32;

function newest(known: Knowledge, of: Selector): readonly Occurrence[] {
  return remembered(known, of).slice(-newestOfAStep);
}

export function sequenceHolds(
  { steps, withinMs, during }: Extract<Condition, { op: "sequence" }>,
  { known, t }: Scene,
  zone: string,
): boolean {
  const follows = (before: Occurrence, after: Occurrence): boolean =>
    inTotalOrder(before, after) < 0 && (withinMs === null || after.at - before.at <= withinMs);
  const [first, ...rest] = steps.map((step) => newest(known, step));
  const goesOn = (before: Occurrence, step: number): boolean => {
    const events = rest[step];
    if (events === undefined) return true;
    return events.some((after) => follows(before, after) && goesOn(after, step + 1));
  };
  return first!.some((event) => isInside(during, event.at, t, zone) && goesOn(event, 0));
}

export function didHolds(
  { did, without, forMs, forgetMs }: Extract<Condition, { op: "did" }>,
  { known, t }: Scene,
): boolean {
  const latest = newest(known, did).at(-1)?.at;
  if (latest === undefined || t < latest + forMs) return false;
  if (forgetMs !== null && t >= latest + forgetMs) return false;
  return !newest(known, without).some(({ at }) => at >= latest && at <= t);
}
