/** Conditions, metrics and score cards of one kind of subject, compiled over the features they need. */
import { type ZoneCalendar, zoneCalendar } from "../calendar/zone.ts";
import { age } from "../conditions/age.ts";
import { aggregate, isInUnits } from "../conditions/aggregate.ts";
import { anniversary } from "../conditions/anniversary.ts";
import { attribute, attributeExists } from "../conditions/attribute.ts";
import { allOf, anyOf, notOf } from "../conditions/combinators.ts";
import { compileComparison } from "../conditions/comparison.ts";
import type { Evaluate, Evaluation, ZoneOf } from "../conditions/condition.ts";
import { date } from "../conditions/date.ts";
import { didWithout } from "../conditions/did-without.ts";
import { engagement, type FadingPoints } from "../conditions/engagement.ts";
import { lapsing } from "../conditions/lapsing.ts";
import { type Measure, measure } from "../conditions/measure.ts";
import { inCategory, inSegment } from "../conditions/membership.ts";
import { near } from "../conditions/near.ts";
import { attributeValue, edgeValue, type PathValue } from "../conditions/path-value.ts";
import { ratio } from "../conditions/ratio.ts";
import { rhythm } from "../conditions/rhythm.ts";
import { once, score } from "../conditions/score.ts";
import { sequence } from "../conditions/sequence.ts";
import { beyondCut, lowestAtLeast } from "../conditions/share.ts";
import { since } from "../conditions/since.ts";
import { split } from "../conditions/split.ts";
import {
  averageStretch,
  countStretch,
  distinctStretch,
  extremeStretch,
  type OpenStretch,
  presentStretch,
  sumStretch,
} from "../conditions/stretch.ts";
import { unitsPerOne } from "../decimal.ts";
import type {
  Aggregate,
  Condition,
  Engagement,
  Metric,
  Path,
  ScorePart,
  ScoreRule,
  Scoring,
  SubjectKind,
  Window,
  Zone,
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
import { zoneAttribute } from "./customer-zone.ts";
import { type CutBook, elapsed, measured, type PopulationValue, requestCuts } from "./cuts.ts";
import type { FeatureBook, TotalsPlace } from "./feature-book.ts";

/** What a definition's answer hangs on, besides time. */
export interface Dependencies {
  readonly features: Set<number>;
  /** Dotted paths. */
  readonly attributes: Set<string>;
  /** Indexes of the definitions referred to. */
  readonly definitions: Set<number>;
}

/** The attribute below which lists are kept. */
const listsAttribute = "lists";

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

export interface CompilerInput {
  readonly subject: SubjectKind;
  readonly book: FeatureBook;
  readonly cuts: CutBook;
  readonly workspace: ZoneCalendar;
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly scorings: ReadonlyMap<string, Scoring>;
  readonly engagements: ReadonlyMap<string, Engagement>;
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
  engagement(id: string): CompiledEngagement;
  condition(condition: Condition, zone: Zone, needs: Dependencies): Evaluate;
}

export function compiler(input: CompilerInput): Compiler {
  const { book, workspace } = input;
  const metrics = new Map<string, CompiledMetric>();
  const scorings = new Map<string, CompiledScoring>();
  const engagements = new Map<string, CompiledEngagement>();
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

  /** Days of a zone are in windows that time or the customer's zone moves; all else is the same everywhere. */
  const windowZone = (during: Window, zone: Zone, needs: Dependencies): ZoneOf => {
    const ofDays =
      during.type === "calendar" ||
      (during.type === "fixed" && ("day" in during.from || (during.to !== null && "day" in during.to)));
    return ofDays ? zoneOf(zone, needs) : () => workspace;
  };

  /** `ofPopulation`: has no number where it would be one of nothing. */
  const measureOf = (of: Aggregate, zone: Zone, needs: Dependencies, ofPopulation = false): Measure => {
    const { during } = of;
    const inZone = windowZone(during, zone, needs);
    const ofNothing = ofPopulation || !isOfNothing(of.function) ? undefined : 0;
    if (of.function === "distinct") {
      const feature = book.distinct(of.of, of.path ?? [], during);
      needs.features.add(feature);
      return measure("distinct", distinctStretch(feature, ofPopulation), during, inZone, ofNothing);
    }
    const place = book.totals(of.of, columnOf(of), during, constantZone(zone));
    needs.features.add(place.feature);
    // A feature of this window only has nothing else in it.
    const window: Window = place.whole ? { type: "all" } : during;
    return measure(of.function, stretchOf(of.function, place, ofPopulation), window, inZone, ofNothing);
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
    const { aggregate: of, zone } = metric;
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
    const during: Window = { type: "rolling", lastMs: lastingMs(halfLifeMs), endingBeforeMs: 0 };
    const sources = definition.points.map(({ of, weight }) => {
      const { feature } = book.totals(of, null, during, workspace);
      needs.features.add(feature);
      return { feature, weight };
    });
    return { engagement: definition, points: { sources, halfLifeMs }, needs };
  };

  /** Not reversed. */
  const partOf = (key: string, { value, cuts }: ScoreRule, needs: Dependencies): PartScore => {
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
    const parts: Partial<Record<ScorePart, PartScore>> = {};
    for (const part of scoreParts) {
      const rule = scoring.parts[part];
      if (rule === undefined) continue;
      const plain = partOf(`scoring/${id}/${part}`, rule, needs);
      const { cuts } = rule;
      const highest = cuts.type === "quantiles" ? cuts.parts : cuts.bounds.length + 1;
      parts[part] = part === "recency" ? reversed(plain, highest) : plain;
    }
    memos += 1;
    return { scoring, scores: once(memos - 1, scoreCard(parts)), needs };
  };

  const shareOf = (
    { op, share, metric }: Extract<Condition, { op: "top" | "bottom" }>,
    needs: Dependencies,
  ): Evaluate => {
    const { ofPopulation, needs: inner } = self.metric(metric);
    include(needs, inner);
    const quantile = op === "top" ? Math.round((1 - share) * 10_000) / 10_000 : share;
    const request = { key: `metric/${metric}/${quantile}`, subject: input.subject, shares: [quantile] };
    const cuts = requestCuts(input.cuts, request, measured(ofPopulation));
    return beyondCut(ofPopulation, op, cuts?.[0]);
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
    engagement(id) {
      const known = engagements.get(id) ?? compileEngagement(id);
      engagements.set(id, known);
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
        case "sequence": {
          const { steps, withinMs, during } = condition;
          const features = steps.map((step) => book.newestEvents(step));
          for (const feature of features) needs.features.add(feature);
          return sequence(features, withinMs, during, windowZone(during, zone, needs));
        }
        case "did": {
          const did = edgeOf(needs, condition.did, "last", null);
          const without = edgeOf(needs, condition.without, "last", null);
          return didWithout(did, without, condition.forMs, condition.forgetMs);
        }
        case "ratio": {
          const [of, to] = [self.metric(condition.of), self.metric(condition.to)];
          include(needs, of.needs);
          include(needs, to.needs);
          return ratio(of.measure, to.measure, condition.compare);
        }
        case "engagement": {
          const { points, needs: inner } = self.engagement(condition.engagement);
          include(needs, inner);
          return engagement(points, condition.compare);
        }
        case "top":
        case "bottom":
          return shareOf(condition, needs);
        case "lapsing": {
          const definition = input.indexOf(`segment/${condition.segment}`);
          needs.definitions.add(definition);
          return lapsing(definition, condition.withinMs);
        }
        case "list": {
          const path = [listsAttribute, condition.list];
          needs.attributes.add(path.join("."));
          return attribute(attributeValue(path), (value) => value === true);
        }
        case "split":
          return split(condition.of, condition.from, condition.to);
        case "near":
          needs.attributes.add(condition.path.join("."));
          return near(condition.path, condition, condition.withinMetres);
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

/** Counts and sums of nothing are 0; of nothing there is no average and no extreme. */
function isOfNothing(name: Aggregate["function"]): boolean {
  return name === "count" || name === "sum" || name === "distinct";
}

function columnOf({ function: name, path = [] }: Aggregate) {
  if (name === "count") return null;
  return { path, total: name === "minimum" || name === "maximum" ? name : "sum" } as const;
}

function stretchOf(
  name: Exclude<Aggregate["function"], "distinct">,
  { feature, column }: TotalsPlace,
  ofPopulation: boolean,
): OpenStretch {
  switch (name) {
    case "count":
      return ofPopulation ? presentStretch(feature, column) : countStretch(feature);
    case "sum":
      return ofPopulation ? presentStretch(feature, column) : sumStretch(feature, column);
    case "average":
      return averageStretch(feature, column);
    case "minimum":
    case "maximum":
      return extremeStretch(feature, column, name === "maximum");
  }
}
