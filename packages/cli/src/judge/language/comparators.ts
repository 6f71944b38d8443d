/** Comparators: of what is stored, and of quantities that are known only by how they stand to a bound. */
import { type Json, listOf, numberOf, textOf, Uninterpretable } from "./json.ts";
import { unitsOf } from "./values.ts";

export const numberComparators = [
  "is",
  "isNot",
  "in",
  "notIn",
  "above",
  "atLeast",
  "below",
  "atMost",
  "between",
] as const;

export const comparators = [
  ...numberComparators,
  "contains",
  "startsWith",
  "endsWith",
  "matches",
  "includes",
  "includesAny",
  "includesAll",
  "exists",
] as const;

/** How a quantity stands to a bound: below (negative), at (0) or above it. */
export type Against = (bound: number) => number;

export interface QuantityTest {
  /** Undefined is missing: it holds for `isNot` and `notIn` only. */
  readonly holds: (against: Against | undefined) => boolean;
  readonly bounds: readonly number[];
}

/** `read` reads the numbers of the definition. */
export function quantityTest(json: Json, read: (value: unknown) => number): QuantityTest {
  const op = theComparator(json, numberComparators);
  const given = json[op];
  const bounds = (Array.isArray(given) ? given : [given]).map(read);
  const [low = 0, high = 0] = bounds;
  const isOne = (against: Against): boolean => bounds.some((bound) => against(bound) === 0);
  const tests: Readonly<Record<string, (against: Against) => boolean>> = {
    is: isOne,
    in: isOne,
    isNot: (against) => !isOne(against),
    notIn: (against) => !isOne(against),
    above: (against) => against(low) > 0,
    atLeast: (against) => against(low) >= 0,
    below: (against) => against(low) < 0,
    atMost: (against) => against(low) <= 0,
    between: (against) => against(low) >= 0 && against(high) <= 0,
  };
  const test = tests[op];
  const whenMissing = op === "isNot" || op === "notIn";
  return {
    bounds,
    holds: (against) => (against === undefined || test === undefined ? whenMissing : test(against)),
  };
}

/** A comparison of one stored value; undefined is not set. */
type ValueTest = (value: unknown) => boolean;

export interface StoredTest {
  readonly test: ValueTest;
  /** Where the comparison is the opposite of another one: that one. */
  readonly opposite?: ValueTest;
  /** It asks about a list as a whole. */
  readonly isOfList?: boolean;
}

export function storedTest(json: Json): StoredTest {
  const op = theComparator(json, comparators);
  const given = json[op];
  const ignoreCase = json.ignoreCase === true;
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const same = (wanted: unknown, value: unknown): boolean => {
    if (typeof wanted === "number") return unitsOf(value) === (unitsOf(wanted) ?? Number.NaN);
    if (typeof wanted === "string") return typeof value === "string" && fold(value) === fold(wanted);
    return value === wanted;
  };
  const any = (wanted: readonly unknown[]): ValueTest => {
    return (value) => wanted.some((one) => same(one, value));
  };
  const text = (test: (value: string, part: string) => boolean): StoredTest => {
    const part = fold(textOf(given, op));
    return { test: (value) => typeof value === "string" && test(fold(value), part) };
  };
  // A single value counts as a list of one.
  const has = (value: unknown, wanted: unknown): boolean =>
    (Array.isArray(value) ? value : [value]).some((item) => item !== undefined && same(wanted, item));

  switch (op) {
    case "is":
      return { test: any([given]) };
    case "in":
      return { test: any(listOf(given, op)) };
    case "isNot":
    case "notIn": {
      const opposite = any(op === "isNot" ? [given] : listOf(given, op));
      return { opposite, test: (value) => !opposite(value) };
    }
    case "contains":
      return text((value, part) => value.includes(part));
    case "startsWith":
      return text((value, part) => value.startsWith(part));
    case "endsWith":
      return text((value, part) => value.endsWith(part));
    case "matches": {
      const pattern = new RegExp(textOf(given, op), ignoreCase ? "iu" : "u");
      return { test: (value) => typeof value === "string" && pattern.test(value) };
    }
    case "includes":
      return { isOfList: true, test: (value) => has(value, given) };
    case "includesAny":
      return { isOfList: true, test: (value) => listOf(given, op).some((wanted) => has(value, wanted)) };
    case "includesAll":
      return { isOfList: true, test: (value) => listOf(given, op).every((wanted) => has(value, wanted)) };
    case "exists":
      return { test: (value) => (value !== undefined) === (given === true) };
    default: {
      const { holds } = quantityTest(json, (bound) => unitsOf(numberOf(bound, op)) ?? Number.NaN);
      return {
        test: (value) => {
          const units = unitsOf(value);
          return units !== undefined && holds((bound) => units - bound);
        },
      };
    }
  }
}

function theComparator<Name extends string>(json: Json, names: readonly Name[]): Name {
  const found = names.filter((name) => Object.hasOwn(json, name));
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Uninterpretable(`expected one comparator, found ${found.join(" and ") || "none"}`);
  return only;
}
