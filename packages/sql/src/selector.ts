/** Which events, over their name and properties. */
import type { Comparison, EventCondition, Selector } from "@tidemark/core";
import type { Parameters } from "./parameters.ts";
import { allOf, anyOf } from "./text.ts";
import { comparisonSql } from "./value.ts";

/** Whether a row of contributions is one of them. */
export function selectorSql({ event, where }: Selector, parameters: Parameters): string {
  const named = `name = ${parameters.text(event)}`;
  return where === undefined ? named : `${named} AND ${conditionSql(where, parameters)}`;
}

function conditionSql(condition: EventCondition, parameters: Parameters): string {
  switch (condition.op) {
    case "all":
      return allOf(condition.of.map((inner) => conditionSql(inner, parameters)));
    case "any":
      return anyOf(condition.of.map((inner) => conditionSql(inner, parameters)));
    case "not":
      return `NOT (${conditionSql(condition.of, parameters)})`;
    case "property":
      return propertySql(condition.path, condition.compare, parameters);
  }
}

/** Through a list it holds when any item does; its opposites and what is asked of whole lists as in core. */
function propertySql(path: readonly string[], compare: Comparison, parameters: Parameters): string {
  const values = valuesSql("properties", path, parameters);
  const some = (of: Comparison): string =>
    `arrayExists(value -> ${comparisonSql("value", of, parameters)}, ${values})`;
  switch (compare.op) {
    case "isNot":
      return `NOT ${some({ ...compare, op: "is" })}`;
    case "notIn":
      return `NOT ${some({ ...compare, op: "in" })}`;
    case "exists":
      return compare.value ? `notEmpty(${values})` : `empty(${values})`;
    case "includes":
    case "includesAny":
    case "includesAll": {
      const flat = `arrayFlatten(arrayMap(value -> if(isList(value), JSONExtractArrayRaw(value), [value]), ${values}))`;
      const list = `concat('[', arrayStringConcat(${flat}, ','), ']')`;
      return comparisonSql(list, compare, parameters);
    }
    default:
      return some(compare);
  }
}

/** The values at a path of a JSON object (SQL), as an array of JSON texts; a list on the way stands for its items. */
export function valuesSql(json: string, path: readonly string[], parameters: Parameters): string {
  const steps = path.map((key) => parameters.text(key));
  const [first = "''"] = steps;
  let values = `[JSONExtractRaw(${json}, ${first})]`;
  for (const key of steps.slice(1))
    values = `arrayMap(inner -> JSONExtractRaw(inner, ${key}), arrayFlatten(arrayMap(inner -> if(isList(inner), JSONExtractArrayRaw(inner), [inner]), ${values})))`;
  return `arrayFilter(value -> value != '' AND value != 'null', ${values})`;
}
