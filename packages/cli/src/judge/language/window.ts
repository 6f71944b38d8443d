/** `during`: which instants a window takes at t. */
import { dayMs, type Period, periodAfter, periodStart } from "./calendar.ts";
import { durationOf, type Json, listOf, objectOf, onlyKeys, textOf, Uninterpretable } from "./json.ts";
import { dateOf } from "./values.ts";
import type { Scope, ZoneChoice } from "./watch.ts";
import { type Zone, zoneNamed } from "./zone.ts";

interface Span {
  /** Takes from < at <= to. */
  readonly after: number;
  readonly upTo: number;
}

export interface Window {
  readonly key: string;
  readonly isRolling: boolean;
  /** Null where no zone matters. */
  readonly zone: ZoneChoice | null;
  readonly span: (now: number, zone: Zone) => Span;
  /** Instants at which something that happened at `at` comes in or goes out. */
  readonly turns: (at: number, scope: Scope) => readonly number[];
}

const hourMs = 3_600_000;
const always: Span = { after: Number.NEGATIVE_INFINITY, upTo: Number.POSITIVE_INFINITY };

/** How many periods after an event what a calendar window holds can still change; two, and room for skipped dates. */
const periodsLookedAt = 4;

export function windowOf(value: unknown, zone: ZoneChoice): Window {
  if (value === undefined)
    return { key: "all", isRolling: false, zone: null, span: () => always, turns: () => [] };
  const json = objectOf(value, "during");
  const key = JSON.stringify(json);
  if (Object.hasOwn(json, "last")) return rolling(json, key);
  if (Object.hasOwn(json, "this")) return calendar(json, "this", key, zone);
  if (Object.hasOwn(json, "previous")) return calendar(json, "previous", key, zone);
  if (Object.hasOwn(json, "since") || Object.hasOwn(json, "between")) return fixed(json, key, zone);
  throw new Uninterpretable(`during has no known form: ${key}`);
}

function rolling(json: Json, key: string): Window {
  onlyKeys(json, ["last", "endingBefore"], "during");
  const last = durationOf(json.last, "last");
  const ending = json.endingBefore === undefined ? 0 : durationOf(json.endingBefore, "endingBefore");
  return {
    key,
    isRolling: true,
    zone: null,
    span: (now) => ({ after: now - last, upTo: now - ending }),
    turns: (at, { hasHours }) => {
      const counted = hasHours ? [at, Math.floor(at / hourMs) * hourMs] : [at];
      return counted.flatMap((instant) => [instant + ending, instant + last]);
    },
  };
}

function calendar(json: Json, which: "this" | "previous", key: string, zone: ZoneChoice): Window {
  onlyKeys(json, [which], "during");
  const period = periodOf(json[which]);
  return {
    key,
    isRolling: false,
    zone,
    span: (now, local) => {
      const start = periodStart(period, local.dayAt(now));
      const first = which === "this" ? start : periodAfter(period, start, -1);
      return {
        after: local.startOfDay(first) - 1,
        upTo: local.startOfDay(periodAfter(period, first)) - 1,
      };
    },
    turns: (at, scope) => periodStarts(period, at, scope, periodsLookedAt),
  };
}

/** Where the next periods begin after the one that an instant is in. */
export function periodStarts(
  period: Period,
  at: number,
  { zone }: Pick<Scope, "zone">,
  periods: number,
): number[] {
  const day = zone.dayAt(at);
  return Array.from({ length: periods }, (_, index) => zone.startOfDay(periodAfter(period, day, index + 1)));
}

export function periodOf(value: unknown): Period {
  const found = (["day", "week", "month", "quarter", "year"] as const).find((period) => period === value);
  if (found === undefined) throw new Uninterpretable(`no calendar period: ${JSON.stringify(value)}`);
  return found;
}

/** `since` a moment, or `between` two of which both are in: the last day to its end, an instant to its millisecond. */
function fixed(json: Json, key: string, zone: ZoneChoice): Window {
  onlyKeys(json, ["since", "between"], "during");
  const [from, to] = Object.hasOwn(json, "since") ? [json.since] : listOf(json.between, "between");
  return {
    key,
    isRolling: false,
    zone,
    span: (_, local) => ({
      after: edge(from, local, 0) - 1,
      upTo: to === undefined ? Number.POSITIVE_INFINITY : edge(to, local, 1) - 1,
    }),
    turns: () => [],
  };
}

/** The first instant of a date (or of the day after) or the instant itself (or the millisecond after). */
function edge(value: unknown, zone: Zone, after: 0 | 1): number {
  const moment = momentOf(value);
  return "day" in moment ? zone.startOfDay(moment.day + after) : moment.instant + after;
}

/** A date or an instant as a definition writes it. */
export function momentOf(value: unknown): { readonly day: number } | { readonly instant: number } {
  const utc = zoneNamed("UTC");
  const moment = utc && dateOf(textOf(value, "the date"), utc);
  if (moment === undefined) throw new Uninterpretable(`no date: ${JSON.stringify(value)}`);
  return moment;
}

/** Days of a duration; undefined where it is no whole number of days. */
export function wholeDays(ms: number): number | undefined {
  return ms % dayMs === 0 ? ms / dayMs : undefined;
}
