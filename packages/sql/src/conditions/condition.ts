/** A condition as SQL that is true or false of a row of collected events, never null. A new kind is a case here. */
import { type Condition, lowestAtLeast, toUnits, type Zone } from "@tidemark/core";
import type { Context } from "../context.ts";
import { isInUnits, measureCompares, measureOf, numberCompares } from "../numbers/measure.ts";
import { allOf, anyOf, columnName } from "../text.ts";
import { comparisonSql } from "../value.ts";
import { age, anniversary, date } from "./date.ts";
import { fadedPoints, wholePoint } from "./engagement.ts";
import { near } from "./near.ts";
import { edge, pathValue } from "./path.ts";
import { rhythm } from "./rhythm.ts";
import { atLeast, cutsInForce, scores } from "./score.ts";
import { sequence } from "./sequence.ts";

const listsAttribute = "lists";

export function conditionSql(context: Context, condition: Condition, zone: Zone): string {
  const compile = (inner: Condition): string => conditionSql(context, inner, zone);
  const { now } = context.asked;
  switch (condition.op) {
    case "all":
      return allOf(condition.of.map(compile));
    case "any":
      return anyOf(condition.of.map(compile));
    case "not":
      return `NOT (${compile(condition.of)})`;
    case "attribute": {
      const { path, compare } = condition;
      if (compare.op === "exists" && path.from === "attribute")
        return compare.value ? context.hasAttribute(path.path) : `NOT ${context.hasAttribute(path.path)}`;
      return comparisonSql(pathValue(context, path).json, compare, context.parameters);
    }
    case "date":
      return date(context, condition, zone);
    case "age":
      return age(context, condition, zone);
    case "anniversary":
      return anniversary(context, condition, zone);
    case "aggregate":
      return measureCompares(
        measureOf(context, condition.aggregate, zone, condition.aggregate.function),
        condition.compare,
      );
    case "metric":
      return measureCompares(context.metric(condition.metric).measure, condition.compare);
    case "since": {
      const { exists, at } = edge(context, condition.of, condition.edge);
      const elapsed = `greatest(0, ${now} - ${at})`;
      return `(${exists} AND ${numberCompares(elapsed, null, condition.compare, (bound) => bound)})`;
    }
    case "rhythm":
      return rhythm(context, condition, zone);
    case "sequence":
      return sequence(context, condition, zone);
    case "did": {
      const [did, without] = [edge(context, condition.did, "last"), edge(context, condition.without, "last")];
      const since = `${did.at} + ${condition.forMs} <= ${now}`;
      const forgotten = condition.forgetMs === null ? "" : ` AND ${now} < ${did.at} + ${condition.forgetMs}`;
      return `(${did.exists} AND NOT (${without.exists} AND ${without.at} >= ${did.at}) AND ${since}${forgotten})`;
    }
    case "ratio": {
      const [of, to] = [context.metric(condition.of).measure, context.metric(condition.to).measure];
      const wide = (sql: string, scaled: boolean): string => `toInt256(${sql})${scaled ? "" : " * 10000"}`;
      const over = `${wide(of.over, isInUnits(of.aggregate))} * ${wide(to.under ?? "1", true)} * 10000`;
      const under = `${wide(of.under ?? "1", true)} * ${wide(to.over, isInUnits(to.aggregate))}`;
      // Both turned where the divisor is negative, so that what is below is above nought.
      const compares = numberCompares(
        `(${over}) * sign(${to.over})`,
        `(${under}) * sign(${to.over})`,
        condition.compare,
        toUnits,
      );
      return allOf([...[of, to].flatMap(({ present }) => present ?? []), `${to.over} != 0`, compares]);
    }
    case "engagement": {
      const points = fadedPoints(context, context.definition("engagement", condition.engagement));
      return numberCompares(points, `toInt256(${wholePoint})`, condition.compare, toUnits);
    }
    case "top":
    case "bottom": {
      const { op, share, metric } = condition;
      const quantile = op === "top" ? Math.round((1 - share) * 10_000) / 10_000 : share;
      const cut = cutsInForce(context, `metric/${metric}/${quantile}`, 1)?.[0];
      if (cut === undefined) return "false";
      const { ofPopulation } = context.metric(metric);
      const reaches = atLeast(ofPopulation, lowestAtLeast(ofPopulation, op === "top" ? cut : cut + 1));
      return `(${ofPopulation.present ?? "true"} AND ${op === "top" ? reaches : `NOT (${reaches})`})`;
    }
    case "lapsing":
      return `(${context.segment(condition.segment)} AND NOT ${context.later(condition.withinMs).segment(condition.segment)})`;
    case "list":
      return `${context.attribute([listsAttribute, condition.list])} = 'true'`;
    case "split": {
      const [first, end] = [Math.round(condition.from * 10_000), Math.round(condition.to * 10_000)];
      const hash = `murmurHash3_32(concat(${context.parameters.text(`${condition.of}:`)}, subject))`;
      const bucket = context.named(
        columnName("bucket", condition.of),
        `intDiv(toUInt64(${hash}) * 1000000, 4294967296)`,
      );
      return `(${bucket} >= ${first} AND ${bucket} < ${end})`;
    }
    case "near":
      return near(context, condition);
    case "score": {
      const score = scores(context, context.definition("scoring", condition.scoring))[condition.part];
      return `ifNull(${numberCompares(`(${score})`, null, condition.compare, (bound) => bound)}, 0)`;
    }
    case "segment":
      return context.segment(condition.segment);
    case "classification":
      return `${context.classification(condition.classification)} IN ${context.parameters.texts(condition.in)}`;
  }
}
