import { describe, expect, it } from "vitest";
import { civilDate, dayNumber, periodIndex, periodStart } from "../src/calendar/civil.ts";
import { nextPeriod, previousPeriod } from "../src/calendar/period.ts";
import { readStoredDate } from "../src/calendar/stored-date.ts";
import { zoneCalendar } from "../src/calendar/zone.ts";

function zone(name: string) {
  return zoneCalendar(name)!;
}

describe("a day begins at the first instant with that local date or later", () => {
  it.each([
    // zone, date, first instant in UTC, length in hours
    ["UTC", [2026, 5, 1], "2026-05-01T00:00:00Z", 24],
    // +01:00 before 02:00 on 29 March, +02:00 after: 24 - 1 hours.
    ["Europe/Berlin", [2026, 3, 29], "2026-03-28T23:00:00Z", 23],
    ["Europe/Berlin", [2026, 10, 25], "2026-10-24T22:00:00Z", 25],
    // Offset +05:45: midnight is 18:15 the day before.
    ["Asia/Kathmandu", [2026, 5, 5], "2026-05-04T18:15:00Z", 24],
    // The clocks go from 24:00 to 01:00: the day begins at 01:00 local, -02:00.
    ["America/Sao_Paulo", [2018, 11, 4], "2018-11-04T03:00:00Z", 23],
    // At 00:01 back to 23:01 the day before: the day had begun at 00:00 (-02:30), and lasts 25 hours.
    ["America/St_Johns", [2006, 10, 29], "2006-10-29T02:30:00Z", 25],
    // Samoa went from -10:00 to +14:00 and left out 30 December.
    ["Pacific/Apia", [2011, 12, 29], "2011-12-29T10:00:00Z", 24],
    ["Pacific/Apia", [2011, 12, 30], "2011-12-30T10:00:00Z", 0],
    ["Pacific/Apia", [2011, 12, 31], "2011-12-30T10:00:00Z", 24],
  ] as const)("%s %j begins at %s and has %d hours", (name, [year, month, day], start, hours) => {
    const calendar = zone(name);
    const number = dayNumber(year, month, day);
    expect(new Date(calendar.startOfDay(number)).toISOString()).toBe(start.replace("Z", ".000Z"));
    expect(calendar.startOfDay(number + 1) - calendar.startOfDay(number)).toBe(hours * 3_600_000);
    if (hours > 0) {
      expect(calendar.dayAt(calendar.startOfDay(number))).toBe(number);
      expect(calendar.dayAt(calendar.startOfDay(number + 1) - 1)).toBe(number);
    }
  });

  it("given the minute that St John's repeats, then it belongs to the day that had begun", () => {
    // 00:01 on the 29th went back to 23:01 on the 28th: 02:31 UTC.
    expect(zone("America/St_Johns").dayAt(Date.UTC(2006, 9, 29, 2, 40))).toBe(dayNumber(2006, 10, 29));
  });

  it("given a skipped date, then the periods beside it are neighbours", () => {
    const [before, after] = [dayNumber(2011, 12, 29), dayNumber(2011, 12, 31)];
    expect(nextPeriod(zone("Pacific/Apia"), "day", before)).toBe(after);
    expect(previousPeriod(zone("Pacific/Apia"), "day", after)).toBe(before);
  });

  it("given a name that is no zone, then there is no calendar", () => {
    expect(zoneCalendar("Mars/Olympus")).toBeUndefined();
    expect(zoneCalendar("+05:07")).toBeUndefined();
  });
});

describe("civil dates", () => {
  it("given any day of 1600 to 2400, then it is the platform's date", () => {
    for (let day = dayNumber(1600, 1, 1); day < dayNumber(2400, 1, 1); day += 13) {
      const date = new Date(day * 86_400_000);
      const expected = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      expect(civilDate(day)).toEqual(expected);
      expect(dayNumber(expected.year, expected.month, expected.day)).toBe(day);
    }
  });

  it.each([
    // 1 May 2026 is a Friday: its week began on Monday 27 April.
    ["week", [2026, 4, 27]],
    ["month", [2026, 5, 1]],
    ["quarter", [2026, 4, 1]],
    ["year", [2026, 1, 1]],
  ] as const)("the %s of 1 May 2026 begins on %j", (period, [year, month, day]) => {
    const index = periodIndex(dayNumber(2026, 5, 1), period);
    expect(periodStart(index, period)).toBe(dayNumber(year, month, day));
  });
});

describe("stored dates", () => {
  const noon = Date.UTC(2026, 4, 1, 12);
  it.each([
    ["2026-05-01", { day: dayNumber(2026, 5, 1) }],
    ["2026-05-01T12:00:00Z", { instant: noon }],
    ["2026-05-01T14:00+02:00", { instant: noon }],
    ["2026-05-01 14:00:00.000", { instant: noon }],
    [noon, { instant: noon }],
    // 02:30 is skipped on that day: the first instant after it is 03:00, +02:00.
    ["2026-03-29T02:30", { instant: Date.UTC(2026, 2, 29, 1) }],
    ["2026-02-30", undefined],
    ["0000-00-00", undefined],
    [0, undefined],
    ["soon", undefined],
    ["2026-05-01T12:00:00+99:99", undefined],
    ["2026-05-01T12:00:00+02:60", undefined],
    [Number.NaN, undefined],
    [1e300, undefined],
    [null, undefined],
  ])("%j in Berlin is %j", (value, expected) => {
    expect(readStoredDate(value, zone("Europe/Berlin"))).toEqual(expected);
  });
});
