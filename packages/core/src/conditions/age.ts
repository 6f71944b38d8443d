/**
 * Whole years completed since a date, by calendar day in the zone: a year is completed at the start of the day of
 * the anniversary. A date to come has no age yet: missing.
 */
import { anniversaryIn, civilDate } from "../calendar/civil.ts";
import { readStoredDate } from "../calendar/stored-date.ts";
import type { LeapDay, NumberComparison } from "../definition/definition.ts";
import { type Evaluate, never, type ZoneOf } from "./condition.ts";
import { dayOf } from "./date.ts";
import { numberTest, plainTest, wholeEdges } from "./number-comparison.ts";
import type { PathValue } from "./path-value.ts";

/** Nobody is older, so far. */
const oldestYears = 9_999;

export function age(value: PathValue, compare: NumberComparison, leapDay: LeapDay, zoneOf: ZoneOf): Evaluate {
  const test = plainTest(compare);
  const { missing } = numberTest(compare, Number);
  const edges = [0, ...wholeEdges(compare).filter((edge) => edge <= oldestYears)];
  return (evaluation) => {
    evaluation.until = never;
    const zone = zoneOf(evaluation);
    const stored = readStoredDate(value(evaluation), zone);
    if (stored === undefined) return missing;
    const birth = civilDate(dayOf(stored, zone));
    const today = zone.dayAt(evaluation.now);
    const { year } = civilDate(today);
    const years = year - birth.year - (anniversaryIn(birth, year, leapDay) > today ? 1 : 0);
    const holds = years < 0 ? missing : test(years);
    for (const edge of edges) {
      if (edge <= years || test(edge) === holds) continue;
      evaluation.until = zone.startOfDay(anniversaryIn(birth, birth.year + edge, leapDay));
      break;
    }
    return holds;
  };
}
