/** Which events: a name, or a name and a condition over the event's own properties. */
import { comparators, storedTest } from "./comparators.ts";
import { isObject, type Json, listOf, objectOf, onlyKeys, stepsOf, textOf, Uninterpretable } from "./json.ts";
import { valuesAt } from "./values.ts";

export interface Selector {
  /** The same for selectors that take the same events. */
  readonly key: string;
  readonly event: string;
  readonly matches: (properties: Json) => boolean;
}

export function selectorOf(value: unknown): Selector {
  if (!isObject(value)) {
    const event = textOf(value, "the event");
    return { key: event, event, matches: () => true };
  }
  onlyKeys(value, ["event", "where"], "the selector");
  const event = textOf(value.event, "the event");
  if (value.where === undefined) return selectorOf(event);
  return { key: `${event} ${JSON.stringify(value.where)}`, event, matches: whereOf(value.where) };
}

function whereOf(value: unknown): (properties: Json) => boolean {
  const json = objectOf(value, "where");
  if (Object.hasOwn(json, "all")) {
    const children = listOf(json.all, "all").map(whereOf);
    return (properties) => children.every((child) => child(properties));
  }
  if (Object.hasOwn(json, "any")) {
    const children = listOf(json.any, "any").map(whereOf);
    return (properties) => children.some((child) => child(properties));
  }
  if (Object.hasOwn(json, "not")) {
    const child = whereOf(json.not);
    return (properties) => !child(properties);
  }
  if (!Object.hasOwn(json, "property"))
    throw new Uninterpretable(`where has no known form: ${JSON.stringify(json)}`);
  onlyKeys(json, ["property", "ignoreCase", ...comparators], "where");
  const steps = stepsOf(json.property, "property");
  const { test, opposite, isOfList } = storedTest(json);
  return (properties) => {
    const values = valuesAt(properties, steps);
    // `isNot` is the exact opposite of `is`, through a list too: no item may be it.
    if (opposite !== undefined) return !values.some(opposite);
    if (isOfList) return test(values.flat());
    return values.length === 0 ? test(undefined) : values.some(test);
  };
}
