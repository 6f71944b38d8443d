/** Points of an engagement at an instant, exactly: weights in units of 1/10,000 times factors of 2^40. */
import { valueAt } from "../features/running.ts";
import type { Totals } from "../features/totals.ts";
import { decayFactor } from "./decay.ts";

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

const half = 2 ** 20;

/** Weights up to this in sum keep both halves within the safe integers. */
const mostSafeWeight = 2 ** 31;

export function pointsAt(sources: readonly PointSource[], halfLifeMs: number, now: number): Points {
  let [high, low, weights] = [0, 0, 0];
  for (const { totals, weight } of sources) {
    if (totals === undefined) continue;
    const { at, counts } = totals;
    for (let bin = at.length - 1; bin >= 0; bin -= 1) {
      const factor = decayFactor(Math.max(0, now - (at[bin] ?? 0)), halfLifeMs);
      if (factor === 0) break;
      const points = valueAt(counts, bin) * weight;
      weights += Math.abs(points);
      high += points * Math.floor(factor / half);
      low += points * (factor % half);
    }
  }
  if (weights > mostSafeWeight) return largePointsAt(sources, halfLifeMs, now);
  const carried = Math.floor(low / half);
  return { high: high + carried, low: low - carried * half };
}

/** The same with whole numbers of any length. */
function largePointsAt(sources: readonly PointSource[], halfLifeMs: number, now: number): Points {
  let sum = 0n;
  for (const { totals, weight } of sources) {
    totals?.at.forEach((at, bin) => {
      const points = BigInt(valueAt(totals.counts, bin)) * BigInt(weight);
      sum += points * BigInt(decayFactor(Math.max(0, now - at), halfLifeMs));
    });
  }
  const low = BigInt.asUintN(20, sum);
  return { high: Number((sum - low) >> 20n), low: Number(low) };
}

/** The sign of points less a bound in units. */
export function comparePoints({ high, low }: Points, bound: number): number {
  return Math.sign(high - bound * half) || Math.sign(low);
}

/** In units of 1/10,000, halves up. */
export function roundedPoints({ high }: Points): number {
  return Math.floor((high + half / 2) / half);
}
