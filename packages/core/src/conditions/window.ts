/** Windows over a stretch of bins: which bins lie inside at an instant, and when that next changes. */
import { periodAt, startOfPeriod } from "../calendar/period.ts";
import type { ZoneCalendar } from "../calendar/zone.ts";
import type { DateOrInstant, Window } from "../definition/definition.ts";
import { lowerBound } from "../features/bounds.ts";
import { type Evaluation, never, type ZoneOf } from "./condition.ts";
import { answerOn, type Ladder } from "./ladder.ts";
import type { Stretch } from "./stretch.ts";

export interface WindowOf {
  /** Places of the first bin inside at `at` and of the first after it. The zone is that of the evaluation. */
  span(evaluation: Evaluation, stretch: Stretch, at: number): readonly [number, number];
  /** The first instant after `at` at which other bins may lie inside. */
  nextEdge(evaluation: Evaluation, stretch: Stretch, at: number): number;
  /** The ladder's answer now; sets `until` to the first instant with another. */
  answer(evaluation: Evaluation, stretch: Stretch, ladder: Ladder): number;
}

export function windowOf(during: Window, zoneOf: ZoneOf): WindowOf {
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
    nextEdge: () => never,
    answer(evaluation, stretch, ladder) {
      const [from, to] = span(evaluation, stretch, evaluation.now);
      evaluation.until = never;
      return answerOn(ladder, stretch.rung(from, to, ladder));
    },
  };
}

/** (t - lastMs, t - endingBeforeMs]. A bin enters `endingBeforeMs` after its instant and leaves `lastMs` after it. */
function rolling(lastMs: number, endingBeforeMs: number): WindowOf {
  const firstIn = (at: readonly number[], now: number): number => lowerBound(at, now - lastMs + 1);
  const firstAfter = (at: readonly number[], now: number): number => lowerBound(at, now - endingBeforeMs + 1);
  return {
    span(_, { at }, now) {
      const from = firstIn(at, now);
      return [from, Math.max(from, firstAfter(at, now))];
    },
    nextEdge(_, { at }, now) {
      const [leaving, entering] = [firstIn(at, now), firstAfter(at, now)];
      const leaves = leaving < at.length ? (at[leaving] ?? 0) + lastMs : never;
      return Math.min(leaves, entering < at.length ? (at[entering] ?? 0) + endingBeforeMs : never);
    },
    answer(evaluation, stretch, ladder) {
      const { at } = stretch;
      evaluation.until = never;
      let leaving = firstIn(at, evaluation.now);
      let entering = Math.max(leaving, firstAfter(at, evaluation.now));
      const current = answerOn(ladder, stretch.rung(leaving, entering, ladder));
      if (entering === at.length) {
        const place = stretch.turnsAt(leaving, ladder);
        if (place !== undefined) evaluation.until = (at[place - 1] ?? 0) + lastMs;
        return current;
      }
      while (leaving < at.length) {
        const leaves = (at[leaving] ?? 0) + lastMs;
        const enters = entering < at.length ? (at[entering] ?? 0) + endingBeforeMs : never;
        const next = Math.min(leaves, enters);
        while (entering < at.length && (at[entering] ?? 0) + endingBeforeMs === next) entering += 1;
        while (leaving < at.length && (at[leaving] ?? 0) + lastMs === next) leaving += 1;
        if (answerOn(ladder, stretch.rung(leaving, entering, ladder)) === current) continue;
        evaluation.until = next;
        break;
      }
      return current;
    },
  };
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
    span(evaluation, stretch, now) {
      const zone = zoneOf(evaluation);
      return spanIn(zone, periodAt(zone, period, now), stretch);
    },
    nextEdge(evaluation, stretch, now) {
      const zone = zoneOf(evaluation);
      const current = periodAt(zone, period, now);
      const newest = stretch.at.at(-1);
      if (newest === undefined || newest < startOfPeriod(zone, period, current - 1)) return never;
      return startOfPeriod(zone, period, current + 1);
    },
    answer(evaluation, stretch, ladder) {
      const zone = zoneOf(evaluation);
      evaluation.until = never;
      let current = periodAt(zone, period, evaluation.now);
      const now = answerOn(ladder, stretch.rung(...spanIn(zone, current, stretch), ladder));
      for (let step = 0; step < 3; step += 1) {
        const next = startOfPeriod(zone, period, current + 1);
        current = periodAt(zone, period, next);
        if (answerOn(ladder, stretch.rung(...spanIn(zone, current, stretch), ladder)) === now) continue;
        evaluation.until = next;
        break;
      }
      return now;
    },
  };
}
