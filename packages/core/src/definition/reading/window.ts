/** `during`: rolling, calendar and fixed windows. */
import type { CalendarPeriod, DateOrInstant, Window } from "../definition.ts";
import { pair } from "./comparison.ts";
import { duration } from "./duration.ts";
import { choice, fields, isMapping, optional, required } from "./json.ts";
import { moment } from "./moment.ts";
import { listed, note, type Place, type Read, show, within } from "./place.ts";

export const period: Read<CalendarPeriod> = choice(["day", "week", "month", "quarter", "year"]);

const forms = ["last", "this", "previous", "since", "between"] as const;

export function window(value: unknown, place: Place): Window {
  const given = isMapping(value) ? forms.filter((form) => Object.hasOwn(value, form)) : [];
  const [form] = given;
  if (form === undefined || given.length > 1) {
    const expected = `${listed(forms)}, such as { last: 60 days }; no \`during\` is all time`;
    note(place, given.length > 1 ? given.join(" and ") : show(value), expected);
    return { type: "all" };
  }
  switch (form) {
    case "last":
      return rolling(value, place);
    case "this":
    case "previous":
      return { type: "calendar", which: form, period: required(fields(value, place, [form]), form, period) };
    case "since":
      return { type: "fixed", from: required(fields(value, place, [form]), form, moment), to: null };
    case "between": {
      const [from, to] = required(fields(value, place, [form]), form, moments);
      return { type: "fixed", from, to: after(to) };
    }
  }
}

function rolling(value: unknown, place: Place): Window {
  const found = fields(value, place, ["last", "endingBefore"]);
  const { faults } = place.findings;
  const before = faults.length;
  const lastMs = required(found, "last", duration);
  const endingBeforeMs = optional(found, "endingBefore", duration, 0);
  if (faults.length === before && endingBeforeMs >= lastMs)
    note(within(place, "endingBefore"), show(found.get("endingBefore")), "less than `last`");
  return { type: "rolling", lastMs, endingBeforeMs };
}

const moments = pair(
  moment,
  (from, to) => (isDay(from) === isDay(to) ? number(from) <= number(to) : false),
  "[from, to], both dates or both instants, from not after to",
);

/** Both ends are in, and a window ends before its `to`: the next day, or the next millisecond. */
function after(edge: DateOrInstant): DateOrInstant {
  return "day" in edge ? { day: edge.day + 1 } : { instant: edge.instant + 1 };
}

function isDay(edge: DateOrInstant): boolean {
  return "day" in edge;
}

function number(edge: DateOrInstant): number {
  return "day" in edge ? edge.day : edge.instant;
}
