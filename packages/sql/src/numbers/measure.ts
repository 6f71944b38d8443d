/** An aggregate over a window of a subject's events, as whole numbers that nothing is rounded in before it is compared. */
import {
  type Aggregate,
  fixedEdges,
  type NumberComparison,
  numberTest,
  toUnits,
  type Window,
  type Zone,
} from "@tidemark/core";
import type { Context } from "../context.ts";
import { allOf, anyOf, columnName, number } from "../text.ts";
import { periodEdges } from "../zone.ts";

export interface Measure {
  readonly aggregate: Aggregate["function"];
  /** The number is `over` / `under`; `present` (null: always) where there is one. All SQL. */
  readonly over: string;
  readonly under: string | null;
  readonly present: string | null;
}

const hourMs = 3_600_000;
const quarterMs = 900_000;
const exactInstants = 256;
const newestPairs = 1_024;

/** Counts are whole; all else is in units of 1/10,000. */
export function isInUnits(name: Aggregate["function"]): boolean {
  return name !== "count" && name !== "distinct";
}

/** `label` begins the names of its columns; `ofPopulation`: has no number where it would be one of nothing. */
export function measureOf(
  context: Context,
  of: Aggregate,
  zone: Zone,
  label: string,
  ofPopulation = false,
): Measure {
  const { function: name, path = [], during } = of;
  const list = context.collected.of(of.of, reachMs(during));
  const named = (part: string, sql: string): string =>
    context.named(label === name ? columnName(part, "of", list.name) : `${columnName(label)}__${part}`, sql);
  if (name === "distinct") {
    const over = named("distinct", distinctSql(context, of, zone));
    return { aggregate: name, over, under: null, present: ofPopulation ? `${over} > 0` : null };
  }
  const instants = binsOf(context, list.name, during);
  const inside = insideSql(context, "bin", during, zone);
  const sumOf = (each: string): string =>
    inside === "true"
      ? `arraySum(event -> ${each}, ${list.name})`
      : `arraySum((event, bin) -> if(${inside}, ${each}, 0), ${list.name}, ${instants})`;
  const count = (): string => named("count", sumOf("event.sign"));
  if (name === "count")
    return { aggregate: name, over: count(), under: null, present: ofPopulation ? `${count()} > 0` : null };
  const units = list.units(path);
  if (name === "sum" || name === "average") {
    const over = named("sum", sumOf(`event.sign * arraySum(event.${units})`));
    if (name === "sum")
      return { aggregate: name, over, under: null, present: ofPopulation ? `${count()} > 0` : null };
    const under = named("values", sumOf(`event.sign * length(event.${units})`));
    return { aggregate: name, over, under, present: `${under} > 0` };
  }
  const own = `arrayFlatten(arrayMap((event, bin) -> if(event.own AND ${inside}, event.${units}, []), ${list.name}, ${instants}))`;
  const numbers = named("values", own);
  const extreme = name === "minimum" ? "arrayMin" : "arrayMax";
  return {
    aggregate: name,
    over: named(name, `${extreme}(${numbers})`),
    under: null,
    present: `notEmpty(${numbers})`,
  };
}

/** Of the newest 1,024 pairs of value and instant, how many values. */
function distinctSql(context: Context, { of, path = [], during }: Aggregate, zone: Zone): string {
  const list = context.collected.of(of, reachMs(during));
  const keys = list.keys(path);
  const all = `arrayReverseSort(arrayFlatten(arrayMap(event -> arrayMap(key -> (event.at, event.partition, event.offset, key), event.${keys}), arrayFilter(event -> event.own, ${list.name}))))`;
  const sorted = context.named(columnName(list.name, keys, "pairs"), all);
  const newest = context.named(
    columnName(list.name, keys, "newest"),
    `arraySlice(arrayFilter((pair, times) -> times = 1, ${sorted}, arrayEnumerateUniq(arrayMap(pair -> (pair.1, pair.4), ${sorted}))), 1, ${newestPairs})`,
  );
  const inside = insideSql(context, "pair.1", during, zone);
  return `length(arrayDistinct(arrayMap(pair -> pair.4, arrayFilter(pair -> ${inside}, ${newest}))))`;
}

/**
 * Where each event counts, as in the stream: in rolling windows the newest 256 instants are exact and older ones at the
 * start of their hour; in calendar windows all are at the start of their quarter.
 */
