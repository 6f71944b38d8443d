/** Points that halve every half-life, in 64 steps, in whole numbers of 1/10,000 / 2^40. */
import type { Engagement } from "../../../src/definition/definition.ts";
import { countedByInstant } from "./aggregate.ts";
import type { Knowledge } from "./knowledge.ts";
import { type Fraction, quotient } from "./number.ts";

export const stepsPerHalfLife = 64;
export const lastStep = 40 * stepsPerHalfLife;
export const one = 2n ** 40n;

/** round(2^(40 - i/64)), found in whole numbers: the n with (2n - 1)^64 <= 2^(64 x 41 - i) < (2n + 1)^64. */
const decay: readonly bigint[] = Array.from({ length: stepsPerHalfLife }, (_, i) => {
  const power = 2n ** BigInt(stepsPerHalfLife * 41 - i);
  let n = BigInt(Math.floor(2 ** (40 - i / stepsPerHalfLife))) - 2n;
  while ((2n * n + 1n) ** 64n <= power) n += 1n;
  return n;
});

/** What is left at that step of 2^40. */
export function factorAt(step: number): bigint {
  if (step >= lastStep) return 0n;
  return decay[step % stepsPerHalfLife]! >> BigInt(Math.floor(step / stepsPerHalfLife));
}

export function pointsOf({ points, halfLifeMs }: Engagement, known: Knowledge, t: number): Fraction {
  let sum = 0n;
  for (const { of, weight } of points) {
    for (const { at, occurrence } of countedByInstant(known, of)) {
      const step = Math.floor((stepsPerHalfLife * (t - at)) / halfLifeMs);
      if (at <= t) sum += BigInt(weight) * BigInt(occurrence.sign) * factorAt(step);
    }
  }
  return quotient(sum, one);
}

/** The first instant of a step of an event. */
export function startOfStep(at: number, step: number, halfLifeMs: number): number {
  return at + Math.ceil((step * halfLifeMs) / stepsPerHalfLife);
}
