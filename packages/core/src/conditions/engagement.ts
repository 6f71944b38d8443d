/** Weighted points that halve every half-life, compared. Without a further event the answer changes on a step only. */
import { toUnits } from "../decimal.ts";
import type { NumberComparison } from "../definition/definition.ts";
import { onlyRises } from "../features/running.ts";
import type { Totals } from "../features/totals.ts";
import { lastingMs, nextStepMs } from "../scoring/decay.ts";
import { comparePoints, type PointSource, type Points, pointsAt } from "../scoring/fading-points.ts";
import { type Evaluate, type Evaluation, never } from "./condition.ts";
import { boundsOf, numberTest } from "./number-comparison.ts";

/** An engagement over the features that it needs: counts of events, by instant. */
export interface FadingPoints {
  readonly sources: readonly { readonly feature: number; readonly weight: number }[];
  readonly halfLifeMs: number;
}

/** Steps looked at one by one where points may rise as well as fall; then the bound is safe, if not the flip. */
const mostSteps = 64;

export function engagement(points: FadingPoints, compare: NumberComparison): Evaluate {
  const test = numberTest(compare, toUnits);
  const holdsWith = (now: Points): boolean => test.holds((bound) => comparePoints(now, bound));
  return (evaluation) => {
    const { now } = evaluation;
    const { halfLifeMs } = points;
    const sources = openSources(points, evaluation);
    const holdsAt = (at: number): boolean => holdsWith(pointsAt(sources, halfLifeMs, at));
    const holds = holdsAt(now);
    evaluation.until = onlyFalls(sources)
      ? flipOfFalling(sources, halfLifeMs, now, holds, compare, holdsAt)
      : flipByStep(sources, halfLifeMs, now, holds, holdsAt);
    return holds;
  };
}

/** At the evaluation's instant. */
export function engagedPoints(points: FadingPoints, evaluation: Evaluation): Points {
  return pointsAt(openSources(points, evaluation), points.halfLifeMs, evaluation.now);
}

function openSources({ sources }: FadingPoints, evaluation: Evaluation): PointSource[] {
  return sources.map(({ feature, weight }) => ({
    totals: evaluation.feature(feature) as Totals | undefined,
    weight,
  }));
}

function onlyFalls(sources: readonly PointSource[]): boolean {
  return sources.every(
    ({ totals, weight }) => totals === undefined || (weight > 0 && onlyRises(totals.counts)),
  );
}

/**
 * Points that only fall pass each bound of the comparison at most once, onto it and past it: both instants are found
 * by halving, and the first at which the answer is another is the flip.
 */
function flipOfFalling(
  sources: readonly PointSource[],
  halfLifeMs: number,
  now: number,
  holds: boolean,
  compare: NumberComparison,
  holdsAt: (at: number) => boolean,
): number {
  const newest = Math.max(now, ...sources.map(({ totals }) => totals?.at.at(-1) ?? now));
  const end = newest + lastingMs(halfLifeMs);
  const compareAt = (at: number, bound: number): number =>
    comparePoints(pointsAt(sources, halfLifeMs, at), bound);
  let flip = never;
  for (const bound of boundsOf(compare).map(toUnits)) {
    for (const sign of [0, -1]) {
      if (compareAt(now, bound) <= sign || compareAt(end, bound) > sign) continue;
      const at = firstAt(now, Math.min(end, flip), (instant) => compareAt(instant, bound) <= sign);
      if (at < flip && holdsAt(at) !== holds) flip = at;
    }
  }
  return flip;
}

/** The first instant after `low` with a property that stays once it has come; `high` where none before has it. */
function firstAt(low: number, high: number, has: (at: number) => boolean): number {
  let [before, after] = [low, high];
  while (after - before > 1) {
    const middle = before + Math.floor((after - before) / 2);
    if (has(middle)) after = middle;
    else before = middle;
  }
  return after;
}

function flipByStep(
  sources: readonly PointSource[],
  halfLifeMs: number,
  now: number,
  holds: boolean,
  holdsAt: (at: number) => boolean,
): number {
  let at = now;
  for (let step = 0; step < mostSteps; step += 1) {
    at = nextStep(sources, halfLifeMs, at);
    if (at === never || holdsAt(at) !== holds) return at;
  }
  return at;
}

function nextStep(sources: readonly PointSource[], halfLifeMs: number, now: number): number {
  let next = never;
  for (const { totals } of sources)
    for (const at of totals?.at ?? []) {
      const age = nextStepMs(Math.max(0, now - at), halfLifeMs);
      if (age !== undefined) next = Math.min(next, at + age);
    }
  return next;
}
