/** Civil dates as day numbers since 1970-01-01. The arithmetic is Howard Hinnant's `days_from_civil`. */
import type { CalendarPeriod, LeapDay } from "../definition/definition.ts";

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

export const dayMs = 86_400_000;

/** Day number of a proleptic Gregorian date. */
export function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export function civilDate(days: number): CivilDate {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The day on which a date returns in a year; 29 February by the rule given where there is none. */
export function anniversaryIn(date: CivilDate, year: number, leapDay: LeapDay): number {
  if (date.month === 2 && date.day === 29 && !isLeapYear(year)) {
    return leapDay === "march-1" ? dayNumber(year, 3, 1) : dayNumber(year, 2, 28);
  }
  return dayNumber(year, date.month, date.day);
}

/** Which period a day is in, counted so that the next period has the next number. Weeks begin on Monday. */
export function periodIndex(day: number, period: CalendarPeriod): number {
  if (period === "day") return day;
  // 1970-01-01 was a Thursday, the fourth day of its week.
  if (period === "week") return Math.floor((day + 3) / 7);
  const { year, month } = civilDate(day);
  if (period === "month") return year * 12 + month - 1;
  if (period === "quarter") return year * 4 + Math.floor((month - 1) / 3);
  return year;
}

/** First day of the period with that number. */
export function periodStart(index: number, period: CalendarPeriod): number {
  if (period === "day") return index;
  if (period === "week") return index * 7 - 3;
  if (period === "month") return dayNumber(Math.floor(index / 12), (((index % 12) + 12) % 12) + 1, 1);
  if (period === "quarter") return dayNumber(Math.floor(index / 4), (((index % 4) + 4) % 4) * 3 + 1, 1);
  return dayNumber(index, 1, 1);
}
