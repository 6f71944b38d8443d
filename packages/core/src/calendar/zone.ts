/**
 * Local days in an IANA zone, through the runtime's own zone data (Intl). A day begins at the first instant whose
 * local date is that day or later, so a skipped date (Apia, 30 December 2011) has no length, and an hour that is
 * repeated across midnight belongs to the later day once that day has begun.
 */
import { civilDate, dayMs, dayNumber } from "./civil.ts";

export interface ZoneCalendar {
  readonly name: string;
  /** The local day (days since 1970-01-01) at an instant. */
  dayAt(instant: number): number;
  /** The first instant of a local day. */
  startOfDay(day: number): number;
  /** The first instant whose local wall time is that or later; `wall` in ms as if UTC. */
  instantOf(wall: number): number;
}

/** No zone has ever been further from UTC than this (Manila before 1844: 15 h 56 min), in ms. */
export const furthestOffsetMs = 16 * 3_600_000;

/** Days further than this from 1970 (beyond the year 9999) are taken as in UTC. */
const furthestDay = 2_900_000;

const calendars = new Map<string, ZoneCalendar | undefined>();

/** Names come from customers' attributes too, so what is kept of them is bounded. */
const maxCalendars = 2_000;

/** The calendar of a zone; undefined where the runtime does not know it. */
export function zoneCalendar(name: string): ZoneCalendar | undefined {
  if (calendars.has(name)) return calendars.get(name);
  const format = name === "UTC" ? null : zoneFormat(name);
  const calendar =
    format === undefined ? undefined : makeCalendar(name, format === null ? utcYear : yearsOf(format));
  if (calendars.size >= maxCalendars) calendars.clear();
  calendars.set(name, calendar);
  return calendar;
}

/** A year (UTC) of a zone: stretches of one offset. `from` ascending, the first is the year's start. */
interface ZoneYear {
  readonly year: number;
  readonly from: readonly number[];
  readonly offset: readonly number[];
  readonly end: number;
}

function makeCalendar(name: string, yearOf: (year: number) => ZoneYear): ZoneCalendar {
  let recent = yearOf(2026);
  const yearAt = (instant: number): ZoneYear => {
    if (instant >= (recent.from[0] ?? 0) && instant < recent.end) return recent;
    recent = yearOf(civilDate(Math.floor(instant / dayMs)).year);
    return recent;
  };

  const offsetAt = (instant: number): number => {
    const { from, offset } = yearAt(instant);
    let index = from.length - 1;
    while (index > 0 && (from[index] ?? 0) > instant) index -= 1;
    return offset[index] ?? 0;
  };

  const instantOf = (wall: number): number => {
    let at = wall - furthestOffsetMs;
    for (;;) {
      const year = yearAt(at);
      for (let index = 0; index < year.from.length; index += 1) {
        const from = year.from[index] ?? 0;
        const to = year.from[index + 1] ?? year.end;
        if (to <= at) continue;
        const reached = Math.max(from, wall - (year.offset[index] ?? 0));
        if (reached < to) return reached;
      }
      at = year.end;
    }
  };

  const starts = new Map<number, number>();
  const startOfDay = (day: number): number => {
    const known = starts.get(day);
    if (known !== undefined) return known;
    if (!(Math.abs(day) <= furthestDay)) return day * dayMs;
    const start = instantOf(day * dayMs);
    if (starts.size >= 10_000) starts.clear();
    starts.set(day, start);
    return start;
  };

  let lastDay = 0;
  let lastStart = 0;
  let lastEnd = 0;
  return {
    name,
    startOfDay,
    instantOf,
    dayAt(instant) {
      if (instant >= lastStart && instant < lastEnd) return lastDay;
      let day = Math.floor((instant + offsetAt(instant)) / dayMs);
      while (startOfDay(day + 1) <= instant) day += 1;
      lastDay = day;
      lastStart = startOfDay(day);
      lastEnd = startOfDay(day + 1);
      return day;
    },
  };
}

function utcYear(year: number): ZoneYear {
  return {
    year,
    from: [dayNumber(year, 1, 1) * dayMs],
    offset: [0],
    end: dayNumber(year + 1, 1, 1) * dayMs,
  };
}

function yearsOf(format: Intl.DateTimeFormat): (year: number) => ZoneYear {
  const years = new Map<number, ZoneYear>();
  return (year) => {
    const known = years.get(year);
    if (known) return known;
    const made = year < 1 || year > 9999 ? utcYear(year) : zoneYear(format, year);
    years.set(year, made);
    return made;
  };
}

/** Looks at every day of the year and, where the offset differs, for the instant at which it does. */
function zoneYear(format: Intl.DateTimeFormat, year: number): ZoneYear {
  const start = dayNumber(year, 1, 1) * dayMs;
  const end = dayNumber(year + 1, 1, 1) * dayMs;
  const from = [start];
  const offset = [offsetOf(format, start)];
  let before = offset[0] ?? 0;
  for (let at = start; at < end; at += dayMs) {
    const next = Math.min(at + dayMs, end - 1000);
    const after = offsetOf(format, next);
    if (after === before) continue;
    let low = at;
    let high = next;
    // Zones change on a whole second.
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000;
      if (offsetOf(format, middle) === before) low = middle;
      else high = middle;
    }
    from.push(high);
    offset.push(after);
    before = after;
  }
  return { year, from, offset, end };
}

function zoneFormat(name: string): Intl.DateTimeFormat | undefined {
  // Some runtimes take offsets (+05:07) for zones; they are in no list, and need not be whole quarters of an hour.
  if (/^[+-]/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  } catch {
    return undefined;
  }
}

const wallPattern = /^(\d+)\/(\d+)\/(\d+) (\w)\D*?(\d+):(\d+):(\d+)$/;

/** Offset from UTC in ms at an instant on a whole second. */
function offsetOf(format: Intl.DateTimeFormat, instant: number): number {
  const match = wallPattern.exec(format.format(instant));
  if (!match) return 0;
  const year = match[4] === "B" ? 1 - Number(match[3]) : Number(match[3]);
  const day = dayNumber(year, Number(match[1]), Number(match[2]));
  const seconds = (Number(match[5]) * 60 + Number(match[6])) * 60 + Number(match[7]);
  return day * dayMs + seconds * 1000 - instant;
}
