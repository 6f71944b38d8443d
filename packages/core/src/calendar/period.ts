/** Calendar periods in a zone: which one an instant is in, and where each begins. */
import type { CalendarPeriod } from "../definition/definition.ts";
import { periodIndex, periodStart } from "./civil.ts";
import type { ZoneCalendar } from "./zone.ts";

/** The period an instant is in, numbered so that the next period has the next number. */
export function periodAt(zone: ZoneCalendar, period: CalendarPeriod, instant: number): number {
  return periodIndex(zone.dayAt(instant), period);
}

/** The first instant of a period. A skipped date begins where the next date does. */
export function startOfPeriod(zone: ZoneCalendar, period: CalendarPeriod, index: number): number {
  return zone.startOfDay(periodStart(index, period));
}

/** The period after one, leaving out skipped dates, which have no length. */
export function nextPeriod(zone: ZoneCalendar, period: CalendarPeriod, index: number): number {
  let next = index + 1;
  while (startOfPeriod(zone, period, next) === startOfPeriod(zone, period, next + 1)) next += 1;
  return next;
}

/** The period before one, leaving out skipped dates. */
export function previousPeriod(zone: ZoneCalendar, period: CalendarPeriod, index: number): number {
  let previous = index - 1;
  while (startOfPeriod(zone, period, previous) === startOfPeriod(zone, period, previous + 1)) previous -= 1;
  return previous;
}
