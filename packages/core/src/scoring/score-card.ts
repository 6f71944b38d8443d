/**
 * A score card of up to three parts. Thresholds are lower bounds: a score is 1 + the number of them at or below the
 * value; of cuts of the population 1 + the number of them strictly below it. Both are reversed for recency (the most
 * recent score highest). A part without a value has no score, and then there is no total and no code. The total is the sum of the parts; the code their digits side by side, recency first.
 */

import { type Evaluation, never } from "../conditions/condition.ts";
import { thresholdLadder } from "../conditions/ladder.ts";
import type { Measure } from "../conditions/measure.ts";
import type { ScorePart } from "../definition/definition.ts";
import type { Edge } from "../features/edge.ts";

export interface Scores {
  readonly recency: number | null;
  readonly frequency: number | null;
  readonly monetary: number | null;
  readonly total: number | null;
  readonly code: number | null;
}

/** The score of one part, null where it has no value; sets `until`. */
export type PartScore = (evaluation: Evaluation) => number | null;

/** `thresholdsMs` ascending: 1 + the number of them at or below the time since that event. */
export function sinceScore(feature: number, thresholdsMs: readonly number[]): PartScore {
  return (evaluation) => {
    evaluation.until = never;
    const held = (evaluation.feature(feature) as Edge | undefined)?.held;
    if (!held) return null;
    const elapsed = evaluation.now - held.occurredAt;
    let reached = 0;
    for (const threshold of thresholdsMs) {
      if (threshold > elapsed) {
        evaluation.until = held.occurredAt + threshold;
        break;
      }
      reached += 1;
    }
    return reached + 1;
  };
}

/** `thresholds` ascending, in the measure's own numbers: 1 + the number of them at or below its value. */
export function metricScore(measure: Measure, thresholds: readonly number[]): PartScore {
  const ladder = thresholdLadder(thresholds);
  return (evaluation) => {
    const score = measure.answer(evaluation, ladder);
    return score === 0 ? null : score;
  };
}

/** While no cuts are in force. */
export const noScore: PartScore = (evaluation) => {
  evaluation.until = never;
  return null;
};

/** `highest`: the highest score there is. */
export function reversed(score: PartScore, highest: number): PartScore {
  return (evaluation) => {
    const plain = score(evaluation);
    return plain === null ? null : highest + 1 - plain;
  };
}

export const scoreParts: readonly ScorePart[] = ["recency", "frequency", "monetary"];

/** All scores of a card; `until` is when any part changes. */
export function scoreCard(parts: Partial<Record<ScorePart, PartScore>>): (evaluation: Evaluation) => Scores {
  return (evaluation) => {
    let until = never;
    let total: number | null = 0;
    let code = "";
    const scores: Record<ScorePart, number | null> = { recency: null, frequency: null, monetary: null };
    for (const part of scoreParts) {
      const of = parts[part];
      if (of === undefined) continue;
      const score = of(evaluation);
      scores[part] = score;
      until = Math.min(until, evaluation.until);
      total = total === null || score === null ? null : total + score;
      code = `${code}${score}`;
    }
    evaluation.until = until;
    return { ...scores, total, code: total === null ? null : Number(code) };
  };
}
