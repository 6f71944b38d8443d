/** Civil dates, periods, anniversaries and ages against temporal-polyfill. */

import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import {
  anniversaryIn,
  civilDate,
  dayNumber,
  daysInMonth,
  periodIndex,
  periodStart,
} from "../src/calendar/civil.ts";
import { readStoredDate } from "../src/calendar/stored-date.ts";
import { zoneCalendar } from "../src/calendar/zone.ts";
import { age } from "../src/conditions/age.ts";
import type { Evaluation } from "../src/conditions/condition.ts";
import type { LeapDay, NumberComparison } from "../src/definition/definition.ts";
import { dayOf, libraryPeriodStart, periods, plainDate } from "./calendar-library.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";

tellRuns();

const day = (from: number, to: number) =>
  fc.integer({ min: Date.UTC(from, 0, 1) / 86_400_000, max: Date.UTC(to, 11, 31) / 86_400_000 });
const leapDays = fc.constantFrom<LeapDay>("february-28", "march-1");
const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));

/** 29 February is born more often than by chance. */
const birthday = fc.oneof(
  day(1900, 2050),
  fc.integer({ min: 476, max: 512 }).map((quadrennium) => dayNumber(quadrennium * 4, 2, 29)),
);

/** The yearly return of a date by the library, which takes 28 February where there is no 29th. */
function returnIn(birth: Temporal.PlainDate, year: number, leapDay: LeapDay): Temporal.PlainDate {
  const same = birth.with({ year });
  return same.day !== birth.day && leapDay === "march-1" ? same.add({ days: 1 }) : same;
}

describe("dates, against a date library", () => {
  it("given any day of the years 1 to 9999, then its date and its number are the library's", () => {
    holdsAlways(
      fc.property(fc.integer({ min: dayNumber(1, 1, 1), max: dayNumber(9999, 12, 31) }), (number) => {
        const { year, month, day, daysInMonth: days } = plainDate(number);
        expect(civilDate(number)).toEqual({ year, month, day });
        expect(dayNumber(year, month, day)).toBe(number);
        expect(daysInMonth(year, month)).toBe(days);
      }),
      2_000,
    );
  });

  it("given any day and period, then the period begins and ends on the library's days", () => {
    holdsAlways(
      fc.property(
        fc.integer({ min: dayNumber(1, 1, 8), max: dayNumber(9998, 12, 31) }),
        fc.constantFrom(...periods),
        (number, period) => {
          const index = periodIndex(number, period);
          expect(periodStart(index, period)).toBe(libraryPeriodStart(number, period, 0));
          expect(periodStart(index + 1, period)).toBe(libraryPeriodStart(number, period, 1));
          expect(periodStart(index - 1, period)).toBe(libraryPeriodStart(number, period, -1));
        },
      ),
      2_000,
    );
  });

  it("given any date and year, then it returns on the library's day, 29 February by the rule", () => {
    holdsAlways(
      fc.property(birthday, fc.integer({ min: 1900, max: 2200 }), leapDays, (number, year, leapDay) => {
        expect(anniversaryIn(civilDate(number), year, leapDay)).toBe(
          dayOf(returnIn(plainDate(number), year, leapDay)),
        );
      }),
      2_000,
    );
  });

  it("given any birthday and instant in any zone, then the age is the number of returns begun there", () => {
    holdsAlways(
      fc.property(
        birthday,
        fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2100, 11, 31) }),
        zones,
        leapDays,
        (number, now, name, leapDay) => {
          const birth = plainDate(number);
          // By the date on the wall: the hour repeated across midnight is left to calendar-zones.unit.test.ts.
          const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(name).toPlainDate();
          fc.pre(dayOf(today) === zoneCalendar(name)!.dayAt(now));
          let years = today.year - birth.year;
          if (Temporal.PlainDate.compare(returnIn(birth, today.year, leapDay), today) > 0) years -= 1;
          const holds = (compare: NumberComparison) => {
            const evaluation = { now, until: 0 } as Evaluation;
            const evaluate = age(
              () => birth.toString(),
              compare,
              leapDay,
              () => zoneCalendar(name)!,
            );
            return { holds: evaluate(evaluation), until: evaluation.until };
          };
          expect(holds({ op: "atLeast", value: years }).holds).toBe(years >= 0);
          expect(holds({ op: "above", value: years }).holds).toBe(false);
          // The next one begins at the start of its day.
          const next = returnIn(birth, birth.year + Math.max(years + 1, 0), leapDay).toZonedDateTime(name);
          expect(holds({ op: "atLeast", value: Math.max(years + 1, 0) })).toEqual({
            holds: false,
            until: next.epochMilliseconds,
          });
        },
      ),
      2_000,
    );
  });

  it("given any date and time without a zone, then it is read as the first instant that shows it in the zone", () => {
    holdsAlways(
      fc.property(
        fc.integer({ min: Date.UTC(1970, 0, 2), max: Date.UTC(2100, 11, 31) }),
        zones,
        (wall, name) => {
          const text = new Date(wall).toISOString().slice(0, -1);
          const read = readStoredDate(text, zoneCalendar(name)!)!;
          const expected = Temporal.PlainDateTime.from(text).toZonedDateTime(name, {
            disambiguation: "earlier",
          });
          fc.pre(expected.toPlainDateTime().toString() === Temporal.PlainDateTime.from(text).toString());
          expect(read).toEqual({ instant: expected.epochMilliseconds });
        },
      ),
      2_000,
    );
  });

  it("given any instant written with any offset, then it is that instant", () => {
    holdsAlways(
      fc.property(
        fc.integer({ min: Date.UTC(1970, 0, 2), max: Date.UTC(2100, 11, 31) }),
        fc.integer({ min: -1439, max: 1439 }),
        (instant, minutes) => {
          const sign = minutes < 0 ? "-" : "+";
          const [hour, minute] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
          const offset = `${sign}${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
          const text = Temporal.Instant.fromEpochMilliseconds(instant).toString({ timeZone: offset });
          expect(readStoredDate(text, zoneCalendar("UTC")!)).toEqual({ instant });
        },
      ),
      2_000,
    );
  });
});
