/** Event selectors: a name, or `{ event: NAME, where: CONDITION }` over the event's own properties. */
import type { EventCondition, Selector } from "../definition.ts";
import { anyComparators, anyComparison } from "./comparison.ts";
import { fields, isMapping, list, optional, required } from "./json.ts";
import { dottedPath, eventName } from "./name.ts";
import { listed, note, type Place, show } from "./place.ts";

export function selector(value: unknown, place: Place): Selector {
  if (!isMapping(value)) return { event: eventName(value, place) };
  const found = fields(value, place, ["event", "where"]);
  const event = required(found, "event", eventName);
  const where = optional(found, "where", eventCondition, undefined);
  return where === undefined ? { event } : { event, where };
}

const forms = ["property", "all", "any", "not"] as const;
const nothing: EventCondition = { op: "any", of: [] };

/** Over the fields of one JSON object: an event's own properties, or a record before it is an event. */
export function eventCondition(value: unknown, place: Place): EventCondition {
  const given = isMapping(value) ? forms.filter((form) => Object.hasOwn(value, form)) : [];
  const [form] = given;
  if (form === undefined || given.length > 1) {
    const hint = isMapping(value) && Object.hasOwn(value, "attribute") ? "; events have a `property`" : "";
    note(place, given.length > 1 ? given.join(" and ") : show(value), `${listed(forms)}${hint}`);
    return nothing;
  }
  switch (form) {
    case "all":
    case "any":
      return { op: form, of: required(fields(value, place, [form]), form, eventConditions) };
    case "not":
      return { op: "not", of: required(fields(value, place, [form]), form, eventCondition) };
    case "property": {
      const found = fields(value, place, ["property", ...anyComparators, "ignoreCase"]);
      return { op: "property", path: required(found, form, dottedPath), compare: anyComparison(found) };
    }
  }
}

function eventConditions(value: unknown, place: Place): EventCondition[] {
  return list(value, place, eventCondition, { least: 0, of: "conditions" });
}
