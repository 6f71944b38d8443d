import { describe, expect, test } from "vitest";
import { type Meaning, meaningOf, type Outcome, pauseAfter } from "../src/attempt.ts";
import { pauses } from "./samples.ts";

const answer = (status: number, retryAfter: string | null = null): Outcome => ({
  status,
  retryAfter,
  text: "",
});
const failed: Outcome = { failure: "ECONNREFUSED" };
const now = Date.UTC(2026, 4, 1, 12);

describe("what an attempt means", () => {
  test.each<[number, Meaning]>([
    [200, "delivered"],
    [202, "delivered"],
    [204, "delivered"],
    [299, "delivered"],
    [301, "final"],
    [302, "final"],
    [307, "final"],
    [400, "final"],
    [401, "final"],
    [404, "final"],
    [408, "retry"],
    [409, "final"],
    [410, "final"],
    [422, "final"],
    [429, "retry"],
    [499, "final"],
    [500, "retry"],
    [501, "retry"],
    [502, "retry"],
    [503, "retry"],
    [504, "retry"],
    [599, "retry"],
  ])("given the status %i, then it is %s", (status, meaning) => {
    expect(meaningOf(answer(status))).toBe(meaning);
  });

  test("given no answer, then it is tried again", () => {
    expect(meaningOf(failed)).toBe("retry");
    expect(meaningOf({ failure: "timeout" })).toBe("retry");
  });
});

describe("the pause after a failed attempt", () => {
  test.each([
    [1, 0, 250],
    [1, 0.5, 375],
    [2, 0, 500],
    [3, 0, 1_000],
    [7, 0, 15_000],
    [7, 0.999_999, 30_000],
    [60, 0, 15_000],
  ])("given attempt %i and the chance %d, then it is %i ms", (attempt, random, expected) => {
    expect(pauseAfter(attempt, failed, now, random, pauses)).toBe(expected);
  });

  test.each([
    ["seconds", "7", 7_000],
    ["seconds with blanks", " 7 ", 7_000],
    ["more than a minute", "86400", 60_000],
    ["less than the usual pause", "0", 250],
    ["a date ahead", "Fri, 01 May 2026 12:00:09 GMT", 9_000],
    ["a date gone by", "Fri, 01 May 2026 11:00:00 GMT", 250],
    ["a date far ahead", "Fri, 01 May 2099 12:00:00 GMT", 60_000],
    ["what is neither", "soon", 250],
    ["a number below zero", "-5", 250],
    ["a fraction", "1.5", 250],
    ["nothing", "", 250],
  ])("given that Retry-After is %s, then it is kept to within bounds", (_, header, expected) => {
    expect(pauseAfter(1, answer(503, header), now, 0, pauses)).toBe(expected);
  });
});
