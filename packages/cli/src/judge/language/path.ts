/** PATH: an attribute, or a property (without `take` the time) of the first or last such event. */

import { seriesOf } from "./aggregate.ts";
import { isObject, type Json, onlyKeys, stepsOf } from "./json.ts";
import type { Moment } from "./moment.ts";
import { selectorOf } from "./selector.ts";
import { attributeAt, valuesAt } from "./values.ts";
import type { Scope, Watcher, ZoneChoice } from "./watch.ts";

export interface Path {
  /** Undefined where there is no value. */
  readonly value: (moment: Moment) => unknown;
  /** Looks out for the instants at which a value brings a turn. `key`: what they hang on. */
  readonly watch: (
    key: string,
    zone: ZoneChoice | null,
    turns: (value: unknown, scope: Scope) => readonly number[],
  ) => void;
}

export function pathOf(value: unknown, watcher: Watcher): Path {
  if (!isObject(value)) {
    const steps = stepsOf(value, "the attribute");
    return {
      value: ({ history }) => attributeAt(history.attributes, steps),
      watch: (key, zone, turns) => watcher.onAttribute(steps, key, zone, turns),
    };
  }
  onlyKeys(value, ["first", "last", "take"], "the path");
  const edge = Object.hasOwn(value, "first") ? "first" : "last";
  const selector = watcher.use(selectorOf(value[edge]));
  const steps = value.take === undefined ? null : stepsOf(value.take, "take");
  const taken = (at: number, properties: Json): unknown => {
    if (steps === null) return at;
    const values = valuesAt(properties, steps);
    const [first] = values;
    // A path through a list takes the whole list.
    return values.length > 1 ? values : first;
  };
  return {
    value: (moment) => {
      const happened = seriesOf(moment, selector).remembered.at(edge === "first" ? 0 : -1);
      return happened && taken(happened.at, happened.properties);
    },
    watch: (key, zone, turns) =>
      watcher.onProperty(selector, `${key} take ${steps?.join(".")}`, zone, turns, (at, properties) => [
        taken(at, properties),
      ]),
  };
}
