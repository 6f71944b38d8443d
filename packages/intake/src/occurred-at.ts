/** When an event happened, as sources say it. */
import { type EventFault, fault } from "./fault.ts";

/** How far a source's clock may run ahead, in ms; such an event takes the time of its arrival. */
const maxAheadMs = 5 * 60_000;

const earliest = Date.UTC(1900, 0, 1);

/** Record timestamps before this are none: no broker of that age is around. */
const earliestTimestamp = Date.UTC(2000, 0, 1);

/** From 0 to here a number is an empty field, or seconds (until 2100) where ms were meant. */
const firstPlausibleMs = Date.UTC(2100, 0, 1) / 1000;

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$/i;

/**
 * When a record arrived, in ms: its own timestamp, where that is one, else `now`. Our clock decides nothing where it can
 * be helped: two instances whose clocks differ have to make the same of a record. How far ahead a timestamp may be is
 * the broker's (`message.timestamp.after.max.ms`, an hour), and what is ahead nevertheless happens when it is appended
 * to `customer-events`.
 */
export function arrivalOf(timestamp: number, now: number): number {
  return timestamp < earliestTimestamp ? now : timestamp;
}

/**
 * Ms since 1970. Takes a number of ms, or ISO 8601 text with a zone. Null, with a fault, for what is no instant, lies
 * before 1900 or more than five minutes after `arrivedAt`; null without one where there is no value to look at.
 */
export function readOccurredAt(
  value: string | number | undefined,
  arrivedAt: number,
  faults: EventFault[],
): number | null {
  if (value === undefined) return null;
  const instant = typeof value === "number" ? numberToInstant(value) : parseInstant(value);
  if (instant === null) {
    faults.push(fault("occurredAt", value, "ms since 1970, or ISO 8601 text with a zone"));
  } else if (instant < earliest) {
    faults.push(fault("occurredAt", value, "an instant since 1900", "too-old"));
  } else if (instant > arrivedAt + maxAheadMs) {
    const expected = `an instant at most five minutes after its arrival at ${new Date(arrivedAt).toISOString()}`;
    faults.push(fault("occurredAt", value, expected, "future"));
  } else {
    return Math.min(instant, arrivedAt);
  }
  return null;
}

function numberToInstant(value: number): number | null {
  if (!Number.isFinite(value) || (value >= 0 && value < firstPlausibleMs)) return null;
  return Math.floor(value);
}

/** ISO 8601 text with a date, a time and a zone, to ms since 1970; null for anything else, 30 February among it. */
export function parseInstant(text: string): number | null {
  const match = pattern.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = "0", fraction = "0", zone = ""] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const date = civilDate(Number(year), Number(month), Number(day));
  const offsetMinutes = zoneOffsetMinutes(zone);
  if (date === null || offsetMinutes === null) return null;
  const ms = Math.floor(Number(`0.${fraction}`) * 1000);
  return date + ((Number(hour) * 60 + Number(minute) - offsetMinutes) * 60 + Number(second)) * 1000 + ms;
}

/** Midnight UTC of a day in ms, null where there is no such day. Year 0 is none. */
export function civilDate(year: number, month: number, day: number): number | null {
  if (year < 1 || month < 1 || month > 12 || day < 1) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 ? date.getTime() : null;
}

function zoneOffsetMinutes(zone: string): number | null {
  if (!/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(":", "");
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2) || 0)];
  if (hours > 18 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
