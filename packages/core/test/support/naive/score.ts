/** Score cards by thresholds and by cuts, and top and bottom shares. */
import type { Condition, ScorePart, ScoreRule } from "../../../src/definition/definition.ts";
import { metricValue, populationValue } from "./aggregate.ts";
import { remembered } from "./knowledge.ts";
import { comparesPlain, type Fraction, rounded, whole } from "./number.ts";
import { definitionOf, type Scene } from "./scene.ts";

export interface NaiveScores {
  readonly recency: number | null;
  readonly frequency: number | null;
  readonly monetary: number | null;
  readonly total: number | null;
  readonly code: number | null;
}

const order: readonly ScorePart[] = ["recency", "frequency", "monetary"];

export function scoresOf(scoring: string, scene: Scene): NaiveScores {
  const { parts } = definitionOf(scene.plan, "scoring", scoring);
  const scores = { recency: null, frequency: null, monetary: null } as Record<ScorePart, number | null>;
  const given: (number | null)[] = [];
  for (const part of order) {
    const rule = parts[part];
    if (rule === undefined) continue;
    scores[part] = partScore(scoring, part, rule, scene);
    given.push(scores[part]);
  }
  const isWhole = !given.includes(null);
  const total = given.reduce<number>((sum, score) => sum + (score ?? 0), 0);
  return { ...scores, total: isWhole ? total : null, code: isWhole ? Number(given.join("")) : null };
}

function partScore(scoring: string, part: ScorePart, rule: ScoreRule, scene: Scene): number | null {
  const value = scoredValue(rule, scene);
  const bounds = rule.cuts.type === "thresholds" ? rule.cuts.bounds : scene.plan.scoreCuts(scoring, part);
  if (value === undefined || bounds === undefined) return null;
  const reached = bounds.filter((bound) =>
    rule.cuts.type === "thresholds" ? isAtLeast(value, bound) : inUnits(rule, value) > bound,
  ).length;
  // Scores run from 1 to one more than there are bounds.
  return part === "recency" ? bounds.length + 1 - reached : 1 + reached;
}

/** Cuts of times since are in 1/10,000 of a second. */
function inUnits({ value }: ScoreRule, scored: Fraction): number {
  return Number(rounded(scored)) * (value.type === "since" ? 10 : 1);
}

/** The time since in ms, or the metric in units. */
function scoredValue({ value }: ScoreRule, scene: Scene): Fraction | undefined {
  if (value.type === "metric") return metricValue(definitionOf(scene.plan, "metric", value.metric), scene);
  const occurrence = remembered(scene.known, value.of).at(value.edge === "first" ? 0 : -1);
  return occurrence === undefined ? undefined : whole(BigInt(scene.t - occurrence.at));
}

function isAtLeast({ numerator, denominator }: Fraction, bound: number): boolean {
  return numerator >= BigInt(bound) * denominator;
}

export function scoreHolds(
  { scoring, part, compare }: Extract<Condition, { op: "score" }>,
  scene: Scene,
): boolean {
  const score = scoresOf(scoring, scene)[part];
  return score !== null && comparesPlain(compare, score);
}

export function shareHolds(
  { op, share, metric }: Extract<Condition, { op: "top" | "bottom" }>,
  scene: Scene,
): boolean {
  const cut = scene.plan.shareCut(metric, op === "top" ? 1 - share : share);
  const value = populationValue(definitionOf(scene.plan, "metric", metric), scene);
  if (cut === undefined || value === undefined) return false;
  return op === "top" ? Number(rounded(value)) >= cut : Number(rounded(value)) <= cut;
}
