/**
 * A stored value in SQL is its JSON text: `"gold"`, `12.5`, `["a","b"]`. The empty text is a missing value, as is null.
 */
import { type Comparison, type Scalar, toUnits } from "@tidemark/core";
import type { Parameters } from "./parameters.ts";
import { patternText } from "./pattern-text.ts";
import { allOf, anyOf, number } from "./text.ts";

/** White space as JavaScript trims it, in RE2. */
export const space = "[\\\\s\\\\x0B\\\\x{FEFF}\\\\p{Z}]*";

/** Functions that stand before every query: each is one expression over what it is given. */
export const valueFunctions: Readonly<Record<string, string>> = {
  // Numbers, and texts that are one, in units of 1/10,000, halves away from nought; null for all else.
  unitsOf: `(json) -> if(isPlain(toFloat64OrNull(json)), toInt64(round(toFloat64OrZero(json) * 10000)), exactUnitsOf(json))`,
  // So close to a whole number of units that no rounding on the way could make it another one.
  isPlain: `(value) -> ifNull(abs(value) < 10000000000 AND abs(value * 10000 - round(value * 10000)) < 0.25, false)`,
  exactUnitsOf: `(json) -> toInt64OrNull(toString(round(toDecimal256OrNull(toString(toFloat64OrNull(if(isText(json), extract(textOf(json), '^${space}([+-]?[0-9]{1,15}(?:[.][0-9]{1,15})?)${space}$'), extract(json, '^-?[0-9].*')))), 20), 4) * 10000))`,
  isText: `(json) -> startsWith(json, '"')`,
  textOf: `(json) -> JSONExtractString(json)`,
  isList: `(json) -> startsWith(json, '[')`,
};

/** Beyond this a value is no number to us. */
const mostUnits = Number.MAX_SAFE_INTEGER;

/** Whether the value `json` (SQL) compares so. Never null. */
export function comparisonSql(json: string, compare: Comparison, parameters: Parameters): string {
  switch (compare.op) {
    case "is":
      return oneOf(json, [compare.value], compare.ignoreCase, parameters);
    case "in":
      return oneOf(json, compare.values, compare.ignoreCase, parameters);
    case "isNot":
      return `NOT ${oneOf(json, [compare.value], compare.ignoreCase, parameters)}`;
    case "notIn":
      return `NOT ${oneOf(json, compare.values, compare.ignoreCase, parameters)}`;
    case "above":
      return units(json, toUnits(compare.value) + 1, mostUnits);
    case "atLeast":
      return units(json, toUnits(compare.value), mostUnits);
    case "below":
      return units(json, -mostUnits, toUnits(compare.value) - 1);
    case "atMost":
      return units(json, -mostUnits, toUnits(compare.value));
    case "between":
      return units(json, toUnits(compare.from), toUnits(compare.to));
    case "contains":
      return textual(json, compare, parameters, (text, part) => `position(${text}, ${part}) > 0`);
    case "startsWith":
      return textual(json, compare, parameters, (text, part) => `startsWith(${text}, ${part})`);
    case "endsWith":
      return textual(json, compare, parameters, (text, part) => `endsWith(${text}, ${part})`);
    case "matches":
      return `(isText(${json}) AND match(textOf(${json}), ${parameters.text(patternText(compare.pattern, compare.ignoreCase))}))`;
    case "includes":
      return listed(json, [compare.value], compare.ignoreCase, parameters, anyOf);
    case "includesAny":
      return listed(json, compare.values, compare.ignoreCase, parameters, anyOf);
    case "includesAll":
      return listed(json, compare.values, compare.ignoreCase, parameters, allOf);
    case "exists":
      return compare.value ? `${json} != ''` : `${json} = ''`;
  }
}

/** Whether the value is one of these. */
function oneOf(json: string, wanted: readonly Scalar[], ignoreCase: boolean, parameters: Parameters): string {
  const numbers = wanted
    .filter((value) => typeof value === "number")
    .map(toUnits)
    .filter(Number.isSafeInteger);
  const texts = wanted.filter((value) => typeof value === "string");
  const words = wanted.filter((value) => typeof value === "boolean").map(String);
  const tests: string[] = [];
  if (numbers.length > 0) tests.push(`ifNull(unitsOf(${json}) IN (${numbers.map(number).join(", ")}), 0)`);
  if (texts.length > 0 && ignoreCase) {
    const folded = texts.map((text) => text.toLowerCase());
    tests.push(`(isText(${json}) AND has(${parameters.texts(folded)}, lowerUTF8(textOf(${json}))))`);
  } else if (texts.length > 0) {
    tests.push(`(isText(${json}) AND has(${parameters.texts(texts)}, textOf(${json})))`);
  }
  if (words.length > 0) tests.push(`${json} IN (${words.map((word) => `'${word}'`).join(", ")})`);
  return anyOf(tests);
}

/** Whether it is a number of units between these, both in. */
function units(json: string, from: number, to: number): string {
  const [least, most] = [Math.max(from, -mostUnits), Math.min(to, mostUnits)];
  return `ifNull(unitsOf(${json}) BETWEEN ${number(least)} AND ${number(most)}, 0)`;
}

function textual(
  json: string,
  { value, ignoreCase }: { readonly value: string; readonly ignoreCase: boolean },
  parameters: Parameters,
  test: (text: string, part: string) => string,
): string {
  const text = ignoreCase ? `lowerUTF8(textOf(${json}))` : `textOf(${json})`;
  return `(isText(${json}) AND ${test(text, parameters.text(ignoreCase ? value.toLowerCase() : value))})`;
}

/** A single value counts as a list of one. */
function listed(
  json: string,
  wanted: readonly Scalar[],
  ignoreCase: boolean,
  parameters: Parameters,
  together: (tests: readonly string[]) => string,
): string {
  const items = `if(isList(${json}), JSONExtractArrayRaw(${json}), if(${json} = '', [], [${json}]))`;
  const tests = wanted.map(
    (value) => `arrayExists(item -> ${oneOf("item", [value], ignoreCase, parameters)}, ${items})`,
  );
  return together(tests);
}
