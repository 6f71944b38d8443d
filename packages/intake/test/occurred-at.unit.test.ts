import { describe, expect, it } from "vitest";
import type { EventFault } from "../src/index.ts";
import { readOccurredAt } from "../src/index.ts";
import { arrivalOf } from "../src/occurred-at.ts";

/** 2026-03-01T09:30:00Z, from `date -u -d @1772357400`. */
const morning = 1_772_357_400_000;
const arrivedAt = morning + 60_000;

function read(value: string | number) {
  const faults: EventFault[] = [];
  return { instant: readOccurredAt(value, arrivedAt, faults), faults };
}

describe("given what a source says of when something happened", () => {
  it.each([
    ["ms since 1970", morning, morning],
    ["a fraction of a ms", morning + 0.9, morning],
    ["before 1970", -1_000, -1_000],
    ["text in UTC", "2026-03-01T09:30:00Z", morning],
    ["without seconds", "2026-03-01T09:30Z", morning],
    ["with a fraction", "2026-03-01T09:29:59.9996789Z", morning - 1],
    ["with a comma", "2026-03-01T09:29:59,5Z", morning - 500],
    ["in another zone", "2026-03-01T15:00:00+05:30", morning],
    ["in a zone behind", "2026-03-01T04:30:00-05", morning],
    ["a zone without a colon", "2026-03-01T10:30:00+0100", morning],
    ["with a space, as databases have it", "2026-03-01 09:30:00 UTC", morning],
    ["with a zone in lower case", "2026-03-01T09:30:00z", morning],
    ["with space around it", " 2026-03-01T09:30:00Z ", morning],
    ["29 February of a leap year", "2024-02-29T00:00:00Z", 1_709_164_800_000],
    ["the first instant of 1900", "1900-01-01T00:00:00Z", -2_208_988_800_000],
  ])("%s is read to the ms", (_, value, expected) => {
    expect(read(value)).toEqual({ instant: expected, faults: [] });
  });

  it.each([
    ["no instant", "yesterday"],
    ["without a zone", "2026-03-01T09:30:00"],
    ["a day without a time", "2026-03-01"],
    ["30 February", "2026-02-30T00:00:00Z"],
    ["29 February of a common year", "2025-02-29T00:00:00Z"],
    ["month 13", "2026-13-01T00:00:00Z"],
    ["hour 24", "2026-03-01T24:00:00Z"],
    ["a leap second", "2016-12-31T23:59:60Z"],
    ["a zone that is nowhere", "2026-03-01T09:30:00+25:00"],
    ["nothing", ""],
    ["zero", 0],
    ["seconds where ms were meant", 1_772_357_400],
    ["not a number", Number.NaN],
    ["without end", Number.POSITIVE_INFINITY],
  ])("%s is refused as invalid", (_, value) => {
    const { instant, faults } = read(value);
    expect(instant).toBeNull();
    expect(faults.map(({ path, reason }) => [path, reason])).toEqual([["occurredAt", "invalid"]]);
  });

  it.each([
    ["the last ms of 1899", "1899-12-31T23:59:59.999Z", "too-old"],
    ["the year 1 that some databases have for nothing", "0001-01-01T00:00:00Z", "too-old"],
    ["more than five minutes ahead", arrivedAt + 300_001, "future"],
    ["far ahead", 4_102_444_800_001, "future"],
  ])("%s is refused", (_, value, reason) => {
    const { instant, faults } = read(value);
    expect(instant).toBeNull();
    expect(faults.map((fault) => fault.reason)).toEqual([reason]);
  });

  it("up to five minutes ahead takes the time of arrival", () => {
    expect(read(arrivedAt + 300_000).instant).toBe(arrivedAt);
    expect(read(arrivedAt + 1).instant).toBe(arrivedAt);
    expect(read(arrivedAt).instant).toBe(arrivedAt);
  });
});

describe("given a record's own timestamp", () => {
  it.each([
    ["the timestamp, where it is one", morning, morning],
    ["the timestamp, where our clock is a day behind", arrivedAt + 86_400_000, arrivedAt + 86_400_000],
    ["now, where there is none", -1, arrivedAt],
    ["now, where it is in seconds", 1_772_357_400, arrivedAt],
  ])("the arrival is %s", (_, timestamp, expected) => {
    expect(arrivalOf(timestamp, arrivedAt)).toBe(expected);
  });
});
