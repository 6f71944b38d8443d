/** Metrics, score cards and engagements of one kind of subject, compiled over the features they need; each once. */
import { isInUnits } from "../conditions/aggregate.ts";
import type { Evaluation } from "../conditions/condition.ts";
import type { FadingPoints } from "../conditions/engagement.ts";
import type { Measure } from "../conditions/measure.ts";
import { once } from "../conditions/score.ts";
import { lowestAtLeast } from "../conditions/share.ts";
import { unitsPerOne } from "../decimal.ts";
import type {
  Engagement,
  Metric,
  ScorePart,
  ScoreRule,
  Scoring,
  SubjectKind,
} from "../definition/definition.ts";
import { lastingMs } from "../scoring/decay.ts";
import {
  metricScore,
  noScore,
  type PartScore,
  reversed,
  type Scores,
  scoreCard,
  scoreParts,
  sinceScore,
} from "../scoring/score-card.ts";
import { type CutBook, elapsed, measured, type PopulationValue, requestCuts } from "./cuts.ts";
import { type Dependencies, include, noDependencies } from "./dependencies.ts";
import type { Readers } from "./readers.ts";

export interface CompiledMetric {
  readonly metric: Metric;
  readonly measure: Measure;
  /** The same, with no number for those who have nothing that it is a number of. */
  readonly ofPopulation: Measure;
  readonly needs: Dependencies;
}

export interface CompiledEngagement {
  readonly engagement: Engagement;
  readonly points: FadingPoints;
  readonly needs: Dependencies;
}

export interface CompiledScoring {
  readonly scoring: Scoring;
  readonly scores: (evaluation: Evaluation) => Scores;
  readonly needs: Dependencies;
}

export interface NumbersInput {
  readonly subject: SubjectKind;
  /** Of a definition, by `kind/id`. */
  readonly readersFor: (name: string) => Readers;
  readonly cuts: CutBook;
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly scorings: ReadonlyMap<string, Scoring>;
  readonly engagements: ReadonlyMap<string, Engagement>;
}

/** By id; an unknown one is an error of the caller's. */
export interface Numbers {
  metric(id: string): CompiledMetric;
  scoring(id: string): CompiledScoring;
  engagement(id: string): CompiledEngagement;
}

export function numbersOf(input: NumbersInput): Numbers {
  const { readersFor } = input;
  const metrics = new Map<string, CompiledMetric>();
  const scorings = new Map<string, CompiledScoring>();
  const engagements = new Map<string, CompiledEngagement>();
  let memos = 0;

  const compileMetric = (id: string): CompiledMetric => {
    const metric = input.metrics.get(id);
    if (metric === undefined) throw new Error(`unknown metric ${id}`);
    const needs = noDependencies();
    const { aggregate: of, zone } = metric;
    const { measureOf } = readersFor(`metric/${id}`);
    return {
      metric,
      measure: measureOf(of, zone, needs),
      ofPopulation: measureOf(of, zone, needs, true),
      needs,
    };
  };

  const compileEngagement = (id: string): CompiledEngagement => {
    const definition = input.engagements.get(id);
    if (definition === undefined) throw new Error(`unknown engagement ${id}`);
    const needs = noDependencies();
    const { halfLifeMs } = definition;
    const { countsOf } = readersFor(`engagement/${id}`);
    const during = { type: "rolling", lastMs: lastingMs(halfLifeMs), endingBeforeMs: 0 } as const;
    const sources = definition.points.map(({ of, weight }) => {
      return { feature: countsOf(of, during, needs), weight };
    });
    return { engagement: definition, points: { sources, halfLifeMs }, needs };
  };

  /** Not reversed. */
  const partOf = (
    key: string,
    { value, cuts }: ScoreRule,
    { edgeOf }: Readers,
    needs: Dependencies,
  ): PartScore => {
    const cutsInForce = (of: PopulationValue): readonly number[] | undefined => {
      if (cuts.type === "thresholds") return cuts.bounds;
      const shares = Array.from({ length: cuts.parts - 1 }, (_, index) => (index + 1) / cuts.parts);
      return requestCuts(input.cuts, { key, subject: input.subject, shares }, of);
    };
    // A cut is passed by what lies above it, a threshold reached by what lies on it.
    const beyond = cuts.type === "thresholds" ? 0 : 1;
    if (value.type === "since") {
      const feature = edgeOf(needs, value.of, value.edge, null);
      const bounds = cutsInForce(elapsed(feature));
      if (bounds === undefined) return noScore;
      return sinceScore(feature, beyond === 0 ? bounds : bounds.map((cut) => Math.floor(cut / 10) + 1));
    }
    const { measure: inner, ofPopulation, needs: innerNeeds } = self.metric(value.metric);
    include(needs, innerNeeds);
    const bounds = cutsInForce(measured(ofPopulation));
    if (bounds === undefined) return noScore;
    const scaled = isInUnits(inner.aggregate) ? 1 : unitsPerOne;
    const reach = (bound: number): number =>
      beyond === 0 ? bound / scaled : lowestAtLeast(inner, bound + 1);
    return metricScore(inner, bounds.map(reach));
  };

  const compileScoring = (id: string): CompiledScoring => {
    const scoring = input.scorings.get(id);
    if (scoring === undefined) throw new Error(`unknown scoring ${id}`);
    const needs = noDependencies();
    const readers = readersFor(`scoring/${id}`);
    const parts: Partial<Record<ScorePart, PartScore>> = {};
    for (const part of scoreParts) {
      const rule = scoring.parts[part];
      if (rule === undefined) continue;
      const plain = partOf(`scoring/${id}/${part}`, rule, readers, needs);
      const { cuts } = rule;
      const highest = cuts.type === "quantiles" ? cuts.parts : cuts.bounds.length + 1;
      parts[part] = part === "recency" ? reversed(plain, highest) : plain;
    }
    memos += 1;
    return { scoring, scores: once(memos - 1, scoreCard(parts)), needs };
  };

  const self: Numbers = {
    metric(id) {
      const known = metrics.get(id) ?? compileMetric(id);
      metrics.set(id, known);
      return known;
    },
    scoring(id) {
      const known = scorings.get(id) ?? compileScoring(id);
      scorings.set(id, known);
      return known;
    },
    engagement(id) {
      const known = engagements.get(id) ?? compileEngagement(id);
      engagements.set(id, known);
      return known;
    },
  };
  return self;
}
