/**
 * Every instant at which, with no further event, anything could change: more than there are rather than fewer. From
 * the instants that are known (of events, of stored dates), the durations that the definitions name, the days of the
 * zones, and the steps of engagement at which a comparison flips; moved by what latches delay and `lapsing` foresees.
 */
import type { Condition, Definition } from "../../../src/definition/definition.ts";
import { dayMs, hourMs, localDay, startOfDay, zoneNames } from "./calendar.ts";
import { readDate } from "./date.ts";
import { engagementFlips } from "./engagement-flips.ts";
import { type Knowledge, workedOut } from "./knowledge.ts";
import { conditionsOf, namedBy } from "./references.ts";
import { definitionOf, isLatch, type Latches, type NaivePlan, stayOf } from "./scene.ts";
import { isObject } from "./value.ts";

/** The first after `t`; infinite where there is none before the horizon. */
export function nextCandidate(plan: NaivePlan, known: Knowledge, t: number, latches: Latches): number {
  const all = workedOut(known, "candidates", () => candidates(plan, known));
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle]! <= t) low = middle + 1;
    else high = middle;
  }
  let next = all[low] ?? Number.POSITIVE_INFINITY;
  for (const [id, since] of latches) {
    const released = since + stayOf(definitionOf(plan, "segment", id));
    for (const offset of offsetsOf(plan)) if (released + offset > t) next = Math.min(next, released + offset);
  }
  return next;
}

function candidates(plan: NaivePlan, known: Knowledge): number[] {
  const offsets = offsetsOf(plan);
  // `lapsing` looks beyond the horizon.
  const furthest = plan.horizon - Math.min(...offsets);
  const latest = known.events.reduce((last, { occurredAt }) => Math.max(last, occurredAt), 0);
  const base = new Set<number>(instantsWithDurations(plan, known));
  if (plan.definitions.some(hasCalendar)) {
    for (const zone of zonesOf(plan, known)) {
      const first = localDay(zone, latest - Math.max(...offsets));
      for (let day = first; startOfDay(zone, day) <= furthest; day += 1) base.add(startOfDay(zone, day));
    }
  }
  for (const flip of flips(plan, known, latest)) base.add(flip);
  const found = new Set<number>();
  for (const offset of offsets) for (const at of base) found.add(at + offset);
  return [...found].filter((at) => at <= furthest).sort((a, b) => a - b);
}

function flips(plan: NaivePlan, known: Knowledge, from: number): number[] {
  const conditions = plan.definitions.flatMap(conditionsOf);
  const to = plan.horizon - Math.min(...offsetsOf(plan));
  return plan.definitions.flatMap((definition) => {
    if (definition.kind !== "engagement") return [];
    const comparisons = conditions.flatMap((condition) =>
      condition.op === "engagement" && condition.engagement === definition.id ? [condition.compare] : [],
    );
    return engagementFlips(definition, comparisons, known, from, to);
  });
}

function instantsWithDurations(plan: NaivePlan, known: Knowledge): number[] {
  const durations = workedOutOf(plan, "durations", () => [
    ...new Set(plan.definitions.flatMap((definition) => durationsOf(definition, plan))),
  ]);
  const found: number[] = [];
  const events = new Set(known.events.map(({ occurredAt }) => occurredAt));
  for (const { at } of known.occurrences) {
    events.add(at);
    // Older instants of many are taken at the start of their hour.
    if (known.occurrences.length > 256) events.add(Math.floor(at / hourMs) * hourMs);
  }
  for (const at of events) for (const duration of durations) found.push(at + duration);
  for (const at of storedInstants(plan, known))
    for (const duration of durations) found.push(at + duration, at - duration);
  return found;
}

/** Instants among the attributes and properties, as each zone reads them. */
function storedInstants(plan: NaivePlan, known: Knowledge): Set<number> {
  const found = new Set<number>();
  const zones = zonesOf(plan, known);
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isObject(value)) for (const inner of Object.values(value)) visit(inner);
    else {
      if (typeof value === "number" && value < dayMs) return;
      for (const zone of zones) {
        const date = readDate(value, zone);
        if (date !== undefined && "instant" in date) found.add(date.instant);
      }
    }
  };
  visit(known.attributes);
  for (const { properties } of known.occurrences) visit(properties);
  return found;
}

