/** Conditions, metrics and score cards of one kind of subject, compiled over the features they need. */
import { type ZoneCalendar, zoneCalendar } from "../calendar/zone.ts";
import { age } from "../conditions/age.ts";
import { aggregate } from "../conditions/aggregate.ts";
import { anniversary } from "../conditions/anniversary.ts";
import { attribute, attributeExists } from "../conditions/attribute.ts";
import { allOf, anyOf, notOf } from "../conditions/combinators.ts";
import { compileComparison } from "../conditions/comparison.ts";
import type { Evaluate, Evaluation, ZoneOf } from "../conditions/condition.ts";
import { date } from "../conditions/date.ts";
import { type Measure, measure } from "../conditions/measure.ts";
import { inCategory, inSegment } from "../conditions/membership.ts";
import { attributeValue, edgeValue, type PathValue } from "../conditions/path-value.ts";
import { rhythm } from "../conditions/rhythm.ts";
import { once, score } from "../conditions/score.ts";
import { since } from "../conditions/since.ts";
import {
  averageStretch,
  countStretch,
  distinctStretch,
  type OpenStretch,
  sumStretch,
} from "../conditions/stretch.ts";
import type {
  Aggregate,
  Condition,
  Metric,
  Path,
  ScoreRule,
  Scoring,
  Window,
  Zone,
} from "../definition/definition.ts";
import {
  metricScore,
  type PartScore,
  reversed,
  type Scores,
  scoreCard,
  scoreParts,
  sinceScore,
} from "../scoring/score-card.ts";
import type { FeatureBook, TotalsPlace } from "./feature-book.ts";

/** What a definition's answer hangs on, besides time. */
export interface Dependencies {
  readonly features: Set<number>;
  /** Dotted paths. */
  readonly attributes: Set<string>;
  /** Indexes of the definitions referred to. */
  readonly definitions: Set<number>;
}

/** The attribute that holds a customer's own zone. */
export const zoneAttribute = "zone";

export interface CompiledMetric {
  readonly metric: Metric;
  readonly measure: Measure;
  readonly needs: Dependencies;
}

export interface CompiledScoring {
  readonly scoring: Scoring;
  readonly scores: (evaluation: Evaluation) => Scores;
  readonly needs: Dependencies;
}

export interface CompilerInput {
  readonly book: FeatureBook;
  readonly workspace: ZoneCalendar;
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly scorings: ReadonlyMap<string, Scoring>;
  /** Index of a segment or classification by `kind/id`. */
  indexOf(name: string): number;
}

export function noDependencies(): Dependencies {
  return { features: new Set(), attributes: new Set(), definitions: new Set() };
}

function include(into: Dependencies, from: Dependencies): void {
  for (const feature of from.features) into.features.add(feature);
  for (const path of from.attributes) into.attributes.add(path);
}

export interface Compiler {
  metric(id: string): CompiledMetric;
  scoring(id: string): CompiledScoring;
  condition(condition: Condition, zone: Zone, needs: Dependencies): Evaluate;
}

