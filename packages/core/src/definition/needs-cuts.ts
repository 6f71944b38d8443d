import { conditionsOf } from "./conditions-of.ts";
import type { Definition } from "./definition.ts";

/** Whether a definition itself compares with cut points of the population: quantiles, `top`, `bottom`. */
export function needsCuts(definition: Definition): boolean {
  if (definition.kind === "scoring")
    return Object.values(definition.parts).some(({ cuts }) => cuts.type === "quantiles");
  return [...conditionsOf(definition)].some(({ op }) => op === "top" || op === "bottom");
}
