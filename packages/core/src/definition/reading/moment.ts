/** Dates and instants as definitions write them. */
import { readStoredDate } from "../../calendar/stored-date.ts";
import { zoneCalendar } from "../../calendar/zone.ts";
import type { DateOrInstant } from "../definition.ts";
import { note, type Place, show } from "./place.ts";

const expected = "a date such as 2026-05-31, or an instant such as 2026-05-31T12:00:00Z";
const pattern =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d))?$/;

/** A date that exists, or an instant with `Z` or its offset. */
export function moment(value: unknown, place: Place): DateOrInstant {
  const utc = zoneCalendar("UTC");
  const read =
    typeof value === "string" && pattern.test(value) && utc ? readStoredDate(value, utc) : undefined;
  if (read !== undefined) return read;
  const looksRight = typeof value === "string" && pattern.test(value);
  note(place, show(value), looksRight ? `${expected}; there is no such day or time` : expected);
  return { day: 0 };
}
