/**
 * Zones against temporal-polyfill. Ours differs from it where an hour is repeated across midnight, by the rule of
 * the language: that hour belongs to the later day once that day has begun. `libraryCalendar` applies the rule to what
 * the library says. All days of all zones are compared by `npm run calendar`.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zoneCalendar } from "../src/calendar/zone.ts";
import { type Comparison, compareZone, dayMs } from "./calendar-comparison.ts";
import { firstYear, lastYear, libraryCalendar, periods } from "./calendar-library.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";

tellRuns();

const zones = Intl.supportedValuesOf("timeZone");

/** Always compared in full: skipped dates, midnights skipped or repeated, odd offsets, transitions days apart. */
const special = [
  "Africa/Cairo",
  "Africa/Casablanca",
  "Africa/Monrovia",
  "America/Boa_Vista",
  "America/Havana",
  "America/Sao_Paulo",
  "America/St_Johns",
  "Asia/Beirut",
  "Asia/Gaza",
  "Asia/Kathmandu",
  "Asia/Pyongyang",
  "Atlantic/Azores",
  "Australia/Lord_Howe",
  "Europe/Berlin",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Pacific/Enderbury",
  "Pacific/Kiritimati",
  "Pacific/Kwajalein",
  "UTC",
];

const seed = Number(process.env.CALENDAR_SEED ?? Date.now() % 1_000_000);

describe("zones, against a date library", () => {
  it(`given each zone of the runtime, then two days about each transition agree (CALENDAR_SEED=${seed})`, () => {
    // Many zones change together, in the same way. One of them is compared in full, another one in the next run.
    const first = seed % zones.length;
    const full = new Set<string>();
    const faults: string[] = [];
    let transitions = 0;
    for (const zone of [...special, ...zones.slice(first), ...zones.slice(0, first)]) {
      const comparison = compareZone(zone);
      for (const transition of comparison.transitions()) {
        const shape = `${transition.at} ${transition.before} ${transition.after}`;
        if (special.includes(zone) || !full.has(shape)) comparison.transition(transition);
        else comparison.edges(transition);
        full.add(shape);
        transitions += 1;
      }
      faults.push(...comparison.faults);
    }
    expect(faults.slice(0, 20)).toEqual([]);
    // The zone data of 2026 has 36,352 of them in these years.
    expect(transitions).toBeGreaterThan(30_000);
  }, 600_000);

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
