/** An attribute, or a property of the first or last such event, compares so. Time alone never changes it. */
import type { Comparison } from "../definition/definition.ts";
import { hasAttribute } from "../features/attributes.ts";
import { type Evaluate, never } from "./condition.ts";
import type { PathValue } from "./path-value.ts";

export function attribute(value: PathValue, compare: (value: unknown) => boolean): Evaluate {
  return (evaluation) => {
    evaluation.until = never;
    return compare(value(evaluation));
  };
}

/** Of a path that leads to further attributes, too. */
export function attributeExists(
  path: readonly string[],
  compare: Extract<Comparison, { op: "exists" }>,
): Evaluate {
  const dotted = path.join(".");
  return (evaluation) => {
    evaluation.until = never;
    return hasAttribute(evaluation.state.attributes, dotted) === compare.value;
  };
}
