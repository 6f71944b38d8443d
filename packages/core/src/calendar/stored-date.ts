/** Dates as customers' attributes hold them: a day without a time, or an instant. */
import { dayNumber, daysInMonth } from "./civil.ts";
import type { ZoneCalendar } from "./zone.ts";

export type StoredDate = { readonly day: number } | { readonly instant: number };

const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;
const instantPattern =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-](?:0\d|1\d|2[0-3]):?[0-5]\d)?$/i;

/** Instants beyond the years 1 to 9999 are unreadable. */
const firstInstant = dayNumber(1, 1, 2) * 86_400_000;
const lastInstant = dayNumber(9999, 12, 31) * 86_400_000;

/**
 * Reads a stored value: `YYYY-MM-DD` is a day; an ISO 8601 date and time an instant, in the zone given where it
 * names none; a number the ms since the epoch. Anything else, zero dates among it, is missing (undefined).
 */
export function readStoredDate(value: unknown, zone: ZoneCalendar): StoredDate | undefined {
  if (typeof value === "number") {
    const readable = value !== 0 && value >= firstInstant && value <= lastInstant;
    return readable ? { instant: Math.trunc(value) } : undefined;
  }
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  const date = datePattern.exec(text);
  if (date) {
    const day = dayOf(date);
    return day === undefined ? undefined : { day };
  }
  const match = instantPattern.exec(text);
  if (!match) return undefined;
  const day = dayOf(match);
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)];
  if (day === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  const milliseconds = Math.floor(Number(`0.${match[7] ?? 0}`) * 1000);
  const wall = day * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
  const offset = match[8];
  if (offset === undefined) return { instant: zone.instantOf(wall) };
  const sign = offset.startsWith("-") ? -1 : 1;
  // Z leaves no digits: nought.
  const digits = offset.slice(1).replace(":", "");
  return { instant: wall - sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000 };
}

function dayOf(match: RegExpExecArray): number | undefined {
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return dayNumber(year, month, day);
}
