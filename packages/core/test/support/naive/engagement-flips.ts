/** When comparisons of engagement flip with no further event, by walking all steps of all events that are known. */
import type { Engagement, NumberComparison } from "../../../src/definition/definition.ts";
import { countedByInstant } from "./aggregate.ts";
import { factorAt, lastStep, one, pointsOf, startOfStep, stepsPerHalfLife } from "./engagement.ts";
import type { Knowledge } from "./knowledge.ts";
import { compares, quotient } from "./number.ts";

/** The sum becomes another by so much. */
interface Step {
  readonly at: number;
  readonly difference: bigint;
}

/** Instants after `from` and up to `to` at which any of the comparisons holds anew or no more. */
export function engagementFlips(
  engagement: Engagement,
  comparisons: readonly NumberComparison[],
  known: Knowledge,
  from: number,
  to: number,
): number[] {
  if (comparisons.length === 0) return [];
  const steps = stepsOf(engagement, known, from, to).sort((a, b) => a.at - b.at);
  const start = pointsOf(engagement, known, from);
  let sum = (start.numerator * one) / start.denominator;
  const answers = (): string =>
    comparisons.map((compare) => Number(compares(compare, quotient(sum, one)))).join("");
  const flips: number[] = [];
  let before = answers();
  for (const [index, { at, difference }] of steps.entries()) {
    sum += difference;
    if (steps[index + 1]?.at === at) continue;
    const now = answers();
    if (now !== before) flips.push(at);
    before = now;
  }
  return flips;
}

function stepsOf({ points, halfLifeMs }: Engagement, known: Knowledge, from: number, to: number): Step[] {
  const steps: Step[] = [];
  for (const { of, weight } of points) {
    for (const { at: origin, occurrence } of countedByInstant(known, of)) {
      const given = BigInt(weight * occurrence.sign);
      let step = Math.floor((stepsPerHalfLife * (from - origin)) / halfLifeMs);
      while (step < lastStep) {
        step += 1;
        const at = startOfStep(origin, step, halfLifeMs);
        if (at > to) break;
        const difference = given * (factorAt(step) - factorAt(step - 1));
        if (difference !== 0n) steps.push({ at, difference });
      }
    }
  }
  return steps;
}
