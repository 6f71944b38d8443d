/**
 * The language's meaning in UTC, written as plainly as can be and sharing nothing with the engine: every answer is a
 * scan over all events with the platform's own `Date`.
 */
import type { Aggregate, Condition, NumberComparison, Window } from "../../src/definition/definition.ts";

export interface PlainEvent {
  readonly name: string;
  readonly at: number;
  readonly total?: number;
  readonly item?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

export type Segments = ReadonlyMap<string, Condition>;

const dayMs = 86_400_000;

export function holdsNaively(
  condition: Condition,
  history: readonly PlainEvent[],
  t: number,
  segments: Segments,
): boolean {
  const events = history.filter(({ at }) => at <= t);
  const inner = (child: Condition): boolean => holdsNaively(child, history, t, segments);
  switch (condition.op) {
    case "all":
      return condition.of.every(inner);
    case "any":
      return condition.of.some(inner);
    case "not":
      return !inner(condition.of);
    case "segment":
      return inner(segments.get(condition.segment)!);
    case "aggregate": {
      const value = aggregate(condition.aggregate, events, t);
      return value === undefined
        ? condition.compare.op === "isNot" || condition.compare.op === "notIn"
        : compares(condition.compare, value);
    }
    case "since": {
      const found = events.filter(({ name }) => name === condition.of.event).map(({ at }) => at);
      if (found.length === 0) return false;
      const at = condition.edge === "first" ? Math.min(...found) : Math.max(...found);
      return compares(condition.compare, t - at);
    }
    case "attribute": {
      const value = attributeOf(condition.path.from === "attribute" ? condition.path.path[0]! : "", events);
      return typeof value === "number" && compares(condition.compare as NumberComparison, value);
    }
    case "date": {
      const value = attributeOf(condition.path.from === "attribute" ? condition.path.path[0]! : "", events);
      if (typeof value !== "string" || "date" in condition.test) return false;
      const { op, span } = condition.test;
      if (value.length > 10) {
        const d = Date.parse(value);
        const D = span.ms;
        if (op === "furtherThan") return d > t + D;
        if (op === "withinNext") return t < d && d <= t + D;
        return op === "withinLast" ? t - D < d && d <= t : d <= t - D;
      }
      const n = Math.round((Date.parse(value) - Math.floor(t / dayMs) * dayMs) / dayMs);
      const k = span.days!;
      if (op === "furtherThan") return n > k;
      if (op === "withinNext") return n >= 0 && n <= k;
      return op === "withinLast" ? -n >= 0 && -n <= k : -n > k;
    }
    case "age": {
      const value = attributeOf("birth", events);
      if (typeof value !== "string") return false;
      const birth = new Date(value);
      const today = new Date(Math.floor(t / dayMs) * dayMs);
      if (today < birth) return false;
      let years = 0;
      while (returnOf(birth, years + 1) <= today.getTime()) years += 1;
      return compares(condition.compare, years);
    }
    case "anniversary": {
      const value = attributeOf("birth", events);
      if (typeof value !== "string") return false;
      const today = Math.floor(t / dayMs) * dayMs;
      const years = condition.years ?? Array.from({ length: 130 }, (_, index) => index + 1);
      return years.some((year) => {
        const days = (returnOf(new Date(value), year) - today) / dayMs;
        const ahead = condition.direction === "next" ? days : -days;
        return ahead >= 0 && ahead <= condition.days;
      });
    }
    case "rhythm":
      return rhythm(condition, events, t);
    default:
      throw new Error(condition.op);
  }
}

/** The day (as UTC midnight) on which a date returns after so many years; 29 February as the 28th. */
function returnOf(date: Date, years: number): number {
  const [year, month] = [date.getUTCFullYear() + years, date.getUTCMonth()];
  const at = Date.UTC(year, month, date.getUTCDate());
  return new Date(at).getUTCMonth() === month ? at : Date.UTC(year, 1, 28);
}

function attributeOf(name: string, events: readonly PlainEvent[]): unknown {
  let found: { at: number; value: unknown } | undefined;
  for (const { at, attributes } of events) {
    if (attributes && name in attributes && (found === undefined || at >= found.at))
      found = { at, value: attributes[name] };
  }
  return found?.value ?? undefined;
}

function aggregate(of: Aggregate, events: readonly PlainEvent[], t: number): number | undefined {
  const inside = events.filter(({ name, at }) => name === of.of.event && isInside(of.during, at, t));
  if (of.function === "count") return inside.length;
  if (of.function === "distinct")
    return new Set(inside.flatMap(({ item }) => (item === undefined ? [] : [item]))).size;
  const totals = inside.flatMap(({ total }) => (total === undefined ? [] : [Math.round(total * 100)]));
  const sum = totals.reduce((left, right) => left + right, 0);
  if (of.function === "sum") return sum / 100;
  return totals.length === 0 ? undefined : sum / 100 / totals.length;
}

export function startOf(period: string, t: number, back = 0): number {
  const date = new Date(t);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (period === "day") return Date.UTC(year, month, day - back);
  if (period === "week") return Date.UTC(year, month, day - ((date.getUTCDay() + 6) % 7) - 7 * back);
  if (period === "month") return Date.UTC(year, month - back, 1);
  if (period === "quarter") return Date.UTC(year, Math.floor(month / 3) * 3 - 3 * back, 1);
  return Date.UTC(year - back, 0, 1);
}

function isInside(during: Window, at: number, t: number): boolean {
  switch (during.type) {
    case "all":
      return true;
    case "rolling":
      return at > t - during.lastMs && at <= t - during.endingBeforeMs;
    case "fixed": {
      const edge = (given: { day: number } | { instant: number }): number =>
        "day" in given ? given.day * dayMs : given.instant;
      return at >= edge(during.from) && (during.to === null || at < edge(during.to));
    }
    case "calendar": {
      const { period, which } = during;
      const from = startOf(period, t, which === "this" ? 0 : 1);
      const to = which === "this" ? Number.POSITIVE_INFINITY : startOf(period, t);
      return at >= from && at < to;
    }
  }
}

function rhythm(
  { state, of, every, times }: Extract<Condition, { op: "rhythm" }>,
  events: readonly PlainEvent[],
  t: number,
): boolean {
  const came = (back: number): boolean => {
    const [from, to] = [
      startOf(every, t, back),
      back === 0 ? Number.POSITIVE_INFINITY : startOf(every, t, back - 1),
    ];
    return events.some(({ name, at }) => name === of.event && at >= from && at < to);
  };
  const run = (back: number): boolean =>
    Array.from({ length: times }, (_, index) => came(back + index)).every((each) => each);
  const missedFrom = (back: number): number => {
    let missed = 0;
    while (missed < 500 && !came(back + missed)) missed += 1;
    return missed;
  };
  if (state === "regular") return run(came(0) ? 0 : 1);
  const missed = missedFrom(1);
  if (state === "stopped") return !came(0) && missed >= 1 && missed < times && run(1 + missed);
  return came(0) && missed >= 1 && missed < 500 && run(1 + missed);
}

function compares(compare: NumberComparison, value: number): boolean {
  switch (compare.op) {
    case "is":
      return value === compare.value;
    case "isNot":
      return value !== compare.value;
    case "in":
      return compare.values.includes(value);
    case "notIn":
      return !compare.values.includes(value);
    case "above":
      return value > compare.value;
    case "atLeast":
      return value >= compare.value;
    case "below":
      return value < compare.value;
    case "atMost":
      return value <= compare.value;
    case "between":
      return value >= compare.from && value <= compare.to;
  }
}
