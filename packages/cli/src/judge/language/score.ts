/**
 * Score cards with fixed thresholds, which are lower bounds: a score is 1 + the number of them at or below the value,
 * reversed for recency. Without a value there is no score, and then no total and no code.
 */

import type { Quantity } from "./aggregate.ts";
import { type Against, quantityTest } from "./comparators.ts";
import { durationOf, type Json, listOf, numberOf, objectOf, onlyKeys, Uninterpretable } from "./json.ts";
import type { Holds, Moment } from "./moment.ts";
import { elapsedSince } from "./since.ts";
import type { Watcher } from "./watch.ts";

const parts = ["recency", "frequency", "monetary"] as const;
const answers = [...parts, "total", "code"] as const;

type Score = (moment: Moment) => number | undefined;

/** `metric` answers the quantity of a metric by its id. */
export function scoreCondition(
  json: Json,
  scoring: Json,
  metric: (id: unknown) => Quantity,
  watcher: Watcher,
): Holds {
  onlyKeys(json, ["score", ...answers], "the score");
  const scores = parts.flatMap((part) => {
    const rule = scoring[part];
    return rule === undefined
      ? []
      : [{ part, score: partScore(part, objectOf(rule, part), metric, watcher) }];
  });
  const tests = answers.flatMap((answer) => {
    const given = json[answer];
    if (given === undefined) return [];
    const { holds } = quantityTest(objectOf(given, answer), (value) => numberOf(value, answer));
    return [{ answer, holds }];
  });
  if (tests.length === 0) throw new Uninterpretable("a score without a part");
  return (moment) => {
    const found = scores.map(({ part, score }) => ({ part, value: score(moment) }));
    return tests.every(({ answer, holds }) => {
      const value = answerOf(answer, found);
      return value !== undefined && holds((bound) => value - bound);
    });
  };
}

function answerOf(
  answer: (typeof answers)[number],
  found: readonly { readonly part: string; readonly value: number | undefined }[],
): number | undefined {
  if (answer !== "total" && answer !== "code") return found.find(({ part }) => part === answer)?.value;
  const values = found.flatMap(({ value }) => value ?? []);
  if (values.length < found.length) return undefined;
  return answer === "total" ? values.reduce((sum, value) => sum + value, 0) : Number(values.join(""));
}

function partScore(part: string, rule: Json, metric: (id: unknown) => Quantity, watcher: Watcher): Score {
  onlyKeys(rule, ["since", "of", "metric", "thresholds"], part);
  const given = listOf(rule.thresholds, "thresholds");
  const isSince = Object.hasOwn(rule, "since");
  const thresholds = given.map((value) =>
    isSince ? durationOf(value, "a threshold") : numberOf(value, "a threshold"),
  );
  const quantity = isSince ? sinceQuantity(rule, thresholds, watcher) : metric(rule.metric);
  return (moment) => {
    const against = quantity(moment);
    if (against === undefined) return undefined;
    const plain = 1 + thresholds.filter((threshold) => against(threshold) >= 0).length;
    return part === "recency" ? thresholds.length + 2 - plain : plain;
  };
}

function sinceQuantity(rule: Json, thresholds: readonly number[], watcher: Watcher): Quantity {
  const elapsed = elapsedSince(rule, thresholds, watcher);
  return (moment): Against | undefined => {
    const ms = elapsed(moment);
    return ms === undefined ? undefined : (bound) => ms - bound;
  };
}
