/** Histories with more events than are kept exactly: hundreds within a few days, from a seed. */
import type { Contribution, FoldEvent } from "../../src/index.ts";
import { begin, day } from "./random-history.ts";

/** Numbers from 0 up to a bound, the same for the same seed (a linear congruential generator, Numerical Recipes). */
function numbersFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

export const denseDays = 6;

/** In order of time. Mostly `a`, some `b`; some at one instant, some corrected. */
export function denseHistory(seed: number, count: number): FoldEvent[] {
  const below = numbersFrom(seed);
  const instants = Array.from({ length: count }, () =>
    // One in five on a whole quarter of an hour, where others are.
    below(5) === 0 ? begin + below(denseDays * 96) * 900_000 : begin + below(denseDays * day),
  ).sort((a, b) => a - b);
  const open: Contribution[] = [];
  return instants.map((at, offset) => {
    const own: Contribution = {
      name: below(8) === 0 ? "b" : "a",
      occurredAt: at,
      sign: 1,
      remembered: true,
      properties: {
        total: below(4_000) / 100 - 3,
        item: `item ${below(40)}`,
        lines: Array.from({ length: below(9) }, () => ({ sku: `sku ${below(300)}`, price: below(50) })),
      },
    };
    const contributions = [own];
    if (below(6) === 0 && open.length > 0) {
      const [corrected] = open.splice(below(open.length), 1);
      contributions.push({ ...corrected!, sign: -1, remembered: false });
    }
    open.push(own);
    return { occurredAt: at, partition: below(2), offset, contributions };
  });
}

/** Every so many-th comes late: after all others, the newest first. */
export function withLateOnes(events: readonly FoldEvent[], every: number): FoldEvent[] {
  const isLate = (_: FoldEvent, index: number): boolean => index % every === 0;
  return [...events.filter((event, index) => !isLate(event, index)), ...events.filter(isLate).reverse()];
}