export function compiler(input: CompilerInput): Compiler {
  const { book, workspace } = input;
  const metrics = new Map<string, CompiledMetric>();
  const scorings = new Map<string, CompiledScoring>();
  let memos = 0;

  /** Null where the zone is the customer's own. */
  const constantZone = (zone: Zone): ZoneCalendar | null => {
    if (zone === "customer") return null;
    return zone === "workspace" ? workspace : (zoneCalendar(zone.name) ?? workspace);
  };
  const zoneOf = (zone: Zone, needs: Dependencies): ZoneOf => {
    const constant = constantZone(zone);
    if (constant !== null) return () => constant;
    needs.attributes.add(zoneAttribute);
    return (evaluation) => evaluation.customerZone();
  };

  const measureOf = (of: Aggregate, zone: Zone, needs: Dependencies): Measure => {
    const { during } = of;
    const ofDays =
      during.type === "calendar" ||
      (during.type === "fixed" && ("day" in during.from || (during.to !== null && "day" in during.to)));
    const inZone: ZoneOf = ofDays ? zoneOf(zone, needs) : () => workspace;
    if (of.function === "distinct") {
      const feature = book.distinct(of.of, of.path ?? [], during);
      needs.features.add(feature);
      return measure("distinct", distinctStretch(feature), during, inZone);
    }
    const path = of.function === "count" ? null : (of.path ?? []);
    const place = book.totals(of.of, path, during, constantZone(zone));
    needs.features.add(place.feature);
    // A feature of this window only has nothing else in it.
    const window: Window = place.whole ? { type: "all" } : during;
    return measure(of.function, stretchOf(of.function, place), window, inZone);
  };

  const edgeOf = (needs: Dependencies, ...args: Parameters<FeatureBook["edge"]>): number => {
    const feature = book.edge(...args);
    needs.features.add(feature);
    return feature;
  };

  const pathOf = (path: Path, needs: Dependencies): PathValue => {
    if (path.from === "attribute") {
      needs.attributes.add(path.path.join("."));
      return attributeValue(path.path);
    }
    return edgeValue(edgeOf(needs, path.of, path.from, path.take ?? null), path.take !== undefined);
  };

  const compileMetric = (id: string): CompiledMetric => {
    const metric = input.metrics.get(id);
    if (metric === undefined) throw new Error(`unknown metric ${id}`);
    const needs = noDependencies();
    return { metric, measure: measureOf(metric.aggregate, metric.zone, needs), needs };
  };

  const partOf = (rule: ScoreRule, needs: Dependencies): PartScore => {
    if (rule.value === "since") return sinceScore(edgeOf(needs, rule.of, rule.edge, null), rule.thresholdsMs);
    const { measure: inner, needs: innerNeeds } = self.metric(rule.metric);
    include(needs, innerNeeds);
    return metricScore(inner, rule.thresholds);
  };

  const compileScoring = (id: string): CompiledScoring => {
    const scoring = input.scorings.get(id);
    if (scoring === undefined) throw new Error(`unknown scoring ${id}`);
    const needs = noDependencies();
    const parts: Record<string, PartScore> = {};
    for (const part of scoreParts) {
      const rule = scoring.parts[part];
      if (rule === undefined) continue;
      const plain = partOf(rule, needs);
      const { length } = rule.value === "since" ? rule.thresholdsMs : rule.thresholds;
      parts[part] = part === "recency" ? reversed(plain, length) : plain;
    }
    memos += 1;
    return { scoring, scores: once(memos - 1, scoreCard(parts)), needs };
  };

  const self: Compiler = {
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
    condition(condition, zone, needs) {
      const compile = (inner: Condition): Evaluate => self.condition(inner, zone, needs);
      switch (condition.op) {
        case "all":
          return allOf(condition.of.map(compile));
        case "any":
          return anyOf(condition.of.map(compile));
        case "not":
          return notOf(compile(condition.of));
        case "attribute": {
          const { path, compare } = condition;
          const value = pathOf(path, needs);
          if (compare.op === "exists" && path.from === "attribute")
            return attributeExists(path.path, compare);
          return attribute(value, compileComparison(compare));
        }
        case "date":
          return date(pathOf(condition.path, needs), condition.test, zoneOf(zone, needs));
        case "age":
          return age(
            pathOf(condition.path, needs),
            condition.compare,
            condition.leapDay,
            zoneOf(zone, needs),
          );
        case "anniversary":
          return anniversary(pathOf(condition.path, needs), condition, zoneOf(zone, needs));
        case "aggregate":
          return aggregate(measureOf(condition.aggregate, zone, needs), condition.compare);
        case "metric": {
          const { measure: inner, needs: innerNeeds } = self.metric(condition.metric);
          include(needs, innerNeeds);
          return aggregate(inner, condition.compare);
        }
        case "since":
          return since(edgeOf(needs, condition.of, condition.edge, null), condition.compare);
        case "rhythm": {
          const constant = constantZone(zone);
          const feature = book.periods(condition.of, condition.every, constant, condition.times);
          needs.features.add(feature);
          return rhythm(feature, condition, constant === null, zoneOf(zone, needs));
        }
        case "score": {
          const { scores, needs: inner } = self.scoring(condition.scoring);
          include(needs, inner);
          return score(scores, condition.part, condition.compare);
        }
        case "segment": {
          const definition = input.indexOf(`segment/${condition.segment}`);
          needs.definitions.add(definition);
          return inSegment(definition);
        }
        case "classification": {
          const definition = input.indexOf(`classification/${condition.classification}`);
          needs.definitions.add(definition);
          return inCategory(definition, condition.in);
        }
      }
    },
  };
  return self;
}

function stretchOf(name: "count" | "sum" | "average", { feature, column }: TotalsPlace): OpenStretch {
  if (name === "count") return countStretch(feature);
  return name === "sum" ? sumStretch(feature, column) : averageStretch(feature, column);
}
