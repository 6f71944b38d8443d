/**
 * What a window holds of a feature, held against a ladder, and when that next gives another answer: `until` is the
 * first instant at which it does, found over every instant at which a bin enters or leaves the window.
 */
import { periodAt, startOfPeriod } from "../calendar/period.ts";
import type { ZoneCalendar } from "../calendar/zone.ts";
import type { Aggregate, DateOrInstant, Window } from "../definition/definition.ts";
import { lowerBound } from "../features/bounds.ts";
import { type Evaluation, never, type ZoneOf } from "./condition.ts";
import type { Ladder } from "./ladder.ts";
import type { OpenStretch, Stretch } from "./stretch.ts";

export interface Measure {
  readonly aggregate: Aggregate["function"];
  /** The ladder's answer now; sets `until`. */
  answer(evaluation: Evaluation, ladder: Ladder): number;
  /** The number itself: a count, or units for sums and averages; undefined where there is none. */
  value(evaluation: Evaluation): number | undefined;
}

export function measure(
  aggregate: Aggregate["function"],
  open: OpenStretch,
  during: Window,
  zoneOf: ZoneOf,
): Measure {
  const window = windowOf(during, zoneOf);
  return {
    aggregate,
    answer(evaluation, ladder) {
      const stretch = open(evaluation);
      evaluation.until = never;
      return stretch === undefined
        ? emptyAnswer(aggregate, ladder)
        : window.answer(evaluation, stretch, ladder);
    },
    value(evaluation) {
      const stretch = open(evaluation);
      if (stretch === undefined) return aggregate === "average" ? undefined : 0;
      const [from, to] = window.span(evaluation, stretch);
      return stretch.value(from, to);
    },
  };
}

function emptyAnswer(aggregate: Aggregate["function"], ladder: Ladder): number {
  if (aggregate === "average") return ladder.missing;
  let rung = 0;
  for (const bound of ladder.bounds) rung += bound < 0 ? 2 : bound === 0 ? 1 : 0;
  return ladder.answers[rung] ?? 0;
}

interface WindowOf {
  answer(evaluation: Evaluation, stretch: Stretch, ladder: Ladder): number;
  /** Places of the first bin in the window and of the first after it. */
  span(evaluation: Evaluation, stretch: Stretch): readonly [number, number];
}

function windowOf(during: Window, zoneOf: ZoneOf): WindowOf {
  switch (during.type) {
    case "all":
      return lasting((_, { at }) => [0, at.length]);
    case "fixed": {
      const edges = fixedEdges(during);
      return lasting((evaluation, { at }) => {
        const { from, to } = edges(zoneOf(evaluation));
        return [lowerBound(at, from), lowerBound(at, to)];
      });
    }
    case "rolling":
      return rolling(during.lastMs, during.endingBeforeMs);
    case "calendar":
      return calendar(during, zoneOf);
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

/** A window that time does not move. */
function lasting(span: WindowOf["span"]): WindowOf {
  return {
    span,
    answer(evaluation, stretch, ladder) {
      const [from, to] = span(evaluation, stretch);
      return stretch.answer(from, to, ladder);
    },
  };
}

/** (t - lastMs, t - endingBeforeMs]. A bin enters `endingBeforeMs` after its instant and leaves `lastMs` after it. */
function rolling(lastMs: number, endingBeforeMs: number): WindowOf {
  const span: WindowOf["span"] = ({ now }, { at }) => {
    const from = lowerBound(at, now - lastMs + 1);
    return [from, Math.max(from, lowerBound(at, now - endingBeforeMs + 1))];
  };
  return {
    span,
    answer(evaluation, stretch, ladder) {
      const { at } = stretch;
      let [leaving, entering] = span(evaluation, stretch);
      const current = stretch.answer(leaving, entering, ladder);
      if (entering === at.length && stretch.sinks) {
        const place = firstOtherAnswer(stretch, leaving, ladder, current);
        if (place !== undefined) evaluation.until = (at[place - 1] ?? 0) + lastMs;
        return current;
      }
      while (leaving < at.length) {
        const leaves = (at[leaving] ?? 0) + lastMs;
        const enters = entering < at.length ? (at[entering] ?? 0) + endingBeforeMs : never;
        const next = Math.min(leaves, enters);
        while (entering < at.length && (at[entering] ?? 0) + endingBeforeMs === next) entering += 1;
        while (leaving < at.length && (at[leaving] ?? 0) + lastMs === next) leaving += 1;
        if (stretch.answer(leaving, entering, ladder) === current) continue;
        evaluation.until = next;
        break;
      }
      return current;
    },
  };
}

/**
 * The first place such that the bins from there on give another answer, where each bin that leaves lowers the number
 * or leaves it: rung by rung, each found by halving.
 */
function firstOtherAnswer(
  stretch: Stretch,
  from: number,
  ladder: Ladder,
  current: number,
): number | undefined {
  const end = stretch.at.length;
  const lowest = stretch.rung(end, end, ladder);
  let place = from;
  let rung = stretch.rung(from, end, ladder);
  while (rung > lowest) {
    let [low, high] = [place, end];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (stretch.rung(middle, end, ladder) < rung) high = middle;
      else low = middle;
    }
    place = high;
    // Bins of one instant leave together.
    while (place < end && stretch.at[place] === stretch.at[place - 1]) place += 1;
    rung = stretch.rung(place, end, ladder);
    if ((ladder.answers[rung] ?? 0) !== current) return place;
  }
  return undefined;
}

/** The period that t is in, or the one before: what they hold changes where the next two periods begin. */
function calendar({ which, period }: Extract<Window, { type: "calendar" }>, zoneOf: ZoneOf): WindowOf {
  const spanIn = (zone: ZoneCalendar, current: number, { at }: Stretch): readonly [number, number] => {
    const index = which === "this" ? current : current - 1;
    return [
      lowerBound(at, startOfPeriod(zone, period, index)),
      lowerBound(at, startOfPeriod(zone, period, index + 1)),
    ];
  };
  return {
    span(evaluation, stretch) {
      const zone = zoneOf(evaluation);
      return spanIn(zone, periodAt(zone, period, evaluation.now), stretch);
    },
    answer(evaluation, stretch, ladder) {
      const zone = zoneOf(evaluation);
      let current = periodAt(zone, period, evaluation.now);
      const now = stretch.answer(...spanIn(zone, current, stretch), ladder);
      for (let step = 0; step < 3; step += 1) {
        const next = startOfPeriod(zone, period, current + 1);
        current = periodAt(zone, period, next);
        if (stretch.answer(...spanIn(zone, current, stretch), ladder) === now) continue;
        evaluation.until = next;
        break;
      }
      return now;
    },
  };
}
