/** Comparisons of numbers, and where on the number line their answer may change. */
import type { NumberComparison } from "../definition/definition.ts";

/** A test of a number by the sign of (number - bound) for each of its bounds. */
export interface NumberTest {
  readonly holds: (compareTo: (bound: number) => number) => boolean;
  /** The answer where there is no number: rule 5, `isNot` and `notIn` are the opposite of `is` and `in`. */
  readonly missing: boolean;
}

/** `scale` turns the numbers of the definition into those compared (units, or as they are). */
export function numberTest(compare: NumberComparison, scale: (value: number) => number): NumberTest {
  const missing = compare.op === "isNot" || compare.op === "notIn";
  switch (compare.op) {
    case "is":
    case "isNot":
    case "in":
    case "notIn": {
      const given = "values" in compare ? compare.values : [compare.value];
      const bounds = given.filter((value): value is number => typeof value === "number").map(scale);
      return {
        missing,
        holds: (compareTo) => bounds.some((bound) => compareTo(bound) === 0) !== missing,
      };
    }
    case "between": {
      const [from, to] = [scale(compare.from), scale(compare.to)];
      return { missing, holds: (compareTo) => compareTo(from) >= 0 && compareTo(to) <= 0 };
    }
    default: {
      const bound = scale(compare.value);
      const test = tests[compare.op];
      return { missing, holds: (compareTo) => test(compareTo(bound)) };
    }
  }
}

const tests = {
  above: (sign: number) => sign > 0,
  atLeast: (sign: number) => sign >= 0,
  below: (sign: number) => sign < 0,
  atMost: (sign: number) => sign <= 0,
} as const;

/** The same over plain numbers. */
export function plainTest(compare: NumberComparison, scale = (value: number): number => value) {
  const test = numberTest(compare, scale);
  let number = 0;
  const compareTo = (bound: number): number => number - bound;
  return (value: number): boolean => {
    number = value;
    return test.holds(compareTo);
  };
}

/** Whole numbers, ascending, at which the answer may be another than at the whole number before. */
export function wholeEdges(compare: NumberComparison): number[] {
  const bounds: number[] = [];
  for (const value of boundsOf(compare)) bounds.push(Math.ceil(value), Math.floor(value) + 1);
  return [...new Set(bounds)].sort((a, b) => a - b);
}

/** The numbers a comparison names. */
export function boundsOf(compare: NumberComparison): number[] {
  if (compare.op === "between") return [compare.from, compare.to];
  const given = "values" in compare ? compare.values : [compare.value];
  return given.filter((value): value is number => typeof value === "number");
}
