/** Comparators, which stand beside the form they belong to: `{ metric: revenue, atLeast: 100 }`. */
import { compilePattern } from "../../conditions/pattern.ts";
import { fromUnits, readUnits, toUnits } from "../../decimal.ts";
import type { Comparison, NumberComparison, Scalar } from "../definition.ts";
import { type Fields, flag, list, optional, required, text } from "./json.ts";
import { listed, note, nowhere, type Place, type Read, show, within } from "./place.ts";

const orderComparators = ["above", "atLeast", "below", "atMost", "between"] as const;
const equalComparators = ["is", "isNot", "in", "notIn"] as const;

export const durationComparators = orderComparators;
export const numberComparators = [...equalComparators, ...orderComparators] as const;
export const anyComparators = [
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

type NumberComparator = (typeof numberComparators)[number];
type AnyComparator = (typeof anyComparators)[number];

/** The one comparator among those that fit; undefined where there is none or more than one. */
function theComparator<Name extends string>(fields: Fields, fitting: readonly Name[]): Name | undefined {
  const found = fitting.filter((name) => fields.has(name));
  const [only] = found;
  if (found.length === 1 && only !== undefined) return only;
  if (found.length === 0 && fields.hasUnknown) return undefined;
  const shown = found.length === 0 ? "no comparator" : found.join(" and ");
  note(
    fields.place,
    shown,
    found.length === 0 ? listed(fitting) : `only one comparator (\`all\` joins several conditions)`,
  );
  return undefined;
}

const standIn = { op: "above", value: 0 } as const;

/** A comparison of numbers; `read` reads each of them. */
export function numberComparison(
  fields: Fields,
  read: Read<number>,
  fitting: readonly NumberComparator[] = numberComparators,
): NumberComparison {
  const op = theComparator(fields, fitting);
  if (op === undefined) return standIn;
  switch (op) {
    case "is":
    case "isNot":
      return { op, value: required(fields, op, read), ignoreCase: false };
    case "in":
    case "notIn":
      return { op, values: required(fields, op, listOf(read)), ignoreCase: false };
    case "between": {
      const [from, to] = required(
        fields,
        op,
        pair(read, (low, high) => low <= high),
      );
      return { op, from, to };
    }
    default:
      return { op, value: required(fields, op, read) };
  }
}

/** A comparison of whatever is stored. */
export function anyComparison(
  fields: Fields,
  fitting: readonly AnyComparator[] = anyComparators,
): Comparison {
  const op = theComparator(fields, fitting);
  const comparison = op === undefined ? standIn : anyOf(fields, op);
  const foldable = "ignoreCase" in comparison && hasText(comparison);
  const asked = optional(fields, "ignoreCase", flag, undefined);
  if (asked === undefined || op === undefined) return comparison;
  if (foldable) return { ...comparison, ignoreCase: asked };
  note(within(fields.place, "ignoreCase"), "ignoreCase", "a comparison of text, or leave it out");
  return comparison;
}

function anyOf(fields: Fields, op: AnyComparator): Comparison {
  const ignoreCase = false;
  switch (op) {
    case "is":
    case "isNot":
    case "includes":
      return { op, value: required(fields, op, scalar), ignoreCase };
    case "in":
    case "notIn":
    case "includesAny":
    case "includesAll":
      return { op, values: required(fields, op, listOf(scalar)), ignoreCase };
    case "contains":
    case "startsWith":
    case "endsWith":
      return { op, value: required(fields, op, comparedText), ignoreCase };
    case "matches":
      return { op, pattern: required(fields, op, pattern), ignoreCase };
    case "exists":
      return { op, value: required(fields, op, flag) };
    default:
      return numberComparison(fields, decimal, [op]);
  }
}

function hasText(comparison: Comparison): boolean {
  if ("values" in comparison) return comparison.values.some((value) => typeof value === "string");
  return "pattern" in comparison || ("value" in comparison && typeof comparison.value === "string");
}

function listOf<Value>(read: Read<Value>): Read<Value[]> {
  return (value, place) => list(value, place, read);
}

/** `[low, high]`. */
export function pair<Value>(
  read: Read<Value>,
  ordered: (low: Value, high: Value) => boolean,
  expected = "[low, high] with low not above high",
): Read<readonly [Value, Value]> {
  return (value, place) => {
    if (!Array.isArray(value) || value.length !== 2) {
      note(place, show(value), expected);
      return [read(0, nowhere(place)), read(0, nowhere(place))];
    }
    const before = place.findings.faults.length;
    const low = read(value[0], within(place, 0));
    const high = read(value[1], within(place, 1));
    const readable = place.findings.faults.length === before;
    if (readable && !ordered(low, high)) note(place, `[${show(value[0])}, ${show(value[1])}]`, expected);
    return [low, high];
  };
}

const longestValue = 1_000;
const comparedText = text(longestValue);

function pattern(value: unknown, place: Place): string {
  const given = comparedText(value, place);
  const compiled = given === "" ? undefined : compilePattern(given, false);
  if (compiled !== undefined && "position" in compiled)
    note(place, `${compiled.found} at character ${compiled.position} of ${show(value)}`, compiled.expected);
  return given;
}

/** A number that the fixed point of four places holds. */
export function decimal(value: unknown, place: Place): number {
  const units = typeof value === "number" ? readUnits(value) : undefined;
  if (typeof value === "number" && units !== undefined && fromUnits(toUnits(value)) === value)
    return value + 0;
  note(place, show(value), "a number with at most four decimal places, up to 900 thousand million");
  return 0;
}

function scalar(value: unknown, place: Place): Scalar {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return decimal(value, place);
  if (typeof value === "string" && value.length <= longestValue) return value;
  const expected = `a text of at most ${longestValue} characters, a number, true or false`;
  note(
    place,
    show(value),
    value === null ? `${expected}; \`exists: false\` asks for what is not set` : expected,
  );
  return false;
}
