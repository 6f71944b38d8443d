/** Which events: by name, and by a condition over the event's own properties. */
import { compileComparison } from "../conditions/comparison.ts";
import type { Comparison, EventCondition, Selector } from "../definition/definition.ts";
import { type Properties, propertyReader } from "./property.ts";

export type Matches = (properties: Properties) => boolean;

/** Null takes every event of that name. */
export function selectorTest({ where }: Selector): Matches | null {
  return where === undefined ? null : eventTest(where);
}

export function eventTest(condition: EventCondition): Matches {
  switch (condition.op) {
    case "all": {
      const children = condition.of.map(eventTest);
      return (properties) => children.every((child) => child(properties));
    }
    case "any": {
      const children = condition.of.map(eventTest);
      return (properties) => children.some((child) => child(properties));
    }
    case "not": {
      const child = eventTest(condition.of);
      return (properties) => !child(properties);
    }
    case "property":
      return propertyTest(condition);
  }
}

/**
 * Through a list it holds when any item does; `isNot` and `notIn` stay the opposite of `is` and `in`, and of all items
 * together `includes`, `includesAny` and `includesAll` ask what a list asks of its own.
 */
function propertyTest({ path, compare }: Extract<EventCondition, { op: "property" }>): Matches {
  const read = propertyReader(path);
  const opposite = oppositeOf(compare);
  if (opposite !== undefined) {
    const same = compileComparison(opposite);
    return (properties) => !read(properties).some((value) => same(value));
  }
  const test = compileComparison(compare);
  if (listComparators.has(compare.op)) return (properties) => test(read(properties).flat());
  return (properties) => {
    const values = read(properties);
    return values.length === 0 ? test(undefined) : values.some((value) => test(value));
  };
}

const listComparators: ReadonlySet<string> = new Set(["includes", "includesAny", "includesAll"]);

function oppositeOf(compare: Comparison): Comparison | undefined {
  if (compare.op === "isNot") return { ...compare, op: "is" };
  return compare.op === "notIn" ? { ...compare, op: "in" } : undefined;
}
