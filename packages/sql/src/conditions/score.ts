/** Scores on a card: core's `scoring/score-card.ts`. A part without a value has no score (null). */
import { lowestAtLeast, type ScorePart, type ScoreRule, type Scoring, unitsPerOne } from "@tidemark/core";
import type { Context } from "../context.ts";
import { isInUnits, type Measure, numberCompares, roundedUnits } from "../numbers/measure.ts";
import { columnName, number } from "../text.ts";
import { edge } from "./path.ts";

export type ScoreName = ScorePart | "total" | "code";

const parts: readonly ScorePart[] = ["recency", "frequency", "monetary"];

/** All SQL, null where there is none. */
export function scores(context: Context, { id, parts: rules }: Scoring): Record<ScoreName, string> {
  const found: Partial<Record<ScorePart, string>> = {};
  for (const part of parts) {
    const rule = rules[part];
    if (rule === undefined) continue;
    const plain = partScore(context, `scoring/${id}/${part}`, rule);
    const highest = rule.cuts.type === "quantiles" ? rule.cuts.parts : rule.cuts.bounds.length + 1;
    const score = part === "recency" ? `${highest + 1} - (${plain})` : plain;
    found[part] = plain === "NULL" ? "NULL" : context.named(columnName("score", id, part), score);
  }
  const given = parts.flatMap((part) => found[part] ?? []);
  const code = `toInt64OrNull(concat(${["''", ...given.map((score) => `toString(${score})`)].join(", ")}))`;
  return {
    recency: found.recency ?? "NULL",
    frequency: found.frequency ?? "NULL",
    monetary: found.monetary ?? "NULL",
    total: given.length === 0 ? "0" : given.map((score) => `(${score})`).join(" + "),
    code: context.named(columnName("score", id, "code"), code),
  };
}

/** What a subject adds to the population of one of core's cut requests, in units; null where it is not among it. */
export function populationSql(context: Context, key: string): string {
  const [kind, id = "", part] = key.split("/");
  if (kind === "metric") return roundedUnits(context.metric(id).ofPopulation);
  const rule = context.definition("scoring", id).parts[part as ScorePart];
  if (rule === undefined) throw new RangeError(`no cut points are called ${key}`);
  const { value } = rule;
  if (value.type === "metric") return roundedUnits(context.metric(value.metric).ofPopulation);
  const event = edge(context, value.of, value.edge);
  return `if(${event.exists}, toNullable(greatest(0, ${context.asked.now} - ${event.at}) * 10), NULL)`;
}

function partScore(context: Context, key: string, { value, cuts }: ScoreRule): string {
  const shares = cuts.type === "quantiles" ? cuts.parts - 1 : 0;
  const inForce = cuts.type === "thresholds" ? cuts.bounds : cutsInForce(context, key, shares);
  if (inForce === undefined) return "NULL";
  // A cut is passed by what lies above it, a threshold reached by what lies on it.
  const isCut = cuts.type === "quantiles";
  if (value.type === "since") {
    const event = edge(context, value.of, value.edge);
    const bounds = isCut ? inForce.map((cut) => Math.floor(cut / 10) + 1) : inForce;
    const elapsed = `(${context.asked.now} - ${event.at})`;
    return `if(${event.exists}, toNullable(${reached(bounds.map((bound) => `${elapsed} >= ${number(bound)}`))}), NULL)`;
  }
  const { measure } = context.metric(value.metric);
  const scaled = isInUnits(measure.aggregate) ? 1 : unitsPerOne;
  const bounds = inForce.map((bound) => (isCut ? lowestAtLeast(measure, bound + 1) : bound / scaled));
  const score = reached(bounds.map((bound) => atLeast(measure, bound)));
  return measure.present === null ? score : `if(${measure.present}, toNullable(${score}), NULL)`;
}

function reached(tests: readonly string[]): string {
  return `toInt64(1${tests.map((test) => ` + (${test})`).join("")})`;
}

/** Bounds may be halves of a unit. */
export function atLeast({ over, under }: Measure, bound: number): string {
  if (Number.isInteger(bound))
    return numberCompares(over, under, { op: "atLeast", value: bound }, (value) => value);
  return numberCompares(`2 * (${over})`, under, { op: "atLeast", value: 2 * bound }, (value) => value);
}

export function cutsInForce({ cuts }: Context, key: string, shares: number): readonly number[] | undefined {
  const found = Object.hasOwn(cuts, key) ? cuts[key] : undefined;
  return found?.length === shares ? found : undefined;
}
