/** The naive scan against figures published elsewhere: what the engine is held against must itself be right. */
import { describe, expect, it } from "vitest";
import type { Engagement } from "../src/definition/definition.ts";
import { dayMs, startOfDay, startOfPeriod } from "./support/naive/calendar.ts";
import { factorAt, pointsOf } from "./support/naive/engagement.ts";
import { knowledgeOf } from "./support/naive/knowledge.ts";
import { distanceMetres, murmurHash3 } from "./support/naive/place.ts";
import { quantile } from "./support/naive/quantile.ts";

describe("the naive scan", () => {
  it("given texts with published hashes, then MurmurHash3 gives those", () => {
    // The vectors of Wikipedia's page on MurmurHash, seed 0.
    expect(murmurHash3("")).toBe(0n);
    expect(murmurHash3("test")).toBe(0xba6bd213n);
    expect(murmurHash3("Hello, world!")).toBe(0xc0363e43n);
    expect(murmurHash3("The quick brown fox jumps over the lazy dog")).toBe(0x2e4ff723n);
  });

  it("given places whose distance follows from the radius alone, then it is that", () => {
    const radius = 6_371_008.8;
    // A quarter of the equator, half of it, and one degree of a meridian: pi/2, pi and pi/180 radii.
    expect(distanceMetres([0, 0], [0, 90])).toBe(Math.round((radius * Math.PI) / 2));
    expect(distanceMetres([0, 0], [0, 180])).toBe(Math.round(radius * Math.PI));
    expect(distanceMetres([51, 7], [52, 7])).toBe(Math.round((radius * Math.PI) / 180));
    expect(distanceMetres([89, 0], [89, 180])).toBe(Math.round((radius * 2 * Math.PI) / 180));
  });

  it("given days on which clocks change, then they begin where the rules say", () => {
    const day = (text: string): number => Date.parse(text) / dayMs;
    const start = (zone: string, text: string): string => new Date(startOfDay(zone, day(text))).toISOString();
    // Berlin: UTC+1, from 2024-03-31T01:00Z on UTC+2. New York: UTC-5, from 2024-03-10T07:00Z on UTC-4.
    expect(start("Europe/Berlin", "2024-03-31")).toBe("2024-03-30T23:00:00.000Z");
    expect(start("Europe/Berlin", "2024-04-01")).toBe("2024-03-31T22:00:00.000Z");
    expect(start("America/New_York", "2024-03-10")).toBe("2024-03-10T05:00:00.000Z");
    expect(start("America/New_York", "2024-03-11")).toBe("2024-03-11T04:00:00.000Z");
    expect(start("America/New_York", "2023-11-06")).toBe("2023-11-06T05:00:00.000Z");
    expect(start("Asia/Kathmandu", "2024-01-01")).toBe("2023-12-31T18:15:00.000Z");
    // 2024-01-01 was a Monday.
    const week = startOfPeriod("UTC", "week", Date.UTC(2024, 0, 7, 23), 1);
    expect(new Date(week).toISOString()).toBe("2023-12-25T00:00:00.000Z");
  });

  it("given an event a half-life old, then half its points are left; after 40, none", () => {
    expect([factorAt(0), factorAt(64), factorAt(32)]).toEqual([2n ** 40n, 2n ** 39n, 777_472_127_994n]);
    const engagement: Engagement = {
      kind: "engagement",
      id: "p",
      name: "p",
      tags: [],
      subject: "customer",
      points: [{ of: { event: "a" }, weight: 80_000 }],
      halfLifeMs: 6_400,
    };
    const contributions = [{ name: "a", occurredAt: 0, sign: 1 as const, properties: {}, remembered: true }];
    const known = knowledgeOf([{ occurredAt: 0, partition: 0, offset: 0, contributions }]);
    const at = (t: number): number => {
      const { numerator, denominator } = pointsOf(engagement, known, t);
      return Number(numerator) / Number(denominator);
    };
    // 8 points in units of 1/10,000; a step is 100 ms long; 2^(40 - 1/2) is 777,472,127,993.98.
    expect([at(0), at(99), at(6_400), at(12_800)]).toEqual([80_000, 80_000, 40_000, 20_000]);
    expect([at(40 * 6_400 - 1) > 0, at(40 * 6_400)]).toEqual([true, 0]);
  });

  it("given the sample that R's manual of quantile() uses for type 7, then the quartiles are R's", () => {
    // quantile(1:10, type = 7): 3.25, 5.5, 7.75.
    const sample = Array.from({ length: 10 }, (_, index) => (index + 1) * 10_000);
    expect([1, 2, 3].map((quarter) => quantile(sample, quarter, 4))).toEqual([32_500, 55_000, 77_500]);
  });
});
