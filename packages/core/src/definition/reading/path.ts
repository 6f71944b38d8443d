/** PATH: an attribute, or `{ first: SELECTOR }` / `{ last: SELECTOR }` with an optional `take: PROPERTY`. */
import type { Path } from "../definition.ts";
import { fields, isMapping, optional, required } from "./json.ts";
import { dottedPath } from "./name.ts";
import { note, type Place, show } from "./place.ts";
import { selector } from "./selector.ts";

export function path(value: unknown, place: Place): Path {
  if (!isMapping(value)) return { from: "attribute", path: dottedPath(value, place) };
  const edges = (["first", "last"] as const).filter((edge) => Object.hasOwn(value, edge));
  const [from] = edges;
  if (from === undefined || edges.length > 1) {
    note(place, show(value), "an attribute, or one of first and last, such as { first: order.placed }");
    return { from: "attribute", path: [""] };
  }
  const found = fields(value, place, [from, "take"]);
  const of = required(found, from, selector);
  const take = optional(found, "take", dottedPath, undefined);
  return take === undefined ? { from, of } : { from, of, take };
}
