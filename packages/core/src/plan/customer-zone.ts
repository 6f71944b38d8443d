/** A customer's own zone: the attribute `zone`. */
import { type ZoneCalendar, zoneCalendar } from "../calendar/zone.ts";
import { type Attributes, attributeAt } from "../features/attributes.ts";

export const zoneAttribute = "zone";

/** Undefined where it names none that is known. */
export function customerZone(attributes: Attributes): ZoneCalendar | undefined {
  const name = attributeAt(attributes, zoneAttribute);
  return typeof name === "string" ? zoneCalendar(name) : undefined;
}
