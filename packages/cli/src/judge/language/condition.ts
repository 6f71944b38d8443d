/** A condition as it was written, to a question that can be asked at any moment. */
import { aggregateNameOf, aggregateNames, aggregateOf, type Quantity } from "./aggregate.ts";
import { comparators, numberComparators, quantityTest, storedTest } from "./comparators.ts";
import { ageCondition, anniversaryCondition, dateCondition } from "./dates.ts";
import { type Json, listOf, numberOf, objectOf, onlyKeys, textOf, Uninterpretable } from "./json.ts";
import type { Holds } from "./moment.ts";
import { pathOf } from "./path.ts";
import { rhythmCondition } from "./rhythm.ts";
import { scoreCondition } from "./score.ts";
import { sinceCondition } from "./since.ts";
import { isSet } from "./values.ts";
import type { Watcher, ZoneChoice } from "./watch.ts";

/** What a condition may name. Unknown names throw `Uninterpretable`. */
export interface Surroundings {
  readonly zone: ZoneChoice;
  readonly watcher: Watcher;
  metric(id: unknown): Quantity;
  /** The same of one whose value has no more than four decimals. */
  counted(id: unknown): Quantity;
  scoring(id: unknown): Json;
  /** Notes that the definition rests on another. */
  restsOn(name: string): void;
}

export function conditionOf(value: unknown, around: Surroundings): Holds {
  const json = objectOf(value, "the condition");
  const { zone, watcher } = around;
  const has = (key: string): boolean => Object.hasOwn(json, key);
  if (has("all")) {
    const children = childrenOf(json, "all", around);
    return (moment) => children.every((holds) => holds(moment));
  }
  if (has("any")) {
    const children = childrenOf(json, "any", around);
    return (moment) => children.some((holds) => holds(moment));
  }
  if (has("not")) {
    onlyKeys(json, ["not"], "not");
    const holds = conditionOf(json.not, around);
    return (moment) => !holds(moment);
  }
  if (has("attribute")) return attributeCondition(json, watcher);
  if (has("date")) return dateCondition(json, zone, watcher);
  if (has("age")) return ageCondition(json, zone, watcher);
  if (has("anniversary")) return anniversaryCondition(json, zone, watcher);
  if (has("since")) return sinceCondition(json, watcher);
  if (has("rhythm")) return rhythmCondition(json, zone, watcher);
  if (has("score")) return scoreCondition(json, around.scoring(json.score), around.metric, watcher);
  if (has("segment")) return segmentCondition(json, around);
  if (has("classification")) return classificationCondition(json, around);
  if (has("top")) return shareCondition(json, "top", around);
  if (has("bottom")) return shareCondition(json, "bottom", around);
  if (has("metric")) {
    onlyKeys(json, ["metric", ...numberComparators], "the metric");
    return quantityCondition(json, around.metric(json.metric));
  }
  if (aggregateNameOf(json) !== undefined) {
    onlyKeys(json, [...aggregateNames, "of", "during", ...numberComparators], "the aggregate");
    return quantityCondition(json, aggregateOf(json, zone, watcher));
  }
  throw new Uninterpretable(`no known form of condition: ${JSON.stringify(json)}`);
}

function childrenOf(json: Json, key: "all" | "any", around: Surroundings): readonly Holds[] {
  onlyKeys(json, [key], key);
  return listOf(json[key], key).map((child) => conditionOf(child, around));
}

function quantityCondition(json: Json, quantity: Quantity): Holds {
  const { holds } = quantityTest(json, (value) => numberOf(value, "the bound"));
  return (moment) => holds(quantity(moment));
}

const percentPattern = /^(\d+(?:\.\d+)?) percent$/;

/** At the cut or beyond it; nobody is where there is none. */
function shareCondition(json: Json, side: "top" | "bottom", { counted }: Surroundings): Holds {
  onlyKeys(json, [side, "by"], "the share");
  const percent = Number(percentPattern.exec(textOf(json[side], "the share"))?.[1]);
  if (!(percent > 0)) throw new Uninterpretable(`the share ${json[side]}`);
  const quantity = counted(json.by);
  const below = side === "top" ? 100 - percent : percent;
  const name = `metric/${json.by}/${Math.round(below * 100) / 10_000}`;
  return (moment) => {
    const [cut] = moment.cut(name) ?? [];
    const against = quantity(moment);
    if (cut === undefined || against === undefined) return false;
    const difference = against(cut / 10_000);
    return side === "top" ? difference >= 0 : difference <= 0;
  };
}

/** Time alone never changes it, so there is nothing to look out for. */
function attributeCondition(json: Json, watcher: Watcher): Holds {
  onlyKeys(json, ["attribute", "ignoreCase", ...comparators], "the attribute");
  const path = pathOf(json.attribute, watcher);
  if (Object.hasOwn(json, "exists")) return (moment) => isSet(path.value(moment)) === (json.exists === true);
  const { test } = storedTest(json);
  return (moment) => test(path.value(moment));
}

function segmentCondition(json: Json, { restsOn }: Surroundings): Holds {
  onlyKeys(json, ["segment"], "the segment");
  const name = `segment/${textOf(json.segment, "the segment")}`;
  restsOn(name);
  return (moment) => moment.stateOf(name) === "in";
}

function classificationCondition(json: Json, { restsOn }: Surroundings): Holds {
  onlyKeys(json, ["classification", "is", "in"], "the classification");
  const name = `classification/${textOf(json.classification, "the classification")}`;
  const categories = Object.hasOwn(json, "is") ? [json.is] : listOf(json.in, "in");
  restsOn(name);
  return (moment) => categories.includes(moment.stateOf(name));
}
