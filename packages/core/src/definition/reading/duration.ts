/** Durations: a whole number of seconds, minutes, hours, days or weeks. */
import { nearestName } from "./nearest.ts";
import { note, type Place, type Read, show } from "./place.ts";

const unitsMs: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
const dayMs = 86_400_000;

/** A hundred years. */
const longestMs = 36_525 * dayMs;
const expected = "a duration: a whole number of seconds, minutes, hours, days or weeks, such as 60 days";
const pattern = /^(\d{1,10}) ([a-zA-Z]{1,20})$/;
const calendarUnits = /^(?:month|quarter|year)s?$/i;

/** In ms, from `leastMs` to a hundred years. */
function durationFrom(leastMs: number, least: string): Read<number> {
  return (value, place) => {
    const found = typeof value === "string" ? durationOf(value) : undefined;
    if (found === undefined || "hint" in found) {
      note(place, show(value), found?.hint ?? expected, found?.nearest);
    } else if (found.ms < leastMs || found.ms > longestMs) {
      note(place, show(value), `${expected}, ${least} and at most 36525 days`);
    } else {
      return found.ms;
    }
    return longestMs;
  };
}

/** In ms, above zero. */
export const duration = durationFrom(1, "above zero");

/** In ms, zero too. */
export const durationOrZero = durationFrom(0, "not negative");

type Found = { readonly ms: number } | { readonly hint: string; readonly nearest?: string };

function durationOf(value: string): Found | undefined {
  const match = pattern.exec(value);
  if (!match) return undefined;
  const [, count = "", unit = ""] = match;
  if (calendarUnits.test(unit))
    return { hint: `${expected}; months, quarters and years are calendar periods: \`this\` or \`previous\`` };
  const ms = unitsMs[unit.endsWith("s") ? unit.slice(0, -1) : unit];
  if (ms !== undefined) return { ms: Number(count) * ms };
  const nearest = nearestName(
    unit,
    Object.keys(unitsMs).flatMap((name) => [name, `${name}s`]),
  );
  return nearest === undefined ? { hint: expected } : { hint: expected, nearest: `${count} ${nearest}` };
}

/** Whole days, at least one. */
export function wholeDays(value: unknown, place: Place): number {
  const { faults } = place.findings;
  const before = faults.length;
  const ms = duration(value, place);
  if (faults.length > before) return 1;
  if (ms % dayMs === 0) return ms / dayMs;
  note(place, show(value), "a whole number of days: anniversaries go by calendar day");
  return 1;
}

/** With its whole days, where it has them. */
export function span(value: unknown, place: Place): { ms: number; days?: number } {
  const ms = durationOrZero(value, place);
  return ms % dayMs === 0 ? { ms, days: ms / dayMs } : { ms };
}
