/**
 * A stored date lies so, against a date or against now. An instant is compared to the millisecond; a date without a
 * time by calendar day in the zone, and so is an instant against a day, by its local day. A date does not hold
 * against a span that is no whole number of days.
 * Edges at t for an instant d: furtherThan d > t + D; withinNext t < d <= t + D; withinLast t - D < d <= t;
 * olderThan d <= t - D. For a day, n = its day minus today: n > k; 0 <= n <= k; 0 <= -n <= k; -n > k.
 */
import { readStoredDate } from "../calendar/stored-date.ts";
import type { ZoneCalendar } from "../calendar/zone.ts";
import type { DateOrInstant, DateTest, Span } from "../definition/definition.ts";
import { type Evaluate, type Evaluation, holdsWithin, never, type ZoneOf } from "./condition.ts";
import type { PathValue } from "./path-value.ts";

export function date(value: PathValue, test: DateTest, zoneOf: ZoneOf): Evaluate {
  return (evaluation) => {
    evaluation.until = never;
    const given = value(evaluation);
    if (given === undefined) return false;
    const zone = zoneOf(evaluation);
    const stored = readStoredDate(given, zone);
    if (stored === undefined) return false;
    if ("date" in test) return compareDates(stored, test.date, test.op, zone);
    return "instant" in stored
      ? instantAgainstNow(evaluation, stored.instant, test.op, test.span.ms)
      : dayAgainstNow(evaluation, stored.day, test.op, test.span, zone);
  };
}

function compareDates(
  stored: DateOrInstant,
  given: DateOrInstant,
  op: "before" | "after" | "on",
  zone: ZoneCalendar,
): boolean {
  const difference =
    "instant" in stored && "instant" in given
      ? stored.instant - given.instant
      : dayOf(stored, zone) - dayOf(given, zone);
  if (op === "on") return difference === 0;
  return op === "before" ? difference < 0 : difference > 0;
}

/** The calendar day of either, in the zone. */
export function dayOf(date: DateOrInstant, zone: ZoneCalendar): number {
  return "day" in date ? date.day : zone.dayAt(date.instant);
}

type Relative = Extract<DateTest, { span: Span }>["op"];

function instantAgainstNow(evaluation: Evaluation, instant: number, op: Relative, ms: number): boolean {
  switch (op) {
    case "furtherThan":
      return holdsWithin(evaluation, -never, instant - ms);
    case "withinNext":
      return holdsWithin(evaluation, instant - ms, instant);
    case "withinLast":
      return holdsWithin(evaluation, instant, instant + ms);
    case "olderThan":
      return holdsWithin(evaluation, instant + ms, never);
  }
}

function dayAgainstNow(
  evaluation: Evaluation,
  day: number,
  op: Relative,
  { days }: Span,
  zone: ZoneCalendar,
): boolean {
  if (days === undefined) return false;
  switch (op) {
    case "furtherThan":
      return holdsWithin(evaluation, -never, zone.startOfDay(day - days));
    case "withinNext":
      return holdsWithin(evaluation, zone.startOfDay(day - days), zone.startOfDay(day + 1));
    case "withinLast":
      return holdsWithin(evaluation, zone.startOfDay(day), zone.startOfDay(day + days + 1));
    case "olderThan":
      return holdsWithin(evaluation, zone.startOfDay(day + days + 1), never);
  }
}
