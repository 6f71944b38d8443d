/** `date`, `age` and `anniversary`. Instants go by the millisecond, days by the calendar of the zone. */
import { civil, returnOf } from "./calendar.ts";
import { numberComparators, quantityTest } from "./comparators.ts";
import { durationOf, type Json, listOf, numberOf, onlyKeys, Uninterpretable } from "./json.ts";
import type { Holds } from "./moment.ts";
import { pathOf } from "./path.ts";
import { dateOf, dayOf } from "./values.ts";
import type { Scope, Watcher, ZoneChoice } from "./watch.ts";
import { momentOf, wholeDays } from "./window.ts";

const againstDate = ["before", "after", "on"] as const;
const againstNow = ["withinNext", "withinLast", "olderThan", "furtherThan"] as const;

export function dateCondition(json: Json, zone: ZoneChoice, watcher: Watcher): Holds {
  onlyKeys(json, ["date", ...againstDate, ...againstNow], "the date");
  const op = [...againstDate, ...againstNow].find((name) => Object.hasOwn(json, name));
  const path = pathOf(json.date, watcher);
  switch (op) {
    case undefined:
      throw new Uninterpretable("a date without a test");
    case "before":
    case "after":
    case "on": {
      const given = momentOf(json[op]);
      return (moment) => {
        const local = moment.zone(zone);
        const stored = dateOf(path.value(moment), local);
        if (stored === undefined) return false;
        const difference =
          "instant" in stored && "instant" in given
            ? stored.instant - given.instant
            : dayOf(stored, local) - dayOf(given, local);
        return op === "before" ? difference < 0 : op === "after" ? difference > 0 : difference === 0;
      };
    }
    default: {
      const span = durationOf(json[op], op);
      path.watch(`${op} ${span}`, zone, (value, scope) => dateTurns(value, span, scope));
      return (moment) => {
        const local = moment.zone(zone);
        const stored = dateOf(path.value(moment), local);
        if (stored === undefined) return false;
        if ("instant" in stored) return instantLies(op, stored.instant, moment.now, span);
        const days = wholeDays(span);
        return days !== undefined && dayLies(op, stored.day - local.dayAt(moment.now), days);
      };
    }
  }
}

type AgainstNow = (typeof againstNow)[number];

function instantLies(op: AgainstNow, d: number, t: number, span: number): boolean {
  switch (op) {
    case "furtherThan":
      return d > t + span;
    case "withinNext":
      return t < d && d <= t + span;
    case "withinLast":
      return t - span < d && d <= t;
    case "olderThan":
      return d <= t - span;
  }
}

/** `n`: the stored day minus today. */
function dayLies(op: AgainstNow, n: number, k: number): boolean {
  switch (op) {
    case "furtherThan":
      return n > k;
    case "withinNext":
      return 0 <= n && n <= k;
    case "withinLast":
      return 0 <= -n && -n <= k;
    case "olderThan":
      return -n > k;
  }
}

function dateTurns(value: unknown, span: number, { zone }: Scope): readonly number[] {
  const stored = dateOf(value, zone);
  if (stored === undefined) return [];
  if ("instant" in stored) return [stored.instant - span, stored.instant, stored.instant + span];
  const days = wholeDays(span) ?? 0;
  const { day } = stored;
  return [day - days, day, day + 1, day + days + 1].map((edge) => zone.startOfDay(edge));
}

export function ageCondition(json: Json, zone: ZoneChoice, watcher: Watcher): Holds {
  onlyKeys(json, ["age", "leapDay", ...numberComparators], "the age");
  const leapDay = leapDayOf(json);
  const path = pathOf(json.age, watcher);
  const { holds } = quantityTest(json, (value) => numberOf(value, "years"));
  path.watch(`returns ${leapDay} 0 0`, zone, (value, scope) => returnTurns(value, 0, 0, leapDay, scope));
  return (moment) => {
    const local = moment.zone(zone);
    const stored = dateOf(path.value(moment), local);
    if (stored === undefined) return holds(undefined);
    const birth = civil(dayOf(stored, local));
    const today = local.dayAt(moment.now);
    let years = civil(today).year - birth.year;
    if (returnOf(birth, years, leapDay) > today) years -= 1;
    // A date to come has no age yet.
    return holds(years < 0 ? undefined : (bound) => years - bound);
  };
}

export function anniversaryCondition(json: Json, zone: ZoneChoice, watcher: Watcher): Holds {
  onlyKeys(json, ["anniversary", "today", "withinNext", "withinLast", "years", "leapDay"], "the anniversary");
  const leapDay = leapDayOf(json);
  const path = pathOf(json.anniversary, watcher);
  const [ahead, behind] = [daysOf(json.withinNext), daysOf(json.withinLast)];
  const years = json.years === undefined ? null : new Set(listOf(json.years, "years"));
  path.watch(`returns ${leapDay} ${ahead} ${behind}`, zone, (value, scope) =>
    returnTurns(value, ahead, behind, leapDay, scope),
  );
  return (moment) => {
    const local = moment.zone(zone);
    const stored = dateOf(path.value(moment), local);
    if (stored === undefined) return false;
    const date = civil(dayOf(stored, local));
    const today = local.dayAt(moment.now);
    // Every return whose day lies between today less `behind` and today plus `ahead`; the date itself is none.
    const first = Math.max(1, civil(today - behind).year - date.year);
    const last = civil(today + ahead).year - date.year;
    for (let year = first; year <= last; year += 1) {
      if (years !== null && !years.has(year)) continue;
      const day = returnOf(date, year, leapDay);
      if (day >= today - behind && day <= today + ahead) return true;
    }
    return false;
  };
}

/** Where days begin on which a yearly return comes, passes, or comes so near. */
function returnTurns(
  value: unknown,
  ahead: number,
  behind: number,
  leapDay: string,
  { zone, from, until }: Scope,
): readonly number[] {
  const stored = dateOf(value, zone);
  if (stored === undefined) return [];
  const date = civil(dayOf(stored, zone));
  const first = civil(zone.dayAt(from) - behind - 1).year - date.year;
  const last = civil(zone.dayAt(until) + ahead + 1).year - date.year;
  const turns: number[] = [];
  for (let year = Math.max(0, first); year <= last; year += 1) {
    const day = returnOf(date, year, leapDay);
    for (const edge of [day - ahead, day, day + 1, day + behind + 1]) turns.push(zone.startOfDay(edge));
  }
  return turns;
}

function daysOf(value: unknown): number {
  if (value === undefined) return 0;
  const days = wholeDays(durationOf(value, "the days"));
  if (days === undefined) throw new Uninterpretable(`no whole number of days: ${JSON.stringify(value)}`);
  return days;
}

function leapDayOf(json: Json): string {
  return typeof json.leapDay === "string" ? json.leapDay : "february-28";
}
