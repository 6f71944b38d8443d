/**
 * `count`, `sum`, `average` and `distinct`, by adding up what lies in the window. Rolling windows take the newest 256
 * distinct instants of a selector exactly and older ones at the start of their hour; `distinct` knows the newest
 * 1,024 pairs of value and instant. Both are part of the meaning.
 */
import type { Occurrence, Series } from "../fold/history.ts";
import type { Against } from "./comparators.ts";
import { type Json, stepsOf, Uninterpretable } from "./json.ts";
import type { Moment } from "./moment.ts";
import { type Selector, selectorOf } from "./selector.ts";
import { unitsOf, valuesAt } from "./values.ts";
import type { Watcher, ZoneChoice } from "./watch.ts";
import { type Window, windowOf } from "./window.ts";
import { type Zone, zoneNamed } from "./zone.ts";

export const aggregateNames = ["count", "sum", "average", "distinct"] as const;
type AggregateName = (typeof aggregateNames)[number];

/** How the aggregate stands to bounds as the definition writes them; undefined where there is no number. */
export type Quantity = (moment: Moment) => Against | undefined;

const exactInstants = 256;
const newestPairs = 1_024;
const hourMs = 3_600_000;

/** Which aggregate a mapping asks for; undefined for none. */
export function aggregateNameOf(json: Json): AggregateName | undefined {
  return aggregateNames.find((name) => Object.hasOwn(json, name));
}

export function aggregateOf(json: Json, zone: ZoneChoice, watcher: Watcher): Quantity {
  const name = aggregateNameOf(json);
  if (name === undefined) throw new Uninterpretable("no aggregate");
  const selector = watcher.use(selectorOf(name === "count" ? json.count : json.of));
  const window = windowOf(json.during, zone);
  watcher.onEvents(selector, `window ${window.key}`, window.zone, (at, scope) =>
    window.turns(Number(at), scope),
  );
  if (name === "count") return counting(selector, window);
  const steps = stepsOf(json[name], name);
  return name === "distinct" ? telling(selector, steps, window) : adding(name, selector, steps, window);
}

function counting(selector: Selector, window: Window): Quantity {
  return (moment) => {
    const series = seriesOf(moment, selector);
    let count = 0;
    scan(series, window, moment, () => {
      count += 1;
    });
    return (bound) => count - bound;
  };
}

function adding(
  name: "sum" | "average",
  selector: Selector,
  steps: readonly string[],
  window: Window,
): Quantity {
  return (moment) => {
    const series = seriesOf(moment, selector);
    const numbers = numbersOf(series, steps);
    let [count, sum] = [0, 0];
    scan(series, window, moment, (index) => {
      count += numbers[index]?.count ?? 0;
      sum += numbers[index]?.sum ?? 0;
    });
    if (name === "sum") return (bound) => sum - unitsOrNone(bound);
    // Compared by multiplying out: a quotient would be rounded.
    return count === 0
      ? undefined
      : (bound) => signOf(BigInt(sum) - BigInt(unitsOrNone(bound)) * BigInt(count));
  };
}

function telling(selector: Selector, steps: readonly string[], window: Window): Quantity {
  return (moment) => {
    const series = seriesOf(moment, selector);
    const { after, upTo } = window.span(moment.now, zoneOf(window, moment));
    const seen = new Set<string>();
    for (const { at, value } of pairsOf(series, steps)) if (at > after && at <= upTo) seen.add(value);
    return (bound) => seen.size - bound;
  };
}

export function seriesOf({ history }: Moment, { key }: Selector): Series {
  const series = history.series.get(key);
  if (series === undefined) throw new Error(`nothing was kept for ${key}`);
  return series;
}

/** Visits the places of what the window takes now. */
function scan(series: Series, window: Window, moment: Moment, visit: (index: number) => void): void {
  const { after, upTo } = window.span(moment.now, zoneOf(window, moment));
  const { counted, instants } = series;
  const firstExact = window.isRolling ? (instants.at(-exactInstants) ?? Number.NEGATIVE_INFINITY) : undefined;
  for (let index = counted.length - 1; index >= 0; index -= 1) {
    const at = counted[index]?.at ?? 0;
    const counts = firstExact !== undefined && at < firstExact ? Math.floor(at / hourMs) * hourMs : at;
    if (counts > after && counts <= upTo) visit(index);
    else if (at <= after) return;
  }
}

const utc = zoneNamed("UTC");

function zoneOf(window: Window, moment: Moment): Zone {
  if (window.zone !== null) return moment.zone(window.zone);
  if (utc === undefined) throw new Error("the platform has no UTC");
  return utc;
}

interface Numbers {
  readonly count: number;
  /** In units of 1/10,000. */
  readonly sum: number;
}

function numbersOf(series: Series, steps: readonly string[]): readonly Numbers[] {
  return derived(series, `numbers ${steps.join(".")}`, () =>
    series.counted.map((occurrence) => known(occurrence, steps)),
  );
}

/** The numbers at a path of one event; worked out once. */
const numbersByOccurrence = new WeakMap<Occurrence, Map<string, Numbers>>();

function known(occurrence: Occurrence, steps: readonly string[]): Numbers {
  const byPath = numbersByOccurrence.get(occurrence) ?? new Map<string, Numbers>();
  numbersByOccurrence.set(occurrence, byPath);
  const path = steps.join(".");
  const found = byPath.get(path);
  if (found !== undefined) return found;
  const units = valuesAt(occurrence.properties, steps).flatMap((value) => unitsOf(value) ?? []);
  const numbers = { count: units.length, sum: units.reduce((sum, one) => sum + one, 0) };
  byPath.set(path, numbers);
  return numbers;
}

interface Pair {
  readonly at: number;
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

/** The newest pairs of value and instant; a value twice at one instant is one pair. */
function pairsOf(series: Series, steps: readonly string[]): readonly Pair[] {
  return derived(series, `pairs ${steps.join(".")}`, () => {
    const pairs = new Map<string, Pair>();
    for (const { at, partition, offset, properties } of series.remembered)
      for (const given of valuesAt(properties, steps))
        for (const item of Array.isArray(given) ? given : [given]) {
          const value = tellable(item);
          if (value !== undefined) pairs.set(`${at} ${value}`, { at, partition, offset, value });
        }
    return [...pairs.values()].sort(inOrder).slice(-newestPairs);
  });
}

function inOrder(a: Pair, b: Pair): number {
  return (
    a.at - b.at ||
    a.partition - b.partition ||
    a.offset - b.offset ||
    (a.value < b.value ? -1 : Number(a.value > b.value))
  );
}

/** What two values are told apart by; text is never the same as a number. */
function tellable(value: unknown): string | undefined {
  if (typeof value === "number") {
    const units = unitsOf(value);
    return units === undefined ? undefined : `number ${units}`;
  }
  return typeof value === "string" || typeof value === "boolean" ? `${typeof value} ${value}` : undefined;
}

function derived<Value>(series: Series, key: string, work: () => Value): Value {
  if (!series.derived.has(key)) series.derived.set(key, work());
  return series.derived.get(key) as Value;
}

function unitsOrNone(bound: number): number {
  return unitsOf(bound) ?? Number.NaN;
}

function signOf(difference: bigint): number {
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}
