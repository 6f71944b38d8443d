import { zoneCalendar } from "@tidemark/core";
import { describe, expect, test } from "vitest";
import { type DateFormat, instantOfReading, isoDates, parseDateFormat } from "../../src/index.ts";

const utc = zoneCalendar("UTC")!;
const berlin = zoneCalendar("Europe/Berlin")!;
const dayMs = 86_400_000;

/** As ISO 8601: a day, a local time without a zone, an instant with Z; or what is wrong. */
function said(reader: DateFormat | { readonly fault: string }, value: string | number): string {
  if (typeof reader !== "function") return reader.fault;
  const reading = reader(value);
  if ("fault" in reading) return reading.fault;
  if (reading.type === "day") return new Date(reading.day * dayMs).toISOString().slice(0, 10);
  const text = new Date(reading.type === "local" ? reading.wallMs : reading.ms).toISOString();
  return reading.type === "local" ? text.slice(0, -1) : text;
}

describe("formats of dates", () => {
  test.each([
    ["M/d/yyyy", "5/14/1965", "1965-05-14"],
    ["M/d/yyyy", "04/08/1966", "1966-04-08"],
    ["M/d/yyyy", " 12/31/1999 ", "1999-12-31"],
    ["d.M.yyyy", "11.12.1999", "1999-12-11"],
    ["dd.MM.yy", "01.02.69", "2069-02-01"],
    ["dd.MM.yy", "01.02.70", "1970-02-01"],
    ["yyyyMMdd", "19970101", "1997-01-01"],
    ["yyyymmdd", "19970101", "1997-01-01"],
    ["YYYY-MM-DD", "2024-02-29", "2024-02-29"],
    ["d-MMM-yyyy", "9-dec-2011", "2011-12-09"],
    ["MMMM d, yyyy", "December 9, 2011", "2011-12-09"],
    ["yyyy-MM-dd HH:mm:ss", "2011-12-09 12:50:30", "2011-12-09T12:50:30.000"],
    ["yyyy-mm-dd hh:mm:ss", "2011-12-09 22:50:30", "2011-12-09T22:50:30.000"],
    ["yyyy-MM-ddTHH:mm:ss.SSS", "2011-12-09T12:50:30.250", "2011-12-09T12:50:30.250"],
    ["yyyy-MM-dd'T'HH:mm:ss.S", "2011-12-09T12:50:30.0581234", "2011-12-09T12:50:30.058"],
    ["d.M.yyyy 'um' H 'Uhr'", "9.12.2011 um 7 Uhr", "2011-12-09T07:00:00.000"],
    ["h 'o''clock' a, M/d/yyyy", "7 o'clock pm, 12/9/2011", "2011-12-09T19:00:00.000"],
    ["M/d/yyyy h:mm a", "12/9/2011 12:05 AM", "2011-12-09T00:05:00.000"],
    ["M/d/yyyy h:mm a", "12/9/2011 12:05 p.m.", "2011-12-09T12:05:00.000"],
    // 12:50:30 at +0530 is 07:20:30 at UTC.
    ["yyyy-MM-dd HH:mm:ss X", "2011-12-09 12:50:30 +0530", "2011-12-09T07:20:30.000Z"],
    ["yyyy-MM-dd HH:mm:ssX", "2011-12-09 12:50:30Z", "2011-12-09T12:50:30.000Z"],
    // Hand-checked with `date -u -d @1323435000`.
    ["epoch", "1323435000", "2011-12-09T12:50:00.000Z"],
    ["epoch", 1_323_435_000, "2011-12-09T12:50:00.000Z"],
    ["unix", "1323435000.5", "2011-12-09T12:50:00.500Z"],
    ["epoch-ms", 1_323_435_000_000, "2011-12-09T12:50:00.000Z"],
    ["epoch-us", "1601213844074632", "2020-09-27T13:37:24.074Z"],
    // 1 January 2000 is 30 x 365 + 7 leap days = 10,957 days after 1 January 1970.
    ["epoch-days", 10_957, "2000-01-01"],
    ["epoch", "-1", "1969-12-31T23:59:59.000Z"],
  ])("given the format %s, when %s is read, then it is %s", (format, text, expected) => {
    expect(said(parseDateFormat(format), text)).toBe(expected);
  });

  test.each([
    ["5/14/1965 00:00", "1965-05-14"],
    ["5/14/1965 0:00:00", "1965-05-14"],
    ["5/14/1965 12:00 AM", "1965-05-14"],
    ["5/14/1965 8:05", "1965-05-14T08:05:00.000"],
    ["5/14/1965 8:05:30 PM", "1965-05-14T20:05:30.000"],
  ])(
    "given a format without a time, when %s has one, then it counts unless it is midnight",
    (text, expected) => {
      expect(said(parseDateFormat("M/d/yyyy"), text)).toBe(expected);
    },
  );

  test("given a format with a time, when it is midnight, then it stays a time", () => {
    expect(said(parseDateFormat("M/d/yyyy H:mm"), "5/14/1965 0:00")).toBe("1965-05-14T00:00:00.000");
    expect(said(parseDateFormat("M/d/yyyy h:mm:ss a"), "5/14/1965 12:00:00 AM")).toBe(
      "1965-05-14T00:00:00.000",
    );
  });

  test.each([
    ["M/d/yyyy", "14/5/1965", "has the month 14"],
    ["M/d/yyyy", "2/30/2011", "has the day 30, which that month has not"],
    ["M/d/yyyy", "2/29/2023", "has the day 29, which that month has not"],
    ["M/d/yyyy", "0/1/2011", "has the month 0"],
    ["M/d/yyyy", "1.2.2011", "is no date as M/d/yyyy"],
    ["M/d/yyyy", "", "is no date as M/d/yyyy"],
    ["M/d/yyyy", "1/2/0000", "has the day 2, which that month has not"],
    ["yyyy-MM-dd", "2011-1-02", "is no date as yyyy-MM-dd"],
    ["M/d/yyyy H:mm", "1/2/2011 24:00", "has a time of day that is none"],
    ["M/d/yyyy h:mm a", "1/2/2011 13:00 PM", "has a time of day that is none"],
    ["yyyy-MM-dd HH:mm X", "2011-01-02 10:00 +19:00", "has the offset +19:00"],
    ["epoch", "yesterday", "is no time as epoch, counted from 1970"],
    // Milliseconds where seconds were meant: the year 43,908.
    ["epoch", 1_323_435_000_000, "is no time as epoch, counted from 1970"],
  ])("given the format %s, when %s is read, then it says that it %s", (format, text, expected) => {
    expect(said(parseDateFormat(format), text)).toBe(expected);
  });

  test.each([
    ["yyyy-MM", "lacks day"],
    ["H:mm", "lacks year and month and day"],
    ["dd.MM.yyyy q", "has q, which means nothing here"],
    ["d.d.yyyy", "names the day twice"],
    ["MMMMM d yyyy", "has MMMMM, which means nothing here"],
    ["d.M.yyyy 'um H", "has a quote that is not closed"],
    ["", "lacks year and month and day"],
  ])("given the format %s, when it cannot be used, then it says why", (format, expected) => {
    expect(said(parseDateFormat(format), "")).toBe(expected);
  });

  test.each([
    ["2011-12-09", "2011-12-09"],
    ["2011-12-09 12:50", "2011-12-09T12:50:00.000"],
    ["2011-12-09T12:50:30.25", "2011-12-09T12:50:30.250"],
    ["2011-12-09T12:50:30Z", "2011-12-09T12:50:30.000Z"],
    ["2021-12-31T19:00:00-05:00", "2022-01-01T00:00:00.000Z"],
    ["2020-09-27T13:37:24.058468Z", "2020-09-27T13:37:24.058Z"],
    ["12/9/2011", "is no ISO 8601 date or time"],
    ["2011-02-30", "has the day 30, which that month has not"],
  ])("given no format, when %s is read as ISO 8601, then it is %s", (text, expected) => {
    expect(said(isoDates, text)).toBe(expected);
  });

  test("given a local time or a day, when its instant is asked for, then the zone's offset on that day counts", () => {
    const instant = (text: string, zone = berlin) => {
      const reading = isoDates(text);
      return "fault" in reading ? reading.fault : new Date(instantOfReading(reading, zone)).toISOString();
    };
    expect(instant("2026-01-15T12:00")).toBe("2026-01-15T11:00:00.000Z");
    expect(instant("2026-07-15T12:00")).toBe("2026-07-15T10:00:00.000Z");
    expect(instant("2026-07-15")).toBe("2026-07-14T22:00:00.000Z");
    expect(instant("2026-07-15", utc)).toBe("2026-07-15T00:00:00.000Z");
    expect(instant("2026-07-15T12:00Z")).toBe("2026-07-15T12:00:00.000Z");
    // 02:30 does not exist on that day in Berlin: the clock goes from 02:00 to 03:00 at 01:00 UTC.
    expect(instant("2026-03-29T02:30")).toBe("2026-03-29T01:00:00.000Z");
  });
});
