/** A comparison of any stored value, compiled. Missing (undefined) holds for `isNot`, `notIn` and `exists: false` only. */
import { readUnits, toUnits } from "../decimal.ts";
import type { Comparison, Scalar } from "../definition/definition.ts";
import { compilePattern, search } from "./pattern.ts";

export function compileComparison(compare: Comparison): (value: unknown) => boolean {
  switch (compare.op) {
    case "is":
      return oneOf([compare.value], compare.ignoreCase);
    case "in":
      return oneOf(compare.values, compare.ignoreCase);
    case "isNot": {
      const same = oneOf([compare.value], compare.ignoreCase);
      return (value) => !same(value);
    }
    case "notIn": {
      const same = oneOf(compare.values, compare.ignoreCase);
      return (value) => !same(value);
    }
    case "above":
      return units((value, bound) => value > bound, compare.value);
    case "atLeast":
      return units((value, bound) => value >= bound, compare.value);
    case "below":
      return units((value, bound) => value < bound, compare.value);
    case "atMost":
      return units((value, bound) => value <= bound, compare.value);
    case "between": {
      const from = units((value, bound) => value >= bound, compare.from);
      const to = units((value, bound) => value <= bound, compare.to);
      return (value) => from(value) && to(value);
    }
    case "contains":
      return textual(compare, (value, part) => value.includes(part));
    case "startsWith":
      return textual(compare, (value, part) => value.startsWith(part));
    case "endsWith":
      return textual(compare, (value, part) => value.endsWith(part));
    case "matches":
      return matching(compare.pattern, compare.ignoreCase);
    case "includes":
      return listed([compare.value], compare.ignoreCase, false);
    case "includesAny":
      return listed(compare.values, compare.ignoreCase, false);
    case "includesAll":
      return listed(compare.values, compare.ignoreCase, true);
    case "exists":
      return (value) => (value !== undefined) === compare.value;
  }
}

function oneOf(values: readonly Scalar[], ignoreCase: boolean): (value: unknown) => boolean {
  const tests = values.map((wanted) => {
    if (typeof wanted === "number") {
      const bound = toUnits(wanted);
      return (value: unknown) => readUnits(value) === bound;
    }
    if (typeof wanted === "string" && ignoreCase) {
      const folded = wanted.toLowerCase();
      return (value: unknown) => typeof value === "string" && value.toLowerCase() === folded;
    }
    return (value: unknown) => value === wanted;
  });
  return (value) => tests.some((test) => test(value));
}

function units(test: (value: number, bound: number) => boolean, bound: number): (value: unknown) => boolean {
  const scaled = toUnits(bound);
  return (value) => {
    const number = readUnits(value);
    return number !== undefined && test(number, scaled);
  };
}

function textual(
  { value: part, ignoreCase }: { readonly value: string; readonly ignoreCase: boolean },
  test: (value: string, part: string) => boolean,
): (value: unknown) => boolean {
  const wanted = ignoreCase ? part.toLowerCase() : part;
  return (value) => typeof value === "string" && test(ignoreCase ? value.toLowerCase() : value, wanted);
}

/** Parsed definitions have patterns that compile; RangeError for one that does not. */
function matching(pattern: string, ignoreCase: boolean): (value: unknown) => boolean {
  const compiled = compilePattern(pattern, ignoreCase);
  if ("position" in compiled) throw new RangeError(`the pattern ${pattern} does not compile`);
  return (value) => typeof value === "string" && search(compiled, value).found;
}

/** A single value counts as a list of one: what an event took through a list of items may be either. */
function listed(values: readonly Scalar[], ignoreCase: boolean, every: boolean): (value: unknown) => boolean {
  const tests = values.map((value) => oneOf([value], ignoreCase));
  return (value) => {
    if (value === undefined || value === null) return false;
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    const has = (test: (item: unknown) => boolean): boolean => items.some(test);
    return every ? tests.every(has) : tests.some(has);
  };
}
