/**
 * Rhythm over calendar periods in the zone; skipped dates are no periods. With c the current period and a run being
 * consecutive periods each with an event:
 *  - regular: a run of at least `times` ends in c, or in the period before c (c is not missed yet);
 *  - stopped: the latest run is of at least `times`, and of the periods after it and before c at least one and fewer
 *    than `times` passed without an event, and none came in c;
 *  - resumed: an event came in c, at least one period was missed before it, and the run before that was of at least
 *    `times`, however long ago.
 * An answer can only change where a period begins.
 */
import { nextPeriod, periodAt, previousPeriod, startOfPeriod } from "../calendar/period.ts";
import type { ZoneCalendar } from "../calendar/zone.ts";
import type { Condition } from "../definition/definition.ts";
import { type Periods, periodsNewestFirst } from "../features/periods.ts";
import { type Evaluate, never, type ZoneOf } from "./condition.ts";

type Spec = Pick<Extract<Condition, { op: "rhythm" }>, "state" | "every" | "times">;

/** `loose`: the zone may change, see the feature. */
export function rhythm(feature: number, spec: Spec, loose: boolean, zoneOf: ZoneOf): Evaluate {
  const { every } = spec;
  return (evaluation) => {
    evaluation.until = never;
    const periods = evaluation.feature(feature) as Periods | undefined;
    if (!periods) return false;
    const zone = zoneOf(evaluation);
    const came = periodsNewestFirst(periods, every, zone, loose);
    let current = periodAt(zone, every, evaluation.now);
    const holds = holdsIn(current, came, spec, zone);
    // Past the last event the answer settles after `times` further periods.
    for (let step = 0; step <= spec.times + 1; step += 1) {
      current = nextPeriod(zone, every, current);
      if (holdsIn(current, came, spec, zone) === holds) continue;
      evaluation.until = startOfPeriod(zone, every, current);
      break;
    }
    return holds;
  };
}

function holdsIn(current: number, came: readonly number[], spec: Spec, zone: ZoneCalendar): boolean {
  const { state, every, times } = spec;
  const [newest] = came;
  if (newest === undefined) return false;
  const before = previousPeriod(zone, every, current);
  if (state === "regular") return (newest === current || newest === before) && hasRun(came, 0, spec, zone);
  if (state === "stopped") {
    const missed = missedBetween(newest, current, every, times, zone);
    return missed >= 1 && missed < times && hasRun(came, 0, spec, zone);
  }
  const earlier = came[1];
  return newest === current && earlier !== undefined && earlier !== before && hasRun(came, 1, spec, zone);
}

/** Whether the newest periods from a place on are `times` consecutive ones. */
function hasRun(came: readonly number[], from: number, { every, times }: Spec, zone: ZoneCalendar): boolean {
  for (let place = from; place < from + times - 1; place += 1) {
    const [period, earlier] = [came[place], came[place + 1]];
    if (period === undefined || earlier === undefined) return false;
    if (previousPeriod(zone, every, period) !== earlier) return false;
  }
  return came[from] !== undefined;
}

/** How many periods lie between; no further than `most`. */
function missedBetween(
  last: number,
  current: number,
  every: Spec["every"],
  most: number,
  zone: ZoneCalendar,
): number {
  let missed = -1;
  for (let period = last; period < current && missed < most; period = nextPeriod(zone, every, period))
    missed += 1;
  return missed;
}
