/**
 * When fading points flip, by hand. Half-life 64 s, so a step a second: k seconds after its event a point is
 * 2^(-k/64), of the table T: T[1] = 0.989228, T[64 + k] = T[k] / 2 less a fraction of 2^-40.
 */
import { describe, expect, it } from "vitest";
import type { Evaluation } from "../src/conditions/condition.ts";
import { engagement } from "../src/conditions/engagement.ts";
import type { NumberComparison } from "../src/definition/definition.ts";
import { totalsFeature } from "../src/features/totals.ts";
import { lastingMs } from "../src/scoring/decay.ts";
import { comparePoints, pointsAfter, pointsBetween } from "../src/scoring/fading-points.ts";

/** [points, age in ms at 0 ms] of each event. */
type Given = readonly (readonly [number, number])[];

const halfLifeMs = 64_000;
const counted = totalsFeature({ type: "instants", retentionMs: Number.POSITIVE_INFINITY }, []);

/** Whether it holds at an instant, and until when. */
function at(nowMs: number, given: Given, op: "above" | "atLeast" | "below" | "atMost", value: number) {
  const totals = given.map(([, ageMs]) => {
    const feature = counted.empty();
    const event = { partition: 0, offset: 0, sign: 1, remembered: true, properties: {} } as const;
    counted.add(feature, { ...event, occurredAt: -ageMs });
    return feature;
  });
  const sources = given.map(([points], feature) => ({ feature, weight: points * 10_000 }));
  const evaluation = { now: nowMs, until: 0, feature: (index: number) => totals[index] };
  const compare: NumberComparison = { op, value };
  const holds = engagement({ sources, halfLifeMs }, compare)(evaluation as unknown as Evaluation);
  return { holds, until: evaluation.until };
}

describe("when fading points flip", () => {
  it("given points below nought between two steps, then they are above half on the 65th step", () => {
    // Half a second old: step 64 (exactly -5, not above) comes after 63.5 s, step 65 (-4.946) after 64.5 s.
    expect(at(0, [[-10, 500]], "above", -5)).toEqual({ holds: false, until: 64_500 });
  });

  it("given points between two steps, then less than half is left on the 65th step", () => {
    expect(at(0, [[10, 500]], "atLeast", 5)).toEqual({ holds: true, until: 64_500 });
  });

  it("given an event whose last trace is gone in half a half-life, then what others give is seen further ahead", () => {
    // 40 half-lives are 2,560 s. Of the 10 points exactly 5 are left at step 64, 4.946 at step 65.
    const given: Given = [
      [1, 2_528_000],
      [10, 0],
    ];
    expect(at(0, given, "atLeast", 5)).toEqual({ holds: true, until: 65_000 });
  });

  it("given two events that step at one instant, then what only one of them would make of it is never seen", () => {
    // 10 points at step 64: 5; -4 at step 0; both step after 500 ms. 10 points that step after 800 ms.
    // 0 ms: 5 - 4 + 10 = 11. 500 ms: 4.946 - 3.957 + 10 = 10.989 (one alone: 4.946 - 4 + 10 = 10.946, below).
    // 800 ms: 4.946 - 3.957 + 9.892 = 10.881, below.
    const given: Given = [
      [10, 64_500],
      [-4, 500],
      [10, 200],
    ];
    expect(at(0, given, "atLeast", 10.95)).toEqual({ holds: true, until: 800 });
  });

  it("given two events that step at one instant, then what both make of it is seen at that instant", () => {
    // 200 ms: -1 steps: 10 + 5 - 0.989 = 14.011. 500 ms: both others do: 9.892 + 4.946 - 0.989 = 13.849
    // (one alone: 9.892 + 5 - 0.989 = 13.903).
    const given: Given = [
      [10, 500],
      [10, 64_500],
      [-1, 800],
    ];
    expect(at(0, given, "atLeast", 13.87)).toEqual({ holds: true, until: 500 });
  });

  it("given what is taken first of all, then the most that the points come to is between two steps", () => {
    // 5 - 10 = -5; after 200 ms the -10 are -9.892: -4.892; after 800 ms the 5 are 4.946: -4.946.
    const given: Given = [
      [5, 200],
      [-10, 800],
    ];
    expect(at(0, given, "above", -4.9)).toEqual({ holds: false, until: 200 });
    expect(at(200, given, "above", -4.9)).toEqual({ holds: true, until: 800 });
  });
});