function zonesOf(plan: NaivePlan, { attributes }: Knowledge): Set<string> {
  const named = plan.definitions.flatMap((definition) =>
    "zone" in definition && typeof definition.zone === "object" ? [definition.zone.name] : [],
  );
  const own = zoneNames.filter((name) => name === attributes.zone);
  return new Set([plan.zone, ...named, ...own]);
}

const byPlan = new WeakMap<NaivePlan, Map<string, unknown>>();

function workedOutOf<Value>(plan: NaivePlan, name: string, work: () => Value): Value {
  const all = byPlan.get(plan) ?? new Map<string, unknown>();
  byPlan.set(plan, all);
  const value = all.has(name) ? (all.get(name) as Value) : work();
  all.set(name, value);
  return value;
}

/** Durations after (or, for stored dates, before) an instant at which something may change. */
function durationsOf(definition: Definition, plan: NaivePlan): number[] {
  const found = [0];
  switch (definition.kind) {
    case "metric":
      found.push(...edgesOf(definition.aggregate.during));
      break;
    case "scoring":
      for (const [part, { value, cuts }] of Object.entries(definition.parts)) {
        if (value.type !== "since") continue;
        if (cuts.type === "thresholds") found.push(...cuts.bounds);
        const given = plan.scoreCuts(definition.id, part as keyof typeof definition.parts) ?? [];
        if (cuts.type === "quantiles") found.push(...given.map((cut) => Math.floor(cut / 10) + 1));
      }
      break;
    default:
  }
  for (const condition of conditionsOf(definition)) found.push(...ownDurations(condition));
  return found;
}

function edgesOf(during: { readonly type: string }): number[] {
  const window = during as { readonly lastMs?: number; readonly endingBeforeMs?: number };
  return [window.lastMs ?? 0, window.endingBeforeMs ?? 0];
}

function ownDurations(condition: Condition): number[] {
  switch (condition.op) {
    case "aggregate":
      return edgesOf(condition.aggregate.during);
    case "sequence":
      return edgesOf(condition.during);
    case "did":
      return [condition.forMs, condition.forgetMs ?? 0];
    case "date":
      return "span" in condition.test ? [condition.test.span.ms] : [];
    case "since": {
      const { compare } = condition;
      const bounds =
        "from" in compare
          ? [compare.from, compare.to]
          : "values" in compare
            ? compare.values
            : [compare.value];
      return bounds.flatMap((bound) => [Number(bound), Number(bound) + 1]);
    }
    default:
      return [];
  }
}

function hasCalendar(definition: Definition): boolean {
  if (definition.kind === "metric") return definition.aggregate.during.type === "calendar";
  return conditionsOf(definition).some((condition) => {
    if (condition.op === "aggregate") return condition.aggregate.during.type === "calendar";
    if (condition.op === "sequence") return condition.during.type === "calendar";
    return ["date", "age", "anniversary", "rhythm"].includes(condition.op);
  });
}

/** How far a change may lie from what brings it about: a latch keeps on, `lapsing` foresees. */
function offsetsOf(plan: NaivePlan): readonly number[] {
  return workedOutOf(plan, "offsets", () => {
    const known = new Map<string, Set<number>>();
    const visit = (definition: Definition): Set<number> => {
      const name = `${definition.kind}/${definition.id}`;
      const before = known.get(name);
      if (before !== undefined) return before;
      const offsets = new Set([0]);
      for (const { condition, definition: other } of namedBy(plan, definition)) {
        for (const offset of visit(other)) {
          offsets.add(offset);
          if (condition.op === "lapsing") offsets.add(offset - condition.withinMs);
        }
      }
      if (isLatch(definition)) for (const offset of [...offsets]) offsets.add(offset + stayOf(definition));
      known.set(name, offsets);
      return offsets;
    };
    return [...new Set(plan.definitions.flatMap((definition) => [...visit(definition)]))];
  });
}
