/** A condition, compiled over the features that it needs. A new kind of condition is a case here. */
import { age } from "../conditions/age.ts";
import { aggregate } from "../conditions/aggregate.ts";
import { anniversary } from "../conditions/anniversary.ts";
import { attribute, attributeExists } from "../conditions/attribute.ts";
import { allOf, anyOf, notOf } from "../conditions/combinators.ts";
import { compileComparison } from "../conditions/comparison.ts";
import type { Evaluate } from "../conditions/condition.ts";
import { date } from "../conditions/date.ts";
import { didWithout } from "../conditions/did-without.ts";
import { engagement } from "../conditions/engagement.ts";
import { lapsing } from "../conditions/lapsing.ts";
import { inCategory, inSegment } from "../conditions/membership.ts";
import { near } from "../conditions/near.ts";
import { attributeValue } from "../conditions/path-value.ts";
import { ratio } from "../conditions/ratio.ts";
import { rhythm } from "../conditions/rhythm.ts";
import { score } from "../conditions/score.ts";
import { sequence } from "../conditions/sequence.ts";
import { beyondCut } from "../conditions/share.ts";
import { since } from "../conditions/since.ts";
import { split } from "../conditions/split.ts";
import type { Condition, SubjectKind, Zone } from "../definition/definition.ts";
import { type CutBook, measured, requestCuts } from "./cuts.ts";
import { type Dependencies, include } from "./dependencies.ts";
import type { FeatureRequests } from "./feature-book.ts";
import type { Numbers } from "./numbers.ts";
import type { Readers } from "./readers.ts";

export interface ConditionContext {
  readonly subject: SubjectKind;
  readonly book: FeatureRequests;
  readonly cuts: CutBook;
  readonly readers: Readers;
  readonly numbers: Numbers;
  /** Index of a segment or classification by `kind/id`. */
  indexOf(name: string): number;
}

/** The attribute below which lists are kept. */
const listsAttribute = "lists";

export function compileCondition(
  context: ConditionContext,
  condition: Condition,
  zone: Zone,
  needs: Dependencies,
): Evaluate {
  const { book, numbers } = context;
  const { constantZone, zoneOf, windowZone, measureOf, edgeOf, pathOf } = context.readers;
  const compile = (inner: Condition): Evaluate => compileCondition(context, inner, zone, needs);
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
      if (compare.op === "exists" && path.from === "attribute") return attributeExists(path.path, compare);
      return attribute(value, compileComparison(compare));
    }
    case "date":
      return date(pathOf(condition.path, needs), condition.test, zoneOf(zone, needs));
    case "age":
      return age(pathOf(condition.path, needs), condition.compare, condition.leapDay, zoneOf(zone, needs));
    case "anniversary":
      return anniversary(pathOf(condition.path, needs), condition, zoneOf(zone, needs));
    case "aggregate":
      return aggregate(measureOf(condition.aggregate, zone, needs), condition.compare);
    case "metric": {
      const { measure: inner, needs: innerNeeds } = numbers.metric(condition.metric);
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
      const [of, to] = [numbers.metric(condition.of), numbers.metric(condition.to)];
      include(needs, of.needs);
      include(needs, to.needs);
      return ratio(of.measure, to.measure, condition.compare);
    }
    case "engagement": {
      const { points, needs: inner } = numbers.engagement(condition.engagement);
      include(needs, inner);
      return engagement(points, condition.compare);
    }
    case "top":
    case "bottom":
      return shareOf(context, condition, needs);
    case "lapsing": {
      const definition = context.indexOf(`segment/${condition.segment}`);
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
      const { scores, needs: inner } = numbers.scoring(condition.scoring);
      include(needs, inner);
      return score(scores, condition.part, condition.compare);
    }
    case "segment": {
      const definition = context.indexOf(`segment/${condition.segment}`);
      needs.definitions.add(definition);
      return inSegment(definition);
    }
    case "classification": {
      const definition = context.indexOf(`classification/${condition.classification}`);
      needs.definitions.add(definition);
      return inCategory(definition, condition.in);
    }
  }
}

function shareOf(
  { numbers, subject, cuts: book }: ConditionContext,
  { op, share, metric }: Extract<Condition, { op: "top" | "bottom" }>,
  needs: Dependencies,
): Evaluate {
  const { ofPopulation, needs: inner } = numbers.metric(metric);
  include(needs, inner);
  const quantile = op === "top" ? Math.round((1 - share) * 10_000) / 10_000 : share;
  const request = { key: `metric/${metric}/${quantile}`, subject, shares: [quantile] };
  const cuts = requestCuts(book, request, measured(ofPopulation));
  return beyondCut(ofPopulation, op, cuts?.[0]);
}
