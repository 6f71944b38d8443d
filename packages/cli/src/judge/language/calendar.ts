/** Days of the calendar, counted from 1970-01-01, by the platform's own `Date` in UTC. */

export const dayMs = 86_400_000;

export type Period = "day" | "week" | "month" | "quarter" | "year";

export interface Civil {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  readonly day: number;
}

/** Months and days beyond their range run over into the next, as with `Date`. */
export function dayNumber(year: number, month: number, day: number): number {
  // `Date.UTC` takes the years 0 to 99 for 1900 to 1999.
  if (year > 99) return Math.floor(Date.UTC(year, month, day) / dayMs);
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return Math.floor(date.getTime() / dayMs);
}

const civilByDay = new Map<number, Civil>();

export function civil(day: number): Civil {
  let found = civilByDay.get(day);
  if (found === undefined) {
    const date = new Date(day * dayMs);
    found = { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() };
    civilByDay.set(day, found);
  }
  return found;
}

/** Undefined where there is no such day, such as 30 February or anything in the year 0. */
export function existingDay(year: number, month: number, day: number): number | undefined {
  const number = dayNumber(year, month, day);
  const found = civil(number);
  const exists = year >= 1 && found.year === year && found.month === month && found.day === day;
  return exists ? number : undefined;
}

/** The first day of the period that a day is in. Weeks begin on Monday. */
export function periodStart(period: Period, day: number): number {
  const { year, month } = civil(day);
  switch (period) {
    case "day":
      return day;
    case "week":
      return day - ((new Date(day * dayMs).getUTCDay() + 6) % 7);
    case "month":
      return dayNumber(year, month, 1);
    case "quarter":
      return dayNumber(year, month - (month % 3), 1);
    case "year":
      return dayNumber(year, 0, 1);
  }
}

/** The first day of the period after (or, with a negative number, before) the one that a day is in. */
export function periodAfter(period: Period, day: number, periods = 1): number {
  const start = periodStart(period, day);
  const { year, month } = civil(start);
  switch (period) {
    case "day":
      return start + periods;
    case "week":
      return start + 7 * periods;
    case "month":
      return dayNumber(year, month + periods, 1);
    case "quarter":
      return dayNumber(year, month + 3 * periods, 1);
    case "year":
      return dayNumber(year + periods, 0, 1);
  }
}

/** The day on which a date returns so many years later; 29 February on the 28th, or on 1 March where so ruled. */
export function returnOf(date: Civil, years: number, leapDay: string): number {
  const year = date.year + years;
  const same = existingDay(year, date.month, date.day);
  if (same !== undefined) return same;
  return leapDay === "march-1" ? dayNumber(year, 2, 1) : dayNumber(year, 1, 28);
}
