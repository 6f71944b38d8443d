/** Columns that have names, or only numbers. */
import type { Row, Table } from "./table.ts";

/**
 * How rows of cells in this order are found by name. `#3` is the third column and `#-1` the last, whatever they are
 * called. Of two columns with one name it is the first.
 */
export function namedColumns(columns: readonly string[]): Pick<Table, "columns" | "place" | "others"> {
  const places = new Map<string, number>();
  for (const [index, name] of columns.entries()) if (!places.has(name)) places.set(name, index);
  const place = (column: string): number | undefined =>
    places.get(column) ?? numbered(column, columns.length);
  return {
    columns,
    place,
    others: (named) => {
      const taken = new Set(named.map(place));
      const left = columns.flatMap((name, index) =>
        name === "" || taken.has(index) || places.get(name) !== index ? [] : [[name, index] as const],
      );
      return ({ cells }: Row) => {
        const found: Record<string, unknown> = {};
        for (const [name, index] of left) found[name] = cells[index];
        return found;
      };
    },
  };
}

function numbered(column: string, count: number): number | undefined {
  const digits = /^#(-?[1-9]\d*)$/.exec(column)?.[1];
  if (digits === undefined) return undefined;
  const index = Number(digits) > 0 ? Number(digits) - 1 : count + Number(digits);
  return index >= 0 && index < count ? index : undefined;
}
