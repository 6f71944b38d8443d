/**
 * `rhythm`: whether events came period by period. Read off a row of periods from the first event to now:
 * regular: `times` in a row up to the current or the last period; stopped: such a row, then at least one and fewer
 * than `times` periods without; resumed: an event in the current period after at least one without, and before that
 * such a row. Skipped dates are no periods.
 */
import { seriesOf } from "./aggregate.ts";
import { type Period, periodAfter, periodStart } from "./calendar.ts";
import { type Json, numberOf, onlyKeys, Uninterpretable } from "./json.ts";
import type { Holds } from "./moment.ts";
import { selectorOf } from "./selector.ts";
import type { Watcher, ZoneChoice } from "./watch.ts";
import { periodOf, periodStarts } from "./window.ts";
import type { Zone } from "./zone.ts";

/** Periods looked at beyond `times`: the missed one, the current one, and room for skipped dates. */
const spare = 4;

export function rhythmCondition(json: Json, zone: ZoneChoice, watcher: Watcher): Holds {
  onlyKeys(json, ["rhythm", "of", "every", "times"], "the rhythm");
  const period = periodOf(json.every);
  const times = numberOf(json.times, "times");
  const test = testOf(json.rhythm, times);
  const selector = watcher.use(selectorOf(json.of));
  watcher.onEvents(selector, `rhythm ${period} ${times}`, zone, (at, scope) =>
    periodStarts(period, Number(at), scope, times + spare),
  );
  return (moment) => {
    const local = moment.zone(zone);
    const came = new Set<number>();
    for (const { at } of seriesOf(moment, selector).remembered)
      came.add(periodStart(period, local.dayAt(at)));
    if (came.size === 0) return false;
    return test(row(came, period, local, moment.now));
  };
}

/** Whether an event came, for every period from the first with one to the current, the current one first. */
function row(came: ReadonlySet<number>, period: Period, zone: Zone, now: number): readonly boolean[] {
  const first = Math.min(...came);
  const periods: boolean[] = [];
  for (
    let start = periodStart(period, zone.dayAt(now));
    start >= first;
    start = periodAfter(period, start, -1)
  ) {
    const isSkipped = zone.startOfDay(start) === zone.startOfDay(periodAfter(period, start));
    if (!isSkipped) periods.push(came.has(start));
  }
  return periods;
}

function testOf(rhythm: unknown, times: number): (row: readonly boolean[]) => boolean {
  const isRun = (row: readonly boolean[], from: number): boolean =>
    row.length >= from + times && row.slice(from, from + times).every((came) => came);
  switch (rhythm) {
    case "regular":
      return (row) => isRun(row, 0) || (row[0] === false && isRun(row, 1));
    case "stopped":
      return (row) => {
        const missed = row.indexOf(true, 1) - 1;
        return row[0] === false && missed >= 1 && missed < times && isRun(row, 1 + missed);
      };
    case "resumed":
      return (row) => {
        const missed = row.indexOf(true, 1) - 1;
        return row[0] === true && missed >= 1 && isRun(row, 1 + missed);
      };
    default:
      throw new Uninterpretable(`no rhythm: ${JSON.stringify(rhythm)}`);
  }
}
