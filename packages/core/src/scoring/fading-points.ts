/** Points of an engagement at an instant, exactly: weights in units of 1/10,000 times factors of 2^40. */
import { valueAt } from "../features/running.ts";
import type { Totals } from "../features/totals.ts";
import { factorAt, lastStep, stepAt } from "./decay.ts";

/** high x 2^20 + low, with 0 <= low < 2^20. */
export interface Points {
  readonly high: number;
  readonly low: number;
}

export interface PointSource {
  /** Undefined where nothing was folded. */
  readonly totals: Totals | undefined;
  /** Of one event, in units. */
  readonly weight: number;
}

/** What events gave, or took where negative, in units, before it faded; how old they are in ms. */
export interface Fading {
  readonly ages: readonly number[];
  readonly points: readonly number[];
  /** What was given and what was taken, without signs, summed up. */
  readonly weight: number;
  readonly halfLifeMs: number;
}

const half = 2 ** 20;

/** Weights up to this in sum keep both halves within the safe integers. */
const mostSafeWeight = 2 ** 31;

/** What has not come to nothing by `now`; what was given and taken at one instant is one number. */
export function fadingAt(sources: readonly PointSource[], halfLifeMs: number, now: number): Fading {
  const pointsByAge = new Map<number, number>();
  for (const { totals, weight } of sources) {
    if (totals === undefined) continue;
    const { at, counts } = totals;
    for (let bin = at.length - 1; bin >= 0; bin -= 1) {
      const age = Math.max(0, now - (at[bin] ?? 0));
      if (stepAt(age, halfLifeMs) >= lastStep) break;
      pointsByAge.set(age, (pointsByAge.get(age) ?? 0) + valueAt(counts, bin) * weight);
    }
  }
  const [ages, points]: [number[], number[]] = [[], []];
  let weight = 0;
  for (const [age, sum] of pointsByAge) {
    if (sum === 0) continue;
    ages.push(age);
    points.push(sum);
    weight += Math.abs(sum);
  }
  return { ages, points, weight, halfLifeMs };
}

/** `laterMs` after the instant of the ages. */
export function pointsAfter(fading: Fading, laterMs: number): Points {
  const sum = pointSum(fading);
  addAll(fading, laterMs, sum, sum);
  return sum.points();
}

/** The least and the most that is left at any instant from one to another, in ms after that of the ages. */
export function pointsBetween(fading: Fading, fromMs: number, toMs: number): readonly [Points, Points] {
  const [least, most] = [pointSum(fading), pointSum(fading)];
  addAll(fading, fromMs, most, least);
  addAll(fading, toMs, least, most);
  return [least.points(), most.points()];
}

/** What was given goes into one sum, what was taken into the other. */
function addAll(
  { ages, points, halfLifeMs }: Fading,
  laterMs: number,
  given: PointSum,
  taken: PointSum,
): void {
  for (let place = 0; place < ages.length; place += 1) {
    const each = points[place] ?? 0;
    const sum = each > 0 ? given : taken;
    sum.add(each, factorAt(stepAt((ages[place] ?? 0) + laterMs, halfLifeMs)));
  }
}

export interface PointSum {
  /** `points` in units, times a factor or a difference of factors. */
  add(points: number, factor: number): void;
  points(): Points;
}

/** Beginning with nought. */
export function pointSum({ weight }: Fading): PointSum {
  return weight > mostSafeWeight ? largeSum() : halvedSum();
}

function halvedSum(): PointSum {
  let [high, low] = [0, 0];
  return {
    add(points, factor) {
      const factorHigh = Math.floor(factor / half);
      high += points * factorHigh;
      low += points * (factor - factorHigh * half);
    },
    points() {
      const carried = Math.floor(low / half);
      return { high: high + carried, low: low - carried * half };
    },
  };
}

/** The same with whole numbers of any length. */
function largeSum(): PointSum {
  let sum = 0n;
  return {
    add(points, factor) {
      sum += BigInt(points) * BigInt(factor);
    },
    points() {
      const low = BigInt.asUintN(20, sum);
      return { high: Number((sum - low) >> 20n), low: Number(low) };
    },
  };
}

/** The sign of points less a bound in units. */
export function comparePoints({ high, low }: Points, bound: number): number {
  return Math.sign(high - bound * half) || Math.sign(low);
}

/** In units of 1/10,000, halves up. */
export function roundedPoints({ high }: Points): number {
  return Math.floor((high + half / 2) / half);
}
