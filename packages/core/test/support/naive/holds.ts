/**
 * The language's meaning, written as plainly as can be from its reference, sharing nothing with the engine but the
 * types of what is written: every answer is a scan over all events.
 */
import type { Condition, Segment, Zone } from "../../../src/definition/definition.ts";
import { aggregateValue, metricValue } from "./aggregate.ts";
import { nextCandidate } from "./candidates.ts";
import { ageHolds, anniversaryHolds, dateHolds, valueAtPath } from "./date.ts";
import { pointsOf } from "./engagement.ts";
import { attributeOf, remembered, workedOut } from "./knowledge.ts";
import { compares, comparesMissing, comparesPlain, type Fraction, quotient } from "./number.ts";
import { nearHolds, splitHolds } from "./place.ts";
import { latchesOf, latchesUnder } from "./references.ts";
import { rhythmHolds } from "./rhythm.ts";
import { definitionOf, isLatch, type Latches, type Scene, sceneAt, zoneIn } from "./scene.ts";
import { scoreHolds, shareHolds } from "./score.ts";
import { didHolds, sequenceHolds } from "./sequence.ts";
import { comparesValue, isSet } from "./value.ts";

/** What the subject is in a segment (`in` / `out`) or classification (a category). */
export function membershipAt(scene: Scene, kind: "segment" | "classification", id: string): string {
  const name = `${kind}/${id}`;
  const known = scene.memberships.get(name);
  if (known !== undefined) return known;
  const value = kind === "segment" ? inSegment(scene, id) : categoryOf(scene, id);
  scene.memberships.set(name, value);
  return value;
}

function inSegment(scene: Scene, id: string): "in" | "out" {
  const segment = definitionOf(scene.plan, "segment", id);
  const isIn = isLatch(segment) ? isHeld(scene, segment) : holds(segment.when, scene, segment.zone);
  return isIn ? "in" : "out";
}

function isHeld(scene: Scene, { id, when, leave, stayMs = 0, zone }: Segment): boolean {
  if (holds(when, scene, zone)) return true;
  const since = scene.latches.get(id);
  if (since === undefined) return false;
  if (scene.t < since + stayMs) return true;
  return leave !== undefined && !holds(leave, scene, zone);
}

function categoryOf(scene: Scene, id: string): string {
  const { categories, otherwise, zone } = definitionOf(scene.plan, "classification", id);
  return categories.find(({ when }) => holds(when, scene, zone))?.id ?? otherwise;
}

/** The latches as they stand after this instant: those given, or all. */
export function latchesAfter(scene: Scene, which: readonly string[] = latchesOf(scene.plan)): Latches {
  const after = new Map<string, number>();
  for (const id of which)
    if (membershipAt(scene, "segment", id) === "in") after.set(id, scene.latches.get(id) ?? scene.t);
  return after;
}

/** For a segment, so much later, with no further event: the latches it rests on are walked from instant to instant. */
function sceneLater(scene: Scene, ms: number, segment: string): Scene {
  const { plan, known, t } = scene;
  const latches = latchesUnder(plan, definitionOf(plan, "segment", segment));
  if (latches.length === 0) return sceneAt(plan, known, t + ms, new Map());
  const walk = walkFrom(scene, latchesAfter(scene, latches), segment);
  let last = walk.at(-1)!;
  for (;;) {
    const at = nextCandidate(plan, known, last.at, last.latches);
    if (at >= t + ms) break;
    last = { at, latches: latchesAfter(sceneAt(plan, known, at, last.latches), latches) };
    walk.push(last);
  }
  return sceneAt(plan, known, t + ms, walk.findLast(({ at }) => at < t + ms)!.latches);
}

interface Step {
  readonly at: number;
  readonly latches: Latches;
}

/** The walk that came by here before and found the same, as it would go on the same; else a new one from here. */
function walkFrom({ known, t }: Scene, latches: Latches, segment: string): Step[] {
  const walk = workedOut(known, `walk ${segment}`, (): Step[] => []);
  const here = walk.findLast(({ at }) => at <= t);
  const same = (other: Latches): boolean =>
    other.size === latches.size && [...latches].every(([id, since]) => other.get(id) === since);
  if (here === undefined || !same(here.latches)) walk.splice(0, walk.length, { at: t, latches });
  return walk;
}

/** `zone`: that of the definition the condition stands in. */
function holds(condition: Condition, scene: Scene, zone: Zone): boolean {
  const { plan, known, t } = scene;
  const inner = (child: Condition): boolean => holds(child, scene, zone);
  switch (condition.op) {
    case "all":
      return condition.of.every(inner);
    case "any":
      return condition.of.some(inner);
    case "not":
      return !inner(condition.of);
    case "attribute": {
      const { path, compare } = condition;
      if (compare.op === "exists" && path.from === "attribute")
        return isSet(attributeOf(known, path.path)) === compare.value;
      return comparesValue(compare, valueAtPath(path, scene));
    }
    case "date":
      return dateHolds(condition, scene, zoneIn(scene, zone));
    case "age":
      return ageHolds(condition, scene, zoneIn(scene, zone));
    case "anniversary":
      return anniversaryHolds(condition, scene, zoneIn(scene, zone));
    case "aggregate":
      return comparesOr(condition, aggregateValue(condition.aggregate, scene, zoneIn(scene, zone)));
    case "metric":
      return comparesOr(condition, metricValue(definitionOf(plan, "metric", condition.metric), scene));
    case "ratio": {
      const [over, under] = [condition.of, condition.to].map((id) =>
        metricValue(definitionOf(plan, "metric", id), scene),
      );
      if (over === undefined || under === undefined || under.numerator === 0n) return false;
      return compares(
        condition.compare,
        // Units of 1/10,000 once more.
        quotient(10_000n * over.numerator * under.denominator, over.denominator * under.numerator),
      );
    }
    case "since": {
      const occurrence = remembered(known, condition.of).at(condition.edge === "first" ? 0 : -1);
      return occurrence !== undefined && comparesPlain(condition.compare, t - occurrence.at);
    }
    case "rhythm":
      return rhythmHolds(condition, scene, zoneIn(scene, zone));
    case "sequence":
      return sequenceHolds(condition, scene, zoneIn(scene, zone));
    case "did":
      return didHolds(condition, scene);
    case "engagement":
      return compares(
        condition.compare,
        pointsOf(definitionOf(plan, "engagement", condition.engagement), known, t),
      );
    case "score":
      return scoreHolds(condition, scene);
    case "top":
    case "bottom":
      return shareHolds(condition, scene);
    case "list":
      return attributeOf(known, ["lists", condition.list]) === true;
    case "split":
      return splitHolds(condition, scene);
    case "near":
      return nearHolds(condition, scene);
    case "segment":
      return membershipAt(scene, "segment", condition.segment) === "in";
    case "classification":
      return condition.in.includes(membershipAt(scene, "classification", condition.classification));
    case "lapsing":
      return (
        membershipAt(scene, "segment", condition.segment) === "in" &&
        membershipAt(
          sceneLater(scene, condition.withinMs, condition.segment),
          "segment",
          condition.segment,
        ) === "out"
      );
  }
}

function comparesOr(
  { compare }: Extract<Condition, { op: "aggregate" | "metric" }>,
  value: Fraction | undefined,
): boolean {
  return value === undefined ? comparesMissing(compare) : compares(compare, value);
}
