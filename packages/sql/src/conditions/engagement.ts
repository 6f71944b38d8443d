/** Points that fade, in whole numbers: weights in units of 1/10,000 times factors of 2^40 (core's `scoring/decay.ts`). */
import { type Engagement, fadingFactor, lastFadingStep, stepsPerHalfLife } from "@tidemark/core";
import type { Context } from "../context.ts";
import { binsOf, reachMs } from "../numbers/measure.ts";

/** The sum of points (SQL), as Int256. */
export function fadedPoints(context: Context, { points, halfLifeMs }: Engagement): string {
  const factors = context.named(
    "fading_factors",
    `[${Array.from({ length: stepsPerHalfLife }, (_, step) => fadingFactor(step)).join(", ")}]`,
  );
  const during = { type: "rolling", lastMs: 40 * halfLifeMs, endingBeforeMs: 0 } as const;
  const sums = points.map(({ of, weight }) => {
    const { name } = context.collected.of(of, reachMs(during));
    const bins = binsOf(context, name, during);
    const step = `intDiv(${stepsPerHalfLife} * greatest(0, ${context.asked.now} - bin), ${halfLifeMs})`;
    const factor = `intDiv(${factors}[${step} % ${stepsPerHalfLife} + 1], bitShiftLeft(toUInt64(1), intDiv(${step}, ${stepsPerHalfLife})))`;
    return `arraySum((event, bin) -> if(${step} < ${lastFadingStep}, event.sign * toInt256(${weight}) * ${factor}, toInt256(0)), ${name}, ${bins})`;
  });
  return sums.length === 0 ? "toInt256(0)" : `(${sums.join(" + ")})`;
}

const wholePoint = 2 ** 40;

/** In units of 1/10,000, halves up. */
export function roundedPoints(faded: string): string {
  const shifted = `(${faded} + toInt256(${wholePoint / 2}))`;
  return `toInt64(intDiv(${shifted} - positiveModulo(${shifted}, toInt256(${wholePoint})), toInt256(${wholePoint})))`;
}

export { wholePoint };
