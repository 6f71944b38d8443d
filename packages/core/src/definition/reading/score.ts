/** `score: SCORING` with comparisons of its parts, and the kind `scoring` itself. */
import { toUnits } from "../../decimal.ts";
import type { Condition, ScorePart, ScoreRule, Scoring } from "../definition.ts";
import { decimal, numberComparators, numberComparison } from "./comparison.ts";
import { duration } from "./duration.ts";
import { choice, type Fields, fields, isMapping, list, optional, required, whole } from "./json.ts";
import { reference } from "./name.ts";
import { listed, note, type Place, type Read, show, within } from "./place.ts";
import { selector } from "./selector.ts";

export const parts: readonly ScorePart[] = ["recency", "frequency", "monetary"];
export const scoreKeys = ["recency", "frequency", "monetary", "total", "code"] as const;

/** Several parts in one condition all have to hold. */
export function scoreCondition(found: Fields): Condition {
  const given = scoreKeys.filter((key) => found.has(key));
  if (given.length === 0 && !found.hasUnknown)
    note(found.place, "no part", `at least ${listed(scoreKeys)}, such as total: { atLeast: 12 }`);
  const members = given
    .filter((key) => key !== "total" && key !== "code")
    .map((name) => ({ name, path: within(found.place, name).path }));
  const scoring = required(found, "score", (value, place) => reference(value, place, "scoring", members));
  const of = given.map((part): Condition => {
    const compare = required(found, part, (value, place) =>
      numberComparison(fields(value, place, numberComparators), whole(0, 1_000)),
    );
    return { op: "score", scoring, part, compare };
  });
  const [only] = of;
  return only !== undefined && of.length === 1 ? only : { op: "all", of };
}

/** Scores have one digit, so that the code reads as such. */
const mostThresholds = 8;

export function scoreRules(found: Fields): Scoring["parts"] {
  const rules: Partial<Record<ScorePart, ScoreRule>> = {};
  for (const part of parts) {
    const rule = optional(found, part, scoreRule, undefined);
    if (rule !== undefined) rules[part] = rule;
  }
  if (Object.keys(rules).length === 0 && !found.hasUnknown)
    note(found.place, "no part", `at least ${listed(parts)}`);
  return rules;
}

function scoreRule(value: unknown, place: Place): ScoreRule {
  if (isMapping(value) && Object.hasOwn(value, "since")) {
    const found = fields(value, place, ["since", "of", "thresholds"]);
    return {
      value: "since",
      edge: required(found, "since", choice(["last", "first"])),
      of: required(found, "of", selector),
      thresholdsMs: thresholds(found, duration, "durations"),
    };
  }
  const found = fields(value, place, ["metric", "thresholds"]);
  return {
    value: "metric",
    metric: required(found, "metric", (name, at) => reference(name, at, "metric")),
    thresholds: thresholds(found, decimal, "numbers").map(toUnits),
  };
}

function thresholds(found: Fields, read: Read<number>, of: string): number[] {
  if (found.has("quantiles") && !found.has("thresholds")) return [];
  return required(found, "thresholds", (value, place) => {
    const { faults } = place.findings;
    const before = faults.length;
    const bounds = list(value, place, read, { most: mostThresholds, of });
    if (faults.length > before) return bounds;
    const index = bounds.findIndex((bound, at) => at > 0 && bound <= (bounds[at - 1] ?? 0));
    if (index > 0 && Array.isArray(value))
      note(within(place, index), show(value[index]), `more than the one before, ${show(value[index - 1])}`);
    return bounds;
  });
}