export function binsOf(context: Context, list: string, during: Window): string {
  const instants = `arrayMap(event -> event.at, ${list})`;
  switch (during.type) {
    case "rolling": {
      const newest = `arrayReverseSort(arrayDistinct(${instants}))`;
      const exact = context.named(
        `${list}_exact_since`,
        `if(length(${list}) > ${exactInstants}, ${newest}[least(${exactInstants}, length(${newest}))], -9223372036854775807)`,
      );
      return context.named(
        `${list}_instants`,
        `arrayMap(event -> if(event.at >= ${exact}, event.at, event.at - positiveModulo(event.at, ${hourMs})), ${list})`,
      );
    }
    case "calendar":
      return context.named(
        `${list}_quarters`,
        `arrayMap(event -> event.at - positiveModulo(event.at, ${quarterMs}), ${list})`,
      );
    default:
      return context.named(`${list}_at`, instants);
  }
}

/**
 * Events so long ago, and older ones, lie outside the window, at whatever start of an hour they count; which of the newer
 * ones are among so many newest hangs on none of them. Undefined where no number says it.
 */
export function reachMs(during: Window): number | undefined {
  return during.type === "rolling" ? during.lastMs : undefined;
}

/** Whether an instant (SQL) lies in a window now. */
export function insideSql(context: Context, at: string, during: Window, zone: Zone): string {
  const { now } = context.asked;
  switch (during.type) {
    case "all":
      return "true";
    case "rolling":
      return `${at} > ${now} - ${during.lastMs} AND ${at} <= ${now}${during.endingBeforeMs === 0 ? "" : ` - ${during.endingBeforeMs}`}`;
    case "calendar": {
      const { from, to } = periodEdges(context.zoneOf(zone), during.which, during.period);
      return `${at} >= ${from} AND ${at} < ${to}`;
    }
    case "fixed": {
      const edges = fixedEdges(during);
      const inZone = context.zoneOf(zone);
      return `${at} >= ${inZone.constant("window_from", (calendar) => edges(calendar).from)} AND ${at} < ${inZone.constant("window_to", (calendar) => edges(calendar).to)}`;
    }
  }
}

/** Whether a measure compares so. Never null. */
export function measureCompares(measure: Measure, compare: NumberComparison): string {
  const scale = isInUnits(measure.aggregate) ? toUnits : (bound: number): number => bound;
  const holds = numberCompares(measure.over, measure.under, compare, scale);
  if (measure.present === null) return holds;
  return `if(${measure.present}, ${holds}, ${numberTest(compare, scale).missing})`;
}

/** Whether \`over\` / \`under\` compares so; \`under\` null is 1. */
export function numberCompares(
  over: string,
  under: string | null,
  compare: NumberComparison,
  scale: (bound: number) => number,
): string {
  const against = (sign: string, bound: number): string =>
    under === null
      ? `${over} ${sign} ${number(bound)}`
      : `toInt256(${over}) ${sign} toInt256(${number(bound)}) * (${under})`;
  switch (compare.op) {
    case "is":
    case "in":
      return anyOf(numbersOf(compare).map((value) => against("=", scale(value))));
    case "isNot":
    case "notIn":
      return `NOT ${anyOf(numbersOf(compare).map((value) => against("=", scale(value))))}`;
    case "between":
      return allOf([against(">=", scale(compare.from)), against("<=", scale(compare.to))]);
    default:
      return against(signs[compare.op], scale(compare.value));
  }
}

const signs = { above: ">", atLeast: ">=", below: "<", atMost: "<=" } as const;

function numbersOf(compare: Extract<NumberComparison, { op: "is" | "isNot" | "in" | "notIn" }>): number[] {
  const given = "values" in compare ? compare.values : [compare.value];
  return given.filter((value): value is number => typeof value === "number");
}

/** In whole units of 1/10,000, halves up; null where there is none. */
export function roundedUnits({ aggregate, over, under, present }: Measure): string {
  const inUnits = isInUnits(aggregate) ? `toInt256(${over})` : `toInt256(${over}) * 10000`;
  const whole =
    under === null
      ? inUnits
      : `intDiv(2 * ${inUnits} + ${under} - positiveModulo(2 * ${inUnits} + ${under}, 2 * toInt256(${under})), 2 * toInt256(${under}))`;
  return present === null ? `toNullable(toInt64(${whole}))` : `if(${present}, toInt64(${whole}), NULL)`;
}
