/** Counts, sums, averages, extremes and different values over a window, as exact fractions of units. */
import type { Aggregate, Metric } from "../../../src/definition/definition.ts";
import { hourMs } from "./calendar.ts";
import {
  inTotalOrder,
  type Knowledge,
  type Occurrence,
  remembered,
  selected,
  workedOut,
} from "./knowledge.ts";
import { type Fraction, quotient, unitsOf, unitsPerOne, whole } from "./number.ts";
import { type Scene, zoneIn } from "./scene.ts";
import { valuesAt } from "./value.ts";
import { isInside } from "./window.ts";

const exactInstants = 256;
const newestPairs = 1_024;
const quarterMs = 900_000;

/** An occurrence and the instant at which a window takes it (rule 3). */
export interface Counted {
  readonly occurrence: Occurrence;
  readonly at: number;
}

/** For rolling windows and engagement: the newest 256 instants as they are, older ones at the start of their hour. */
export function countedByInstant(known: Knowledge, of: Aggregate["of"]): readonly Counted[] {
  return workedOut(known, `instants ${JSON.stringify(of)}`, () => {
    const occurrences = selected(known, of);
    const instants = [...new Set(occurrences.map(({ at }) => at))].sort((a, b) => b - a);
    const oldestExact = instants.slice(0, exactInstants).at(-1) ?? 0;
    return occurrences.map((occurrence) => {
      const { at } = occurrence;
      return { occurrence, at: at >= oldestExact ? at : Math.floor(at / hourMs) * hourMs };
    });
  });
}

function counted(known: Knowledge, { of, during }: Aggregate): readonly Counted[] {
  if (during.type === "rolling") return countedByInstant(known, of);
  const step = during.type === "calendar" ? quarterMs : 1;
  return selected(known, of).map((occurrence) => ({
    occurrence,
    at: Math.floor(occurrence.at / step) * step,
  }));
}

/** Undefined where there is none: an average, minimum or maximum of nothing. */
export function aggregateValue(aggregate: Aggregate, scene: Scene, zone: string): Fraction | undefined {
  if (aggregate.function === "distinct") return whole(unitsPerOne * BigInt(distinct(aggregate, scene, zone)));
  const inside = countedIn(aggregate, scene, zone);
  if (aggregate.function === "count") return whole(unitsPerOne * BigInt(signs(inside)));
  const { path = [] } = aggregate;
  const numbers = inside.flatMap(({ occurrence }) =>
    valuesAt(occurrence.properties, path)
      .map(unitsOf)
      .filter((units) => units !== undefined)
      .map((units) => ({ units, occurrence })),
  );
  if (aggregate.function === "minimum" || aggregate.function === "maximum") {
    const happened = numbers
      .filter(({ occurrence }) => occurrence.remembered && occurrence.sign > 0)
      .map(({ units }) => units);
    if (happened.length === 0) return undefined;
    const further = (a: bigint, b: bigint): boolean => (aggregate.function === "minimum" ? a < b : a > b);
    return whole(happened.reduce((best, units) => (further(units, best) ? units : best)));
  }
  let [count, sum] = [0n, 0n];
  for (const { units, occurrence } of numbers) {
    count += BigInt(occurrence.sign);
    sum += BigInt(occurrence.sign) * units;
  }
  if (aggregate.function === "sum") return whole(sum);
  return count <= 0n ? undefined : quotient(sum, count);
}

function countedIn(aggregate: Aggregate, { known, t }: Scene, zone: string): Counted[] {
  return counted(known, aggregate).filter(({ at }) => isInside(aggregate.during, at, t, zone));
}

function signs(inside: readonly Counted[]): number {
  return inside.reduce((sum, { occurrence }) => sum + occurrence.sign, 0);
}

interface Pair {
  readonly at: number;
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

function distinct({ of, path = [], during }: Aggregate, { known, t }: Scene, zone: string): number {
  const pairs = workedOut(known, `pairs ${JSON.stringify([of, path])}`, () => {
    const latest = new Map<string, Pair>();
    for (const { at, partition, offset, properties } of remembered(known, of))
      for (const given of valuesAt(properties, path).flat())
        for (const value of toldApartBy(given))
          latest.set(`${at} ${value}`, { at, partition, offset, value });
    const order = (a: Pair, b: Pair): number => inTotalOrder(a, b) || (a.value < b.value ? -1 : 1);
    return [...latest.values()].sort(order).slice(-newestPairs);
  });
  return new Set(pairs.filter(({ at }) => isInside(during, at, t, zone)).map(({ value }) => value)).size;
}

/** Texts, numbers and truth values are told apart; anything else is no value. */
function toldApartBy(value: unknown): string[] {
  if (typeof value === "string") return [`text ${value}`];
  if (typeof value === "boolean") return [`truth ${value}`];
  const units = typeof value === "number" ? unitsOf(value) : undefined;
  return units === undefined ? [] : [`number ${units}`];
}

export function metricValue(metric: Metric, scene: Scene): Fraction | undefined {
  return aggregateValue(metric.aggregate, scene, zoneIn(scene, metric.zone));
}

/** The metric of a member of the population that has it; undefined for others: a count or sum of nothing is none. */
export function populationValue(metric: Metric, scene: Scene): Fraction | undefined {
  const zone = zoneIn(scene, metric.zone);
  const { aggregate } = metric;
  const value = aggregateValue(aggregate, scene, zone);
  if (aggregate.function === "distinct") return value?.numerator === 0n ? undefined : value;
  if (aggregate.function !== "count" && aggregate.function !== "sum") return value;
  return signs(countedIn(aggregate, scene, zone)) > 0 ? value : undefined;
}
