/** Comparisons of any stored value, and properties of events. */
import type { Comparison, EventCondition, Scalar, Selector } from "../../../src/definition/definition.ts";
import { unitsOf } from "./number.ts";

export type Properties = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined is missing. Numbers in texts count as numbers; lists answer to `includes...` and `exists` only. */
export function comparesValue(compare: Comparison, value: unknown): boolean {
  switch (compare.op) {
    case "exists":
      return (value !== undefined) === compare.value;
    case "is":
      return isSame(value, compare.value, compare.ignoreCase);
    case "isNot":
      return !isSame(value, compare.value, compare.ignoreCase);
    case "in":
      return compare.values.some((wanted) => isSame(value, wanted, compare.ignoreCase));
    case "notIn":
      return !compare.values.some((wanted) => isSame(value, wanted, compare.ignoreCase));
    case "includes":
      return includes(value, compare.value, compare.ignoreCase);
    case "includesAny":
      return compare.values.some((wanted) => includes(value, wanted, compare.ignoreCase));
    case "includesAll":
      return (
        value !== undefined && compare.values.every((wanted) => includes(value, wanted, compare.ignoreCase))
      );
    case "contains":
    case "startsWith":
    case "endsWith": {
      if (typeof value !== "string") return false;
      const [text, part] = [folded(value, compare.ignoreCase), folded(compare.value, compare.ignoreCase)];
      if (compare.op === "contains") return text.includes(part);
      return compare.op === "startsWith" ? text.startsWith(part) : text.endsWith(part);
    }
    case "matches":
      return (
        typeof value === "string" && new RegExp(compare.pattern, compare.ignoreCase ? "i" : "").test(value)
      );
    default: {
      const units = unitsOf(value);
      if (units === undefined) return false;
      if (compare.op === "between") return units >= unitsOf(compare.from)! && units <= unitsOf(compare.to)!;
      const bound = unitsOf(compare.value)!;
      if (compare.op === "above") return units > bound;
      if (compare.op === "atLeast") return units >= bound;
      return compare.op === "below" ? units < bound : units <= bound;
    }
  }
}

function folded(text: string, ignoreCase: boolean): string {
  return ignoreCase ? text.toLowerCase() : text;
}

function isSame(value: unknown, wanted: Scalar, ignoreCase: boolean): boolean {
  if (typeof wanted === "number") return unitsOf(value) === unitsOf(wanted);
  if (typeof wanted === "string" && typeof value === "string")
    return folded(value, ignoreCase) === folded(wanted, ignoreCase);
  return value === wanted;
}

/** A single value counts as a list of one. */
function includes(value: unknown, wanted: Scalar, ignoreCase: boolean): boolean {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.some((item) => item !== undefined && isSame(item, wanted, ignoreCase));
}

/** All values at a path; a list on the way stands for each of its items. */
export function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (value === undefined || value === null) return [];
  const [key, ...rest] = path;
  if (key === undefined) return [value];
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  return isObject(value) && Object.hasOwn(value, key) ? valuesAt(value[key], rest) : [];
}

/** What `take` takes: nothing, the value, or the list of all. Of an object only that something is set in it. */
export function takenFrom(properties: Properties, path: readonly string[]): unknown {
  const values = valuesAt(properties, path);
  if (values.length > 1) return values;
  const [value] = values;
  if (!isObject(value)) return value;
  return isSet(value) ? [] : undefined;
}

export function isSet(value: unknown): boolean {
  return isObject(value) ? Object.values(value).some(isSet) : value !== undefined && value !== null;
}

export function selects(selector: Selector, name: string, properties: Properties): boolean {
  return name === selector.event && (selector.where === undefined || holdsFor(selector.where, properties));
}

function holdsFor(condition: EventCondition, properties: Properties): boolean {
  switch (condition.op) {
    case "all":
      return condition.of.every((child) => holdsFor(child, properties));
    case "any":
      return condition.of.some((child) => holdsFor(child, properties));
    case "not":
      return !holdsFor(condition.of, properties);
    case "property": {
      const { compare, path } = condition;
      const values = valuesAt(properties, path);
      // Through a list any item will do; the opposites stay opposites; `includes...` asks about all items together.
      if (compare.op === "isNot")
        return !values.some((value) => comparesValue({ ...compare, op: "is" }, value));
      if (compare.op === "notIn")
        return !values.some((value) => comparesValue({ ...compare, op: "in" }, value));
      if (compare.op.startsWith("includes")) return comparesValue(compare, values.flat());
      return values.length === 0
        ? comparesValue(compare, undefined)
        : values.some((value) => comparesValue(compare, value));
    }
  }
}
