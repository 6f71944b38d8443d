/** `score: SCORING` with comparisons of its parts, and the kind `scoring` itself. */
import { toUnits } from "../../decimal.ts";
import type { Condition, ScoreCuts, ScorePart, ScoreRule, Scoring } from "../definition.ts";
import { decimal, numberComparators, numberComparison } from "./comparison.ts";
import { duration } from "./duration.ts";
import { theOne } from "./form.ts";
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
    const found = fields(value, place, ["since", "of", ...cutKeys]);
    const since = {
      type: "since",
      edge: required(found, "since", choice(["last", "first"])),
      of: required(found, "of", selector),
    } as const;
    return { value: since, cuts: cuts(found, duration, "durations") };
  }
  const found = fields(value, place, ["metric", ...cutKeys]);
  const metric = required(found, "metric", (name, at) => reference(name, at, "metric"));
  return {
    value: { type: "metric", metric },
    cuts: cuts(found, (bound, at) => toUnits(decimal(bound, at)), "numbers"),
  };
}

const cutKeys = ["thresholds", "quantiles"] as const;

/** Scores have one digit, so that the code reads as such. */
const mostParts = 9;

function cuts(found: Fields, read: Read<number>, of: string): ScoreCuts {
  const name = theOne(found, cutKeys);
  if (name === "quantiles") return { type: "quantiles", parts: required(found, name, whole(2, mostParts)) };
  if (name === undefined) return { type: "thresholds", bounds: [] };
  return { type: "thresholds", bounds: required(found, name, (value, at) => bounds(value, at, read, of)) };
}

function bounds(value: unknown, place: Place, read: Read<number>, of: string): number[] {
  const { faults } = place.findings;
  const before = faults.length;
  const given = list(value, place, read, { most: mostParts - 1, of });
  if (faults.length > before) return given;
  const index = given.findIndex((bound, at) => at > 0 && bound <= (given[at - 1] ?? 0));
  if (index > 0 && Array.isArray(value))
    note(within(place, index), show(value[index]), `more than the one before, ${show(value[index - 1])}`);
  return given;
}
