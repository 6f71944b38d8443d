/**
 * When an answer about fading points changes. Time ahead is cut into windows of one step's length, in each of which
 * every event goes one step further, always in the same order. So what the points come to in window k is what they come
 * to in the first, faded by k steps, but for rounding: windows are passed over, many at once, where all of that answers
 * as now. A window that may hold a change is walked step by step with exact sums.
 */
import { ageAt, factorAt, lastStep, stepAt, stepsPerHalfLife } from "./decay.ts";
import { type Fading, type Points, pointSum, pointsBetween } from "./fading-points.ts";

/** Whether points answer as they do now. */
export interface AnswersAlike {
  /** All points between these. */
  exactly(least: Points, most: Points): boolean;
  /** The same, in units. */
  roughly(least: number, most: number): boolean;
}

/** Windows walked at a time, of those in which rounding alone decides: so far ahead that later will do. */
const mostWalks = 4;

/** Rounding makes less than two of 2^40 of each factor; the rest is for the sums here, which are not exact. */
const slack = 4 / 2 ** 40;

const fadedBy = Float64Array.from({ length: lastStep + 1 }, (_, steps) => 2 ** (-steps / stepsPerHalfLife));
const byOneStep = fadedBy[1] ?? 1;

/**
 * After how many ms the answer is another, if nothing further happens; undefined where it stays. Where that takes too
 * long, a time until which it stays.
 */
export function firstFlip(fading: Fading, alike: AnswersAlike): number | undefined {
  const { ages, halfLifeMs } = fading;
  if (ages.length === 0) return undefined;
  let ordered: Fading | undefined;
  const inOrder = (): Fading => {
    ordered ??= byNextStep(fading);
    return ordered;
  };
  const mayChange = changesIn(fading, inOrder, alike);
  // After the last window nothing is left.
  const last = lastStep - stepAt(Math.min(...ages), halfLifeMs);
  const ahead: Windows[] = [{ first: 0, last }];
  for (let walks = 0; ; ) {
    const windows = ahead.pop();
    if (windows === undefined) return undefined;
    const { first, last } = windows;
    const change = mayChange(windows);
    if (change === "none") continue;
    if (first < last) {
      const middle = (first + last) >> 1;
      ahead.push({ first: middle + 1, last }, { first, last: middle });
      continue;
    }
    if (change === "by rounding") {
      if (walks === 0 && first > 0) return startOf(first, halfLifeMs);
      if (walks === mostWalks) return startOf(first, halfLifeMs);
      walks += 1;
    }
    const flip = flipWithin(inOrder(), first, alike);
    if (flip !== undefined) return flip;
  }
}

interface Windows {
  readonly first: number;
  readonly last: number;
}

/** In ms from now. */
function startOf(window: number, halfLifeMs: number): number {
  return Math.max(1, ageAt(window, halfLifeMs));
}

type Change = "none" | "by rounding" | "likely";

/** Whether the answer may be another in any of some windows. */
function changesIn(fading: Fading, inOrder: () => Fading, alike: AnswersAlike): (windows: Windows) => Change {
  const { weight, halfLifeMs } = fading;
  const [least, most] = extent(fading, inOrder);
  const error = weight * slack;
  return ({ first, last }) => {
    const [soonest, latest] = [fadedBy[first] ?? 0, fadedBy[last] ?? 0];
    const lowest = least * (least < 0 ? soonest : latest);
    const highest = most * (most < 0 ? latest : soonest);
    if (alike.roughly(lowest - error, highest + error)) return "none";
    if (!alike.roughly(lowest, highest)) return "likely";
    const to = ageAt(last + 1, halfLifeMs) - 1;
    const [leastExactly, mostExactly] = pointsBetween(fading, startOf(first, halfLifeMs), to);
    return alike.exactly(leastExactly, mostExactly) ? "none" : "by rounding";
  };
}

/** The least and the most that the points come to in the first window, in units, not rounded. */
function extent(fading: Fading, inOrder: () => Fading): readonly [number, number] {
  const sum = left(fading).reduce((before, one) => before + one, 0);
  if (fading.points.every((one) => one > 0)) return [sum * byOneStep, sum];
  if (fading.points.every((one) => one < 0)) return [sum, sum * byOneStep];
  const { ages, halfLifeMs } = inOrder();
  let [current, least, most] = [sum, sum, sum];
  left(inOrder()).forEach((one, place) => {
    current -= one * (1 - byOneStep);
    if (untilNextStep(ages[place], halfLifeMs) === untilNextStep(ages[place + 1], halfLifeMs)) return;
    least = Math.min(least, current);
    most = Math.max(most, current);
  });
  return [least, most];
}

function left({ ages, points, halfLifeMs }: Fading): number[] {
  return points.map((one, place) => one * (fadedBy[stepAt(ages[place] ?? 0, halfLifeMs)] ?? 0));
}

/** In ms, not rounded. */
function untilNextStep(age: number | undefined, halfLifeMs: number): number {
  if (age === undefined) return Number.NaN;
  return ((stepAt(age, halfLifeMs) + 1) * halfLifeMs) / stepsPerHalfLife - age;
}

/** The same, those first that first go a step further: in every window they go in this order. */
function byNextStep({ ages, points, weight, halfLifeMs }: Fading): Fading {
  const next = ages.map((age) => untilNextStep(age, halfLifeMs));
  const places = ages.map((_, place) => place).sort((a, b) => (next[a] ?? 0) - (next[b] ?? 0));
  return {
    ages: places.map((place) => ages[place] ?? 0),
    points: places.map((place) => points[place] ?? 0),
    weight,
    halfLifeMs,
  };
}

/** Walks one window, of points in the order of their steps. */
function flipWithin(inOrder: Fading, window: number, { exactly }: AnswersAlike): number | undefined {
  const { ages, points, halfLifeMs } = inOrder;
  const start = startOf(window, halfLifeMs);
  const end = ageAt(window + 1, halfLifeMs);
  const sum = pointSum(inOrder);
  const isAlike = (): boolean => {
    const now = sum.points();
    return exactly(now, now);
  };
  for (let place = 0; place < ages.length; place += 1)
    sum.add(points[place] ?? 0, factorAt(stepAt((ages[place] ?? 0) + start, halfLifeMs)));
  let at = start;
  for (let place = 0; place < ages.length; place += 1) {
    const age = ages[place] ?? 0;
    const step = stepAt(age + start, halfLifeMs);
    const next = ageAt(step + 1, halfLifeMs) - age;
    if (step >= lastStep || next >= end) continue;
    if (next !== at && !isAlike()) return at;
    sum.add(points[place] ?? 0, factorAt(step + 1) - factorAt(step));
    at = next;
  }
  return isAlike() ? undefined : at;
}
