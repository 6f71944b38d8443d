import { zoneCalendar } from "@tidemark/core";
import { describe, expect, test } from "vitest";
import { knownTimes, type TimeReader, timesAs } from "../src/orders-file/time-format.ts";

const utc = zoneCalendar("UTC")!;
const berlin = zoneCalendar("Europe/Berlin")!;

const read = (reader: TimeReader | { readonly fault: string }, text: string): string => {
  if (typeof reader !== "function") return reader.fault;
  const value = reader(text);
  return typeof value === "number" ? new Date(value).toISOString() : value.fault;
};

describe("times in files", () => {
  test.each([
    ["2011-12-09 12:50:00", "2011-12-09T12:50:00.000Z"],
    ["2011-12-09 12:50", "2011-12-09T12:50:00.000Z"],
    ["2011-12-09", "2011-12-09T00:00:00.000Z"],
    ["2011-12-09T12:50:00Z", "2011-12-09T12:50:00.000Z"],
    ["2011-12-09T12:50:00.25+02:00", "2011-12-09T10:50:00.250Z"],
    ["19970101", "1997-01-01T00:00:00.000Z"],
    ["12/9/2011", "2011-12-09T00:00:00.000Z"],
    ["12/9/2011 8:26", "2011-12-09T08:26:00.000Z"],
    ["12/9/2011 8:26:05 PM", "2011-12-09T20:26:05.000Z"],
  ])("given %s, when nobody says how to read it, then it is %s", (text, expected) => {
    expect(read(knownTimes(utc), text)).toBe(expected);
  });

  test("given local times, when the zone is Berlin, then its offset on that day counts, and a skipped hour is the next", () => {
    expect(read(knownTimes(berlin), "2026-01-15 12:00")).toBe("2026-01-15T11:00:00.000Z");
    expect(read(knownTimes(berlin), "2026-07-15 12:00")).toBe("2026-07-15T10:00:00.000Z");
    expect(read(knownTimes(berlin), "2026-03-29 02:30")).toBe("2026-03-29T01:00:00.000Z");
    expect(read(knownTimes(berlin), "2026-07-15T12:00:00Z")).toBe("2026-07-15T12:00:00.000Z");
  });

  test.each([
    ["d.M.yyyy", "9.12.2011", "2011-12-09T00:00:00.000Z"],
    ["d.M.yyyy", "9.12.2011 08:05", "2011-12-09T08:05:00.000Z"],
    ["dd/MM/yy HH:mm", "09/12/11 23:59", "2011-12-09T23:59:00.000Z"],
    ["yyyymmdd", "19970101", "1997-01-01T00:00:00.000Z"],
    ["yyyy-mm-dd hh:mm:ss", "2011-12-09 12:50:30", "2011-12-09T12:50:30.000Z"],
    ["dd-MMM-yyyy h:mm a", "09-Dec-2011 12:05 AM", "2011-12-09T00:05:00.000Z"],
    ["unix", "1323435000", "2011-12-09T12:50:00.000Z"],
    ["unix-ms", "1323435000000", "2011-12-09T12:50:00.000Z"],
  ])("given the format %s, when %s is read, then it is %s", (format, text, expected) => {
    expect(read(timesAs(format, utc), text)).toBe(expected);
  });

  test.each([
    ["13/1/2011", /has the month 13; if the day comes first, name the format: time=COLUMN@d\/M\/yyyy/],
    ["2/30/2011", /has the day 30, which its month has not/],
    ["2011-12-09 24:00:00", /time of day/],
    ["yesterday", /is no time/],
  ])("given %s, when it is read, then the reason says what is wrong", (text, reason) => {
    expect(read(knownTimes(utc), text)).toMatch(reason);
  });

  test.each([
    ["yyyy-MM", /lacks day/],
    ["dd.MM.yyyy q", /"q" .* means nothing/],
    ["d.d.yyyy", /names the day twice/],
  ])("given the format %s, when it cannot be used, then it says why", (format, reason) => {
    expect(read(timesAs(format, utc), "")).toMatch(reason);
  });
});
