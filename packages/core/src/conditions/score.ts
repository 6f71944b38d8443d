/** A customer's score on a card compares so. A part without a value: it does not hold, whatever the comparison. */
import type { NumberComparison, ScorePart } from "../definition/definition.ts";
import type { Scores } from "../scoring/score-card.ts";
import type { Evaluate, Evaluation } from "./condition.ts";
import { plainTest } from "./number-comparison.ts";

export function score(
  scores: (evaluation: Evaluation) => Scores,
  part: ScorePart | "total" | "code",
  compare: NumberComparison,
): Evaluate {
  const test = plainTest(compare);
  return (evaluation) => {
    const value = scores(evaluation)[part];
    return value !== null && test(value);
  };
}

/** Computed once per look at a customer, however many conditions ask. */
export function once<Value>(
  memo: number,
  compute: (evaluation: Evaluation) => Value,
): (evaluation: Evaluation) => Value {
  return (evaluation) => {
    const known = evaluation.memo[memo];
    if (known !== undefined) {
      evaluation.until = known.until;
      return known.value as Value;
    }
    const value = compute(evaluation);
    evaluation.memo[memo] = { value, until: evaluation.until };
    return value;
  };
}
