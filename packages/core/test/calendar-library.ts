/**
 * The calendar of a zone by temporal-polyfill, which finds its own way through the runtime's zone data, and what
 * `language.md` adds to it: the day of an instant is the last one that has begun.
 */
import { Temporal } from "temporal-polyfill";
import type { CalendarPeriod } from "../src/definition/definition.ts";

export const firstYear = 1970;
export const lastYear = 2100;
export const periods = ["day", "week", "month", "quarter", "year"] as const;

const dayMs = 86_400_000;

export interface LibraryCalendar {
  startOfDay(day: number): number;
  /** What a clock on the wall shows, in ms as if UTC. */
  wallAt(instant: number): number;
  /** The last day that has begun: later than the date on the wall in an hour repeated across midnight. */
  dayAt(instant: number): number;
  /** The first instant at which a clock shows that or later. */
  instantOf(wall: number): number;
  /** Instants at which the offset changes, in order. */
  transitions(): number[];
}

export function libraryCalendar(zone: string): LibraryCalendar {
  const at = (instant: number) => Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone);

  const starts = new Map<number, number>();
  const startOfDay = (day: number): number => {
    const known = starts.get(day);
    if (known !== undefined) return known;
    const start = plainDate(day).toZonedDateTime(zone).epochMilliseconds;
    starts.set(day, start);
    return start;
  };

  const wallAt = (instant: number): number => instant + at(instant).offsetNanoseconds / 1_000_000;

  return {
    startOfDay,
    wallAt,
    dayAt(instant) {
      let day = Math.floor(wallAt(instant) / dayMs);
      while (startOfDay(day + 1) <= instant) day += 1;
      return day;
    },
    instantOf(wall) {
      const time = wallTime(wall);
      const earlier = time.toZonedDateTime(zone, { disambiguation: "earlier" });
      if (earlier.toPlainDateTime().equals(time)) return earlier.epochMilliseconds;
      // No clock ever showed it: the first that shows a later time does so where the clocks were put forward.
      return earlier.getTimeZoneTransition("next")!.epochMilliseconds;
    },
    transitions() {
      const found: number[] = [];
      const end = Date.UTC(lastYear + 1, 0, 1);
      let instant = Date.UTC(firstYear, 0, 1) - 1;
      while (instant < end) {
        const next = at(instant).getTimeZoneTransition("next");
        if (next !== null && next.epochMilliseconds < end) found.push(next.epochMilliseconds);
        // Where there is none, the library has looked at three years.
        instant = next?.epochMilliseconds ?? instant + 3 * 365 * dayMs;
      }
      return found;
    },
  };
}

const periodStarts = new Map<number, number>();

/** The first day of the period so many after the one that a day is in. */
export function libraryPeriodStart(day: number, period: CalendarPeriod, later: number): number {
  const key = (day * periods.length + periods.indexOf(period)) * 16 + later + 8;
  const known = periodStarts.get(key);
  if (known !== undefined) return known;
  const start = findPeriodStart(plainDate(day), period, later);
  periodStarts.set(key, start);
  return start;
}

function findPeriodStart(date: Temporal.PlainDate, period: CalendarPeriod, later: number): number {
  switch (period) {
    case "day":
      return dayOf(date.add({ days: later }));
    case "week":
      return dayOf(date.subtract({ days: date.dayOfWeek - 1 }).add({ weeks: later }));
    case "month":
      return dayOf(date.with({ day: 1 }).add({ months: later }));
    case "quarter":
      return dayOf(
        date.with({ day: 1, month: date.month - ((date.month - 1) % 3) }).add({ months: 3 * later }),
      );
    case "year":
      return dayOf(date.with({ day: 1, month: 1 }).add({ years: later }));
  }
}

/** By the platform's own dates, so that nothing of ours takes part. */
export function plainDate(day: number): Temporal.PlainDate {
  const date = new Date(day * dayMs);
  return new Temporal.PlainDate(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
}

export function dayOf({ year, month, day }: Temporal.PlainDate): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / dayMs;
}

function wallTime(wall: number): Temporal.PlainDateTime {
  const day = Math.floor(wall / dayMs);
  return plainDate(day)
    .toPlainDateTime()
    .add({ milliseconds: wall - day * dayMs });
}
