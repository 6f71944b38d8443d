/**
 * Zones against temporal-polyfill. Ours differs from it where an hour is repeated across midnight, by the rule of
 * the language: that hour belongs to the later day once that day has begun. `libraryCalendar` applies the rule to what
 * the library says. All transitions are in calendar-transitions.unit.test.ts, all days of all zones in `npm run calendar`.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zoneCalendar } from "../src/calendar/zone.ts";
import { type Comparison, compareZone, dayMs } from "./calendar-comparison.ts";
import { firstYear, lastYear, libraryCalendar, periods } from "./calendar-library.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";

tellRuns();

const zones = Intl.supportedValuesOf("timeZone");

describe("zones, against a date library", () => {
  it("given random instants and days in random zones, then days, clocks and periods agree", () => {
    const comparisons = new Map<string, Comparison>();
    holdsAlways(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(firstYear, 0, 1), max: Date.UTC(lastYear + 1, 0, 1) - 1 }),
        fc.constantFrom(...periods),
        (zone, instant, period) => {
          const comparison = comparisons.get(zone) ?? compareZone(zone);
          comparisons.set(zone, comparison);
          comparison.instant(instant);
          comparison.wall(instant);
          comparison.day(Math.floor(instant / dayMs));
          comparison.period(period, Math.floor(instant / dayMs));
          expect(comparison.faults).toEqual([]);
        },
      ),
      3_000,
    );
  });

  it("given an hour repeated across midnight, then the library goes back to the day before, and we do not", () => {
    // 00:01 on the 29th went back to 23:01 on the 28th, at 02:31 UTC: see calendar.unit.test.ts.
    const again = Date.UTC(2006, 9, 29, 2, 40);
    const shown = Math.floor(libraryCalendar("America/St_Johns").wallAt(again) / dayMs);
    expect(zoneCalendar("America/St_Johns")!.dayAt(again)).toBe(shown + 1);
  });
});
