/**
 * The yearly return of a date lies within so many days before or after today, today counting in both; 0 days is
 * today itself. By calendar day in the zone; of an instant, its local day. The date itself is no anniversary.
 */
import { anniversaryIn, type CivilDate, civilDate } from "../calendar/civil.ts";
import { readStoredDate } from "../calendar/stored-date.ts";
import type { Condition, LeapDay } from "../definition/definition.ts";
import { type Evaluate, never, type ZoneOf } from "./condition.ts";
import { dayOf } from "./date.ts";
import type { PathValue } from "./path-value.ts";

type Spec = Pick<Extract<Condition, { op: "anniversary" }>, "direction" | "days" | "years" | "leapDay">;

/** Anniversaries are at most this many days apart. */
const longestYear = 366;

/** The first and last day on which a condition holds because of one anniversary. */
interface Stretch {
  readonly first: number;
  readonly last: number;
}

export function anniversary(value: PathValue, spec: Spec, zoneOf: ZoneOf): Evaluate {
  const years = spec.years === undefined ? null : [...new Set(spec.years)].sort((a, b) => a - b);
  return (evaluation) => {
    evaluation.until = never;
    const zone = zoneOf(evaluation);
    const stored = readStoredDate(value(evaluation), zone);
    if (stored === undefined) return false;
    const today = zone.dayAt(evaluation.now);
    let lastDay: number | null = null;
    for (const { first, last } of stretches(civilDate(dayOf(stored, zone)), today, spec, years)) {
      if (last < today) continue;
      if (lastDay === null && first > today) {
        evaluation.until = zone.startOfDay(first);
        return false;
      }
      if (lastDay !== null && first > lastDay + 1) break;
      lastDay = last;
      // With a stretch as long as a year it never ends.
      if (years === null && spec.days >= longestYear) return true;
    }
    if (lastDay === null) return false;
    evaluation.until = zone.startOfDay(lastDay + 1);
    return true;
  };
}

/** Those that end about today or later, in order. */
function* stretches(
  date: CivilDate,
  today: number,
  spec: Spec,
  years: readonly number[] | null,
): Generator<Stretch> {
  const passed = civilDate(today).year - date.year;
  const begin = Math.max(1, passed - 2 - Math.ceil(spec.days / 365));
  if (years !== null) {
    for (const year of years) if (year >= begin) yield stretch(date, year, spec, spec.leapDay);
    return;
  }
  for (let year = begin; date.year + year <= 9999; year += 1) yield stretch(date, year, spec, spec.leapDay);
}

function stretch(date: CivilDate, year: number, { direction, days }: Spec, leapDay: LeapDay): Stretch {
  const day = anniversaryIn(date, date.year + year, leapDay);
  return direction === "next" ? { first: day - days, last: day } : { first: day, last: day + days };
}
