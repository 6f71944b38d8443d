/** Local days against what clocks there really did. */
import { describe, expect, it } from "vitest";
import { dayNumber, periodAfter, periodStart } from "../src/judge/language/calendar.ts";
import { dateOf } from "../src/judge/language/values.ts";
import { zoneNamed } from "../src/judge/language/zone.ts";

const at = (zone: string, year: number, month: number, day: number): string =>
  new Date(zoneNamed(zone)!.startOfDay(dayNumber(year, month - 1, day))).toISOString();

describe("given a zone whose clocks change, when a local day begins and ends", () => {
  it.each([
    ["Europe/Berlin", 2026, 3, 29, "2026-03-28T23:00:00.000Z", 23],
    ["Europe/Berlin", 2026, 10, 25, "2026-10-24T22:00:00.000Z", 25],
    ["America/New_York", 2026, 7, 1, "2026-07-01T04:00:00.000Z", 24],
    // Clocks there go back by half an hour, at 2:00 on the first Sunday of April.
    ["Australia/Lord_Howe", 2026, 4, 5, "2026-04-04T13:00:00.000Z", 24.5],
    // Midnight did not exist: 00:00 became 01:00.
    ["America/Sao_Paulo", 2018, 11, 4, "2018-11-04T03:00:00.000Z", 23],
    ["Asia/Kathmandu", 2026, 1, 1, "2025-12-31T18:15:00.000Z", 24],
    // Skipped when Samoa crossed the date line.
    ["Pacific/Apia", 2011, 12, 30, "2011-12-30T10:00:00.000Z", 0],
    ["Pacific/Apia", 2011, 12, 31, "2011-12-30T10:00:00.000Z", 24],
    ["UTC", 1969, 12, 31, "1969-12-31T00:00:00.000Z", 24],
  ])("then in %s on %i-%i-%i it begins at %s and lasts %d hours", (zone, year, month, day, start, hours) => {
    expect(at(zone, year, month, day)).toBe(start);
    const length = Date.parse(at(zone, year, month, day + 1)) - Date.parse(start);
    expect(length).toBe(hours * 3_600_000);
  });

  it("then each instant is in the day that has begun last", () => {
    const apia = zoneNamed("Pacific/Apia")!;
    const crossing = Date.parse("2011-12-30T10:00:00Z");
    expect(apia.dayAt(crossing - 1)).toBe(dayNumber(2011, 11, 29));
    expect(apia.dayAt(crossing)).toBe(dayNumber(2011, 11, 31));
  });

  it("then a time that clocks there skipped is when they went on, and one they showed twice is the first", () => {
    const berlin = zoneNamed("Europe/Berlin")!;
    const instantOf = (text: string) => dateOf(text, berlin);
    expect(instantOf("2026-03-29T02:30:00")).toEqual({ instant: Date.parse("2026-03-29T01:00:00Z") });
    expect(instantOf("2026-10-25T02:30:00")).toEqual({ instant: Date.parse("2026-10-25T00:30:00Z") });
  });

  it("then a name that is no zone is none", () => {
    expect(zoneNamed("Mars/Olympus_Mons")).toBeUndefined();
  });
});

describe("given a day, when the periods around it are asked", () => {
  const day = dayNumber(2026, 4, 31);
  it.each([
    { period: "week", start: [2026, 5, 25], next: [2026, 6, 1] },
    { period: "month", start: [2026, 5, 1], next: [2026, 6, 1] },
    { period: "quarter", start: [2026, 4, 1], next: [2026, 7, 1] },
    { period: "year", start: [2026, 1, 1], next: [2027, 1, 1] },
  ] as const)(
    "then the $period of Sunday 31 May 2026 begins on $start, the next on $next",
    ({ period, start, next }) => {
      const number = ([year, month, date]: readonly [number, number, number]) =>
        dayNumber(year, month - 1, date);
      expect(periodStart(period, day)).toBe(number(start));
      expect(periodAfter(period, day)).toBe(number(next));
      expect(periodAfter(period, number(next), -1)).toBe(number(start));
    },
  );
});

describe("given what sources write as dates, when it is read", () => {
  const utc = zoneNamed("UTC")!;
  it.each([
    ["2026-05-31", { day: dayNumber(2026, 4, 31) }],
    [" 2026-05-31T12:00Z ", { instant: Date.UTC(2026, 4, 31, 12) }],
    ["2026-05-31 12:00:01.5+02:00", { instant: Date.UTC(2026, 4, 31, 10, 0, 1, 500) }],
    ["2026-05-31T12:00:00-0330", { instant: Date.UTC(2026, 4, 31, 15, 30) }],
    [1_700_000_000_000, { instant: 1_700_000_000_000 }],
    ["2026-02-30", undefined],
    ["0000-00-00", undefined],
    ["2026-05-31T24:00:00Z", undefined],
    ["31.05.2026", undefined],
    [0, undefined],
    ["", undefined],
    [true, undefined],
  ])("then %j is %j", (text, date) => {
    expect(dateOf(text, utc)).toEqual(date);
  });
});
