/**
 * What a window holds of a feature, and when that next becomes something else. A measure is asked to put its total
 * into a class (holds or not, a score); `until` is the first instant at which the class is another, found by
 * stepping through every instant at which a bin enters or leaves the window.
 */
import { periodAt, startOfPeriod } from "../calendar/period.ts";
import type { ZoneCalendar } from "../calendar/zone.ts";
import type { DateOrInstant, Window } from "../definition/definition.ts";
import { lowerBound } from "../features/bounds.ts";
import type { NewestPairs } from "../features/distinct.ts";
import type { Totals } from "../features/totals.ts";
import { type Evaluation, never, type ZoneOf } from "./condition.ts";

/** Of the events in a window. */
export interface Total {
  /** How many; of a distinct measure, how many different values. */
  events: number;
  /** How many numbers the property had, and their sum in units. */
  count: number;
  sum: number;
}

export type Classify<Class> = (total: Readonly<Total>) => Class;

export interface Measure {
  /** The class now; sets `until`. */
  classify<Class>(evaluation: Evaluation, classify: Classify<Class>): Class;
}

/** A running total over bins: `move(index, 1)` takes a bin in, -1 takes it out. */
interface Tally {
  readonly at: readonly number[];
  readonly total: Total;
  move(index: number, sign: 1 | -1): void;
}

type OpenTally = (evaluation: Evaluation) => Tally | undefined;

const nothing: Readonly<Total> = { events: 0, count: 0, sum: 0 };

/** `column`: the place of the property summed, or -1. `whole`: the feature keeps just this window's total. */
export function totalsMeasure(
  feature: number,
  column: number,
  during: Window,
  whole: boolean,
  zoneOf: ZoneOf,
): Measure {
  const open: OpenTally = (evaluation) => totalsTally(evaluation.feature(feature), column);
  return windowMeasure(open, whole ? { type: "all" } : during, zoneOf);
}

export function distinctMeasure(feature: number, during: Window, zoneOf: ZoneOf): Measure {
  return windowMeasure((evaluation) => distinctTally(evaluation.feature(feature)), during, zoneOf);
}

function totalsTally(state: unknown, column: number): Tally | undefined {
  if (state === undefined) return undefined;
  const { at, count, columns } = state as Totals;
  const values = columns[column];
  const total: Total = { events: 0, count: 0, sum: 0 };
  return {
    at,
    total,
    move(index, sign) {
      total.events += sign * (count[index] ?? 0);
      if (values === undefined) return;
      total.count += sign * (values.count[index] ?? 0);
      total.sum += sign * (values.sum[index] ?? 0);
    },
  };
}

function distinctTally(state: unknown): Tally | undefined {
  if (state === undefined) return undefined;
  const { at, pairs } = state as NewestPairs;
  const seen = new Map<string, number>();
  const total: Total = { events: 0, count: 0, sum: 0 };
  return {
    at,
    total,
    move(index, sign) {
      const value = pairs[index]?.value ?? "";
      const before = seen.get(value) ?? 0;
      seen.set(value, before + sign);
      if (before + sign === 0) total.events -= 1;
      else if (before === 0) total.events += 1;
    },
  };
}

function windowMeasure(open: OpenTally, during: Window, zoneOf: ZoneOf): Measure {
  switch (during.type) {
    case "all":
      return fixedMeasure(open, () => ({ from: -never, to: never }));
    case "fixed": {
      const edges = fixedEdges(during);
      return fixedMeasure(open, (evaluation) => edges(zoneOf(evaluation)));
    }
    case "rolling":
      return rollingMeasure(open, during.lastMs, during.endingBeforeMs);
    case "calendar":
      return calendarMeasure(open, during, zoneOf);
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The instants of a fixed window in a zone. */
export function fixedEdges(during: Extract<Window, { type: "fixed" }>): (zone: ZoneCalendar) => Span {
  const instant = (edge: DateOrInstant, zone: ZoneCalendar): number =>
    "day" in edge ? zone.startOfDay(edge.day) : edge.instant;
  return (zone) => ({
    from: instant(during.from, zone),
    to: during.to === null ? never : instant(during.to, zone),
  });
}

function fixedMeasure(open: OpenTally, edgesOf: (evaluation: Evaluation) => Span): Measure {
  return {
    classify(evaluation, classify) {
      evaluation.until = never;
      const tally = open(evaluation);
      if (tally === undefined) return classify(nothing);
      const { from, to } = edgesOf(evaluation);
      for (let index = 0; index < tally.at.length; index += 1) {
        const at = tally.at[index] ?? 0;
        if (at >= from && at < to) tally.move(index, 1);
      }
      return classify(tally.total);
    },
  };
}

/** (t - lastMs, t - endingBeforeMs]. A bin enters `endingBeforeMs` after its instant and leaves `lastMs` after it. */
function rollingMeasure(open: OpenTally, lastMs: number, endingBeforeMs: number): Measure {
  return {
    classify(evaluation, classify) {
      evaluation.until = never;
      const tally = open(evaluation);
      if (tally === undefined || lastMs <= endingBeforeMs) return classify(nothing);
      const { now } = evaluation;
      const { at, total } = tally;
      const { length } = at;
      let leaving = lowerBound(at, now - lastMs + 1);
      let entering = leaving;
      while (entering < length && (at[entering] ?? 0) <= now - endingBeforeMs) {
        tally.move(entering, 1);
        entering += 1;
      }
      const current = classify(total);
      while (leaving < length) {
        const leaves = (at[leaving] ?? 0) + lastMs;
        const enters = entering < length ? (at[entering] ?? 0) + endingBeforeMs : never;
        const next = Math.min(leaves, enters);
        while (entering < length && (at[entering] ?? 0) + endingBeforeMs === next) {
          tally.move(entering, 1);
          entering += 1;
        }
        while (leaving < length && (at[leaving] ?? 0) + lastMs === next) {
          tally.move(leaving, -1);
          leaving += 1;
        }
        if (classify(total) === current) continue;
        evaluation.until = next;
        break;
      }
      return current;
    },
  };
}

/** The period that t is in, or the one before: what they hold changes where the next two periods begin. */
function calendarMeasure(
  open: OpenTally,
  { which, period }: Extract<Window, { type: "calendar" }>,
  zoneOf: ZoneOf,
): Measure {
  const classAt = <Class>(
    evaluation: Evaluation,
    zone: ZoneCalendar,
    current: number,
    classify: Classify<Class>,
  ): Class => {
    const tally = open(evaluation);
    if (tally === undefined) return classify(nothing);
    const index = which === "this" ? current : current - 1;
    const end = lowerBound(tally.at, startOfPeriod(zone, period, index + 1));
    for (let at = lowerBound(tally.at, startOfPeriod(zone, period, index)); at < end; at += 1)
      tally.move(at, 1);
    return classify(tally.total);
  };
  return {
    classify(evaluation, classify) {
      const zone = zoneOf(evaluation);
      let current = periodAt(zone, period, evaluation.now);
      const now = classAt(evaluation, zone, current, classify);
      evaluation.until = never;
      for (let step = 0; step < 3; step += 1) {
        const next = startOfPeriod(zone, period, current + 1);
        current = periodAt(zone, period, next);
        if (classAt(evaluation, zone, current, classify) === now) continue;
        evaluation.until = next;
        break;
      }
      return now;
    },
  };
}
