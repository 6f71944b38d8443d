/** Weighted points that halve every half-life, compared. Without a further event the answer changes on a step only. */
import { toUnits } from "../decimal.ts";
import type { NumberComparison } from "../definition/definition.ts";
import type { Totals } from "../features/totals.ts";
import { type AnswersAlike, firstFlip } from "../scoring/fading-flip.ts";
import { comparePoints, type Fading, fadingAt, type Points, pointsAfter } from "../scoring/fading-points.ts";
import { type Evaluate, type Evaluation, never } from "./condition.ts";
import { answerOn, comparisonLadder, type Ladder, rungOf } from "./ladder.ts";

/** An engagement over the features that it needs: counts of events, by instant. */
export interface FadingPoints {
  readonly sources: readonly { readonly feature: number; readonly weight: number }[];
  readonly halfLifeMs: number;
}

export function engagement(points: FadingPoints, compare: NumberComparison): Evaluate {
  const ladder = comparisonLadder(compare, toUnits);
  return (evaluation) => {
    const fading = openFading(points, evaluation);
    const answer = answerOn(ladder, rungOfPoints(ladder, pointsAfter(fading, 0)));
    const flip = firstFlip(fading, answersAs(ladder, answer));
    evaluation.until = flip === undefined ? never : evaluation.now + flip;
    return answer === 1;
  };
}

/** At the evaluation's instant. */
export function engagedPoints(points: FadingPoints, evaluation: Evaluation): Points {
  return pointsAfter(openFading(points, evaluation), 0);
}

function openFading({ sources, halfLifeMs }: FadingPoints, evaluation: Evaluation): Fading {
  const open = sources.map(({ feature, weight }) => ({
    totals: evaluation.feature(feature) as Totals | undefined,
    weight,
  }));
  return fadingAt(open, halfLifeMs, evaluation.now);
}

function answersAs(ladder: Ladder, answer: number): AnswersAlike {
  const allAnswer = (lowest: number, highest: number): boolean => {
    for (let rung = lowest; rung <= highest; rung += 1) if (answerOn(ladder, rung) !== answer) return false;
    return true;
  };
  return {
    exactly: (least, most) => allAnswer(rungOfPoints(ladder, least), rungOfPoints(ladder, most)),
    roughly: (least, most) => allAnswer(rungOf(ladder.bounds, least), rungOf(ladder.bounds, most)),
  };
}

/** As `rungOf` a number. */
function rungOfPoints({ bounds }: Ladder, points: Points): number {
  let rung = 0;
  for (const bound of bounds) {
    const sign = comparePoints(points, bound);
    if (sign < 0) return rung;
    if (sign === 0) return rung + 1;
    rung += 2;
  }
  return rung;
}
