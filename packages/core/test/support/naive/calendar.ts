/**
 * Days and periods of a few zones, from their published rules, with the platform's `Date` in UTC only. Berlin is right
 * from 1996 on, New York from 2007 on; both begin and end summer time on a Sunday, never at midnight.
 */
import type { CalendarPeriod } from "../../../src/definition/definition.ts";

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** Offsets from UTC in ms: the usual one and that of summer, and in UTC when summer begins and ends in a year. */
interface ZoneRule {
  readonly usual: number;
  readonly summer?: {
    readonly offset: number;
    readonly begins: (year: number) => number;
    readonly ends: (year: number) => number;
  };
}

const rules: Readonly<Record<string, ZoneRule>> = {
  UTC: { usual: 0 },
  "Etc/GMT+12": { usual: -12 * hourMs },
  "Pacific/Kiritimati": { usual: 14 * hourMs },
  "Asia/Kathmandu": { usual: 5.75 * hourMs },
  "Europe/Berlin": {
    usual: hourMs,
    summer: {
      offset: 2 * hourMs,
      begins: (year) => lastSunday(year, 3) + hourMs,
      ends: (year) => lastSunday(year, 10) + hourMs,
    },
  },
  "America/New_York": {
    usual: -5 * hourMs,
    summer: {
      offset: -4 * hourMs,
      begins: (year) => firstSunday(year, 3) + 7 * dayMs + 7 * hourMs,
      ends: (year) => firstSunday(year, 11) + 6 * hourMs,
    },
  },
};

export const zoneNames = Object.keys(rules);

export function isZone(name: unknown): name is string {
  return typeof name === "string" && Object.hasOwn(rules, name);
}

/** Midnight UTC of the first Sunday of a month (1 to 12). */
function firstSunday(year: number, month: number): number {
  const first = Date.UTC(year, month - 1, 1);
  return first + ((7 - new Date(first).getUTCDay()) % 7) * dayMs;
}

function lastSunday(year: number, month: number): number {
  const last = Date.UTC(year, month, 0);
  return last - new Date(last).getUTCDay() * dayMs;
}

function offsetAt(zone: string, t: number): number {
  const { usual, summer } = rules[zone]!;
  if (summer === undefined) return usual;
  const [begins, ends] = summerOf(zone, summer, new Date(t).getUTCFullYear());
  return t >= begins && t < ends ? summer.offset : usual;
}

const summers = new Map<string, readonly [number, number]>();

function summerOf(zone: string, { begins, ends }: NonNullable<ZoneRule["summer"]>, year: number) {
  const name = `${zone} ${year}`;
  const known = summers.get(name) ?? ([begins(year), ends(year)] as const);
  summers.set(name, known);
  return known;
}

/** Days since 1970-01-01 of the local date. */
export function localDay(zone: string, t: number): number {
  return Math.floor((t + offsetAt(zone, t)) / dayMs);
}

/** The first instant whose local wall time (in ms as if UTC) is that or later. */
export function instantOf(zone: string, wall: number): number {
  const { usual, summer } = rules[zone]!;
  const offsets = [summer?.offset ?? usual, usual];
  for (const offset of offsets) if (offsetAt(zone, wall - offset) === offset) return wall - offset;
  // Skipped: the clocks go forward on a whole minute.
  let minute = Math.floor((wall - offsets[0]!) / 60_000) * 60_000;
  while (minute + offsetAt(zone, minute) < wall) minute += 60_000;
  return minute;
}

export function startOfDay(zone: string, day: number): number {
  return instantOf(zone, day * dayMs);
}

const starts = new Map<string, number>();

/** The first instant of the period that t is in, or of one before it. Weeks begin on Monday. */
export function startOfPeriod(zone: string, period: CalendarPeriod, t: number, back = 0): number {
  const today = localDay(zone, t);
  const name = `${zone} ${period} ${today} ${back}`;
  const start = starts.get(name) ?? startOfDay(zone, firstDay(period, new Date(today * dayMs), back));
  starts.set(name, start);
  return start;
}

function firstDay(period: CalendarPeriod, date: Date, back: number): number {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const first: Record<CalendarPeriod, () => number> = {
    day: () => Date.UTC(year, month, day - back),
    week: () => Date.UTC(year, month, day - ((date.getUTCDay() + 6) % 7) - 7 * back),
    month: () => Date.UTC(year, month - back, 1),
    quarter: () => Date.UTC(year, Math.floor(month / 3) * 3 - 3 * back, 1),
    year: () => Date.UTC(year - back, 0, 1),
  };
  return first[period]() / dayMs;
}
