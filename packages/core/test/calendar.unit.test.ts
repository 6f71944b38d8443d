import { describe, expect, it } from "vitest";
import {
  anniversaryIn,
  civilDate,
  dayNumber,
  daysInMonth,
  periodIndex,
  periodStart,
} from "../src/calendar/civil.ts";
import { nextPeriod, periodAt, previousPeriod, startOfPeriod } from "../src/calendar/period.ts";
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
    // Kiritimati went from -10:00 to +14:00 and left out the last day of 1994.
    ["Pacific/Kiritimati", [1994, 12, 30], "1994-12-30T10:00:00Z", 24],
    ["Pacific/Kiritimati", [1994, 12, 31], "1994-12-31T10:00:00Z", 0],
    ["Pacific/Kiritimati", [1995, 1, 1], "1994-12-31T10:00:00Z", 24],
    // From -00:44:30 to UTC at midnight: the day begins at 00:44:30, and lacks those seconds.
    ["Africa/Monrovia", [1972, 1, 7], "1972-01-07T00:44:30Z", 24 - 0.741_666_666_666_666_7],
    // At 24:00 (+03:00) back to 23:00: the day after had not begun.
    ["Africa/Cairo", [2023, 10, 26], "2023-10-25T21:00:00Z", 25],
    ["Africa/Cairo", [2023, 10, 27], "2023-10-26T22:00:00Z", 24],
    // At 01:00 (-04:00) back to 00:00: midnight comes twice, the day begins with the first.
    ["America/Havana", [2023, 11, 5], "2023-11-05T04:00:00Z", 25],
    // Two hours of summer time in 1988, begun and ended at 00:01.
    ["America/St_Johns", [1988, 4, 3], "1988-04-03T03:30:00Z", 22],
    ["America/St_Johns", [1988, 10, 30], "1988-10-30T01:30:00Z", 26],
  ] as const)("%s %j begins at %s and has %d hours", (name, [year, month, day], start, hours) => {
    const calendar = zone(name);
    const number = dayNumber(year, month, day);
    expect(new Date(calendar.startOfDay(number)).toISOString()).toBe(start.replace("Z", ".000Z"));
    expect(calendar.startOfDay(number + 1) - calendar.startOfDay(number)).toBe(Math.round(hours * 3_600_000));
    if (hours > 0) {
      expect(calendar.dayAt(calendar.startOfDay(number))).toBe(number);
      expect(calendar.dayAt(calendar.startOfDay(number + 1) - 1)).toBe(number);
    }
  });

  it.each([
    // Asked in no order, so that nothing is known from the question before. New York is at -05:00, Auckland at +13:00.
    ["America/New_York", "2026-01-15T04:59:59.999Z", [2026, 1, 14]],
    ["America/New_York", "2026-02-15T05:00:00Z", [2026, 2, 15]],
    ["America/New_York", "2026-01-15T23:00:00Z", [2026, 1, 15]],
    ["Pacific/Auckland", "2026-01-15T10:59:59.999Z", [2026, 1, 15]],
    ["Pacific/Auckland", "2026-02-15T11:00:00Z", [2026, 2, 16]],
    ["Pacific/Auckland", "2026-01-15T23:00:00Z", [2026, 1, 16]],
    // -04:00 from 07:00 UTC on 8 March: 03:59 UTC is on the 8th then, and was on the 7th at -05:00.
    ["America/New_York", "2026-03-09T03:59:59.999Z", [2026, 3, 8]],
    ["America/New_York", "2026-03-08T04:59:59.999Z", [2026, 3, 7]],
    ["America/New_York", "2026-03-09T04:00:00Z", [2026, 3, 9]],
    // At 24:00 (+03:00) back to 23:00: at that very instant the day after has not begun.
    ["Asia/Beirut", "2023-10-28T21:00:00Z", [2023, 10, 28]],
    ["UTC", "2026-01-15T23:59:59.999Z", [2026, 1, 15]],
    ["Etc/UTC", "2026-01-16T00:00:00Z", [2026, 1, 16]],
  ] as const)("in %s, %s is on %j", (name, instant, [year, month, day]) => {
    expect(zone(name).dayAt(Date.parse(instant))).toBe(dayNumber(year, month, day));
  });

  it("given a clock put forward and back, then its times are those of the offset that shows them first", () => {
    const berlin = zone("Europe/Berlin");
    const wall = (...parts: readonly [number, number, number, number, number]) => Date.UTC(...parts);
    // From 02:00 (+01:00) to 03:00 (+02:00) at 01:00 UTC: the times between come with it.
    expect(berlin.instantOf(wall(2026, 2, 29, 1, 59))).toBe(Date.UTC(2026, 2, 29, 0, 59));
    expect(berlin.instantOf(wall(2026, 2, 29, 2, 0))).toBe(Date.UTC(2026, 2, 29, 1, 0));
    expect(berlin.instantOf(wall(2026, 2, 29, 2, 59))).toBe(Date.UTC(2026, 2, 29, 1, 0));
    expect(berlin.instantOf(wall(2026, 2, 29, 3, 0))).toBe(Date.UTC(2026, 2, 29, 1, 0));
    expect(berlin.instantOf(wall(2026, 2, 29, 3, 1))).toBe(Date.UTC(2026, 2, 29, 1, 1));
    // From 03:00 (+02:00) to 02:00 (+01:00) at 01:00 UTC: the hour before counts first.
    expect(berlin.instantOf(wall(2026, 9, 25, 2, 0))).toBe(Date.UTC(2026, 9, 25, 0, 0));
    expect(berlin.instantOf(wall(2026, 9, 25, 2, 59))).toBe(Date.UTC(2026, 9, 25, 0, 59));
    expect(berlin.instantOf(wall(2026, 9, 25, 3, 0))).toBe(Date.UTC(2026, 9, 25, 2, 0));
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

  it("given a year whose last day is skipped, then it ends a day sooner, and its neighbours are the same", () => {
    const kiritimati = zone("Pacific/Kiritimati");
    // 365 days and none on the skipped one.
    expect(startOfPeriod(kiritimati, "year", 1995) - startOfPeriod(kiritimati, "year", 1994)).toBe(
      364 * 86_400_000,
    );
    expect(nextPeriod(kiritimati, "year", 1994)).toBe(1995);
    expect(previousPeriod(kiritimati, "month", 1995 * 12)).toBe(1994 * 12 + 11);
    expect(periodAt(kiritimati, "quarter", Date.UTC(1994, 11, 31, 9, 59, 59, 999))).toBe(1994 * 4 + 3);
    expect(periodAt(kiritimati, "quarter", Date.UTC(1994, 11, 31, 10))).toBe(1995 * 4);
  });

  it.each([
    // Summer time for a week, which steps of a week would miss: 8 to 15 October 2000.
    ["America/Boa_Vista", [2000, 10, 8], "2000-10-08T04:00:00Z", 23],
    ["America/Boa_Vista", [2000, 10, 9], "2000-10-09T03:00:00Z", 24],
    ["America/Boa_Vista", [2000, 10, 14], "2000-10-14T03:00:00Z", 25],
    ["America/Boa_Vista", [2000, 10, 15], "2000-10-15T04:00:00Z", 24],
  ] as const)(
    "%s %j, in a week of summer time, begins at %s and has %d hours",
    (name, [year, month, day], start, hours) => {
      const number = dayNumber(year, month, day);
      expect(zone(name).startOfDay(number)).toBe(Date.parse(start));
      expect(zone(name).startOfDay(number + 1) - zone(name).startOfDay(number)).toBe(hours * 3_600_000);
    },
  );

  it("given years beyond all calendars, then days follow one another, and nothing throws or goes on for ever", () => {
    const berlin = zone("Europe/Berlin");
    for (const day of [2_899_999, 2_900_000, 2_932_896, 2_932_897, 99_000_000, -99_000_000, -719_163]) {
      const start = berlin.startOfDay(day);
      expect(berlin.dayAt(start)).toBe(day);
      expect(berlin.dayAt(start - 1)).toBe(day - 1);
    }
    for (const day of [
      1e12,
      -1e12,
      Number.MAX_SAFE_INTEGER,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]) {
      expect(berlin.startOfDay(day)).toBe(day * 86_400_000);
    }
    // The runtime's time ends 100,000,000 days from 1970: the last 16 before are as in UTC.
    expect(berlin.startOfDay(-99_999_990)).toBe(-99_999_990 * 86_400_000);
    expect(berlin.dayAt(-99_999_990 * 86_400_000)).toBe(-99_999_990);
    expect(berlin.startOfDay(Number.NaN)).toBeNaN();
    expect(berlin.dayAt(Number.NaN)).toBeNaN();
    // What was far away is forgotten.
    expect(berlin.dayAt(Date.UTC(2026, 5, 30, 22))).toBe(dayNumber(2026, 7, 1));
  });

  it("given a name that is no zone, then there is no calendar", () => {
    expect(zoneCalendar("Mars/Olympus")).toBeUndefined();
    expect(zoneCalendar("+05:07")).toBeUndefined();
    expect(zoneCalendar("-05:00")).toBeUndefined();
    // There a sign is part of a name.
    expect(zone("Etc/GMT+5").startOfDay(0)).toBe(5 * 3_600_000);
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
    // The last day of an era of 400 years, and the days about the turn of February in years that are and are not leap.
    [1600, 2, 29],
    [2000, 2, 29],
    [2000, 3, 1],
    [2400, 2, 29],
    [1900, 2, 28],
    [1900, 3, 1],
    [2100, 2, 28],
    [2100, 12, 31],
    [2096, 2, 29],
    [1, 1, 1],
    [9999, 12, 31],
  ])("%d-%d-%d is the platform's day", (year, month, day) => {
    const number = new Date(0).setUTCFullYear(year, month - 1, day) / 86_400_000;
    expect(dayNumber(year, month, day)).toBe(number);
    expect(civilDate(number)).toEqual({ year, month, day });
  });

  it.each([
    [2000, 29],
    [2024, 29],
    [2100, 28],
    [2023, 28],
  ])("February of %d has %d days", (year, days) => {
    expect(daysInMonth(year, 2)).toBe(days);
  });

  it.each([
    // 2100 is no leap year, 2400 is.
    [[2000, 2, 29], 2100, "february-28", [2100, 2, 28]],
    [[2000, 2, 29], 2100, "march-1", [2100, 3, 1]],
    [[2000, 2, 29], 2400, "march-1", [2400, 2, 29]],
    [[2000, 2, 29], 2001, "february-28", [2001, 2, 28]],
    // Only that day returns otherwise.
    [[2001, 2, 10], 2002, "march-1", [2002, 2, 10]],
    [[2001, 3, 29], 2002, "march-1", [2002, 3, 29]],
    [[2001, 3, 29], 2002, "february-28", [2002, 3, 29]],
  ] as const)(
    "%j returns in %d, by %s, on %j",
    ([year, month, day], inYear, leapDay, [toYear, toMonth, toDay]) => {
      const returned = anniversaryIn({ year, month, day }, inYear, leapDay);
      expect(returned).toBe(dayNumber(toYear, toMonth, toDay));
    },
  );

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
    // Offsets without a colon, before UTC, and lower case.
    ["2026-05-01T06:30:00-0530", { instant: noon }],
    ["2026-05-01T17:45:00+05:45", { instant: noon }],
    ["2026-05-01t12:00:00z", { instant: noon }],
    [" 2026-05-01T12:00:00 Z ", { instant: noon }],
    // Beyond the millisecond is cut, not rounded; a comma is a decimal sign too.
    ["2026-05-01T12:00:00.9999Z", { instant: noon + 999 }],
    ["2026-05-01T12:00:00,5Z", { instant: noon + 500 }],
    ["2026-05-01T23:59:59Z", { instant: Date.UTC(2026, 4, 1, 23, 59, 59) }],
    [noon + 0.9, { instant: noon }],
    [" 2026-05-01 ", { day: dayNumber(2026, 5, 1) }],
    ["2000-02-29", { day: dayNumber(2000, 2, 29) }],
    ["0001-01-01", { day: dayNumber(1, 1, 1) }],
    ["9999-12-31", { day: dayNumber(9999, 12, 31) }],
    [dayNumber(1, 1, 2) * 86_400_000, { instant: dayNumber(1, 1, 2) * 86_400_000 }],
    [dayNumber(9999, 12, 31) * 86_400_000, { instant: dayNumber(9999, 12, 31) * 86_400_000 }],
    [dayNumber(1, 1, 2) * 86_400_000 - 1, undefined],
    [dayNumber(9999, 12, 31) * 86_400_000 + 1, undefined],
    ["2026-02-30", undefined],
    ["2100-02-29", undefined],
    ["2026-00-10", undefined],
    ["2026-13-01", undefined],
    ["2026-01-00", undefined],
    ["2026-04-31", undefined],
    ["0000-01-01", undefined],
    ["2026-05-01x", undefined],
    ["x2026-05-01", undefined],
    ["2026-05-1", undefined],
    ["12026-05-01", undefined],
    ["2026-02-30T12:00:00Z", undefined],
    ["2026-05-01T24:00:00Z", undefined],
    ["2026-05-01T12:60:00Z", undefined],
    ["2026-05-01T12:00:60Z", undefined],
    ["2026-05-01T12Z", undefined],
    ["2026-05-01T12:00:00.Z", undefined],
    ["2026-05-01T12:00:00.0000000001Z", undefined],
    ["x2026-05-01T12:00:00Z", undefined],
    ["2026-05-01T12:00:00Zx", undefined],
    ["2026-05-01T12:00:00+24:00", undefined],
    ["2026-05-01T12:00:00+2:00", undefined],
    [true, undefined],
    [{}, undefined],
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
