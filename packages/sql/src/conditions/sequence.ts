/** `sequence`: the events of the first step that a whole sequence follows, one of them inside the window. */
import type { Condition, Zone } from "@tidemark/core";
import type { Context } from "../context.ts";
import { insideSql, reachMs } from "../numbers/measure.ts";
import { columnName } from "../text.ts";

const newestOfAStep = 32;

export function sequence(
  context: Context,
  { steps, withinMs, during }: Extract<Condition, { op: "sequence" }>,
  zone: Zone,
): string {
  const newest = steps.map((step) => {
    // What follows an event inside the window is not older.
    const { name } = context.collected.of(step, reachMs(during));
    return context.named(
      columnName(name, "newest", String(newestOfAStep)),
      `arraySlice(arrayReverseSort(arrayMap(event -> (event.at, event.partition, event.offset), arrayFilter(event -> event.own, ${name}))), 1, ${newestOfAStep})`,
    );
  });
  const within = withinMs === null ? "" : ` AND later.1 - event.1 <= ${withinMs}`;
  const firsts = newest.reduceRight(
    (followers, own) =>
      `arrayFilter(event -> arrayExists(later -> later > event${within}, ${followers}), ${own})`,
  );
  return `arrayExists(event -> ${insideSql(context, "event.1", during, zone)}, ${firsts})`;
}