/**
 * 10 points a half-life older than -5: 10 floor(T / 2^(s + 1)) - 5 floor(T / 2^s), so nought where bit s of T[k] is 0,
 * and -5 of 2^40 where it is 1. Rounding alone decides.
 */
describe("when rounding alone decides", () => {
  it("given a flip within four steps, then it is told to the millisecond", () => {
    // T[20] to T[23] end in 200, 050, 174 and 908, even; T[24] in 509, odd. From step 20.5 that is 3.5 s.
    const given: Given = [
      [10, 84_500],
      [-5, 20_500],
    ];
    expect(at(0, given, "atLeast", 0)).toEqual({ holds: true, until: 3_500 });
    expect(at(3_500, given, "atLeast", 0).holds).toBe(false);
  });

  it("given a flip further ahead, then a bound after four steps, and from there the flip", () => {
    // Bit 2, so T mod 8, by its last three digits: T[36] to T[41] end in 419, 025, 354, 817, 849 and 802, which leave
    // 3, 1, 2, 1, 1 and 2, so bit 2 is 0; T[42] ends in 836, which leaves 4. From step 36.5 that is 5.5 s.
    const given: Given = [
      [10, 228_500],
      [-5, 164_500],
    ];
    expect(at(0, given, "atLeast", 0)).toEqual({ holds: true, until: 4_000 });
    expect(at(4_000, given, "atLeast", 0)).toEqual({ holds: true, until: 5_500 });
    expect(at(5_500, given, "atLeast", 0).holds).toBe(false);
  });

  it("given that it decides only later, then the start of the step in which it does, and from there the flip", () => {
    // The trace of 6 points, more than the 5 that rounding takes, is gone after 2.5 s. T[12] ends in 819, odd, when
    // it is; it is odd at T[11] (607) and T[10] (221) too, which the trace outweighs.
    const given: Given = [
      [10, 74_000],
      [-5, 10_000],
      [6, 2_557_500],
    ];
    expect(at(0, given, "atLeast", 0)).toEqual({ holds: true, until: 2_000 });
    expect(at(2_000, given, "atLeast", 0)).toEqual({ holds: true, until: 2_500 });
    expect(at(2_500, given, "atLeast", 0).holds).toBe(false);
  });
});

describe("fading points", () => {
  it("given 40 half-lives, then for so long an event has points", () => {
    expect(lastingMs(halfLifeMs)).toBe(2_560_000);
  });

  it("given points and two instants, then the least is what was given later less what was taken sooner", () => {
    // 100 units are 100 or 50, -40 are -40 or -20: between 0 and 64 s from 50 - 40 = 10 to 100 - 20 = 80.
    const fading = { ages: [0, 0], points: [100, -40], weight: 140, halfLifeMs };
    const [least, most] = pointsBetween(fading, 0, halfLifeMs);
    expect([comparePoints(least, 10), comparePoints(most, 80)]).toEqual([0, 0]);
  });

  it.each([3, 3_000_000_001, 50_000_000_003])(
    "given %d units, then a step leaves them times T[1], to the last bit",
    (units) => {
      const exact = BigInt(units) * 1_087_667_703_029n;
      const fading = { ages: [1_000], points: [units], weight: units, halfLifeMs };
      expect(pointsAfter(fading, 0)).toEqual({
        high: Number(exact / 2n ** 20n),
        low: Number(exact % 2n ** 20n),
      });
    },
  );
});
