/** Attributes from the leaves written last: core's `features/attributes.ts`. Leaves are (path, value, stamp). */
import type { Parameters } from "./parameters.ts";

/** The value at a path as JSON text: empty where it was never set, was unset, or was replaced from above or below. */
export function attributeSql(path: readonly string[], parameters: Parameters): string {
  const dotted = path.join(".");
  const above = path.slice(0, -1).map((_, index) => path.slice(0, index + 1).join("."));
  const own = `arrayFirst(leaf -> leaf.path = ${parameters.text(dotted)}, leaves)`;
  const replaces = [
    `startsWith(other.path, ${parameters.text(`${dotted}.`)})`,
    ...(above.length === 0 ? [] : [`has(${parameters.texts(above)}, other.path)`]),
  ].join(" OR ");
  return `if(${own}.path = ${parameters.text(dotted)} AND ${own}.value != 'null' AND NOT arrayExists(other -> (${replaces}) AND other.stamp > ${own}.stamp, leaves), ${own}.value, '')`;
}

/** Whether there is anything at a path or below it. */
export function hasAttributeSql(path: readonly string[], parameters: Parameters): string {
  const dotted = path.join(".");
  const related = `(startsWith(leaf.path, concat(other.path, '.')) OR startsWith(other.path, concat(leaf.path, '.')))`;
  return `arrayExists(leaf -> (leaf.path = ${parameters.text(dotted)} OR startsWith(leaf.path, ${parameters.text(`${dotted}.`)})) AND leaf.value != 'null' AND NOT arrayExists(other -> ${related} AND other.stamp > leaf.stamp, leaves), leaves)`;
}
