/** `date`, `age` and `anniversary`. */
import type { Condition, DateTest, LeapDay, Path } from "../definition.ts";
import { numberComparators, numberComparison } from "./comparison.ts";
import { span, wholeDays } from "./duration.ts";
import { type Form, theOne } from "./form.ts";
import { choice, type Fields, list, onlyTrue, optional, required, whole } from "./json.ts";
import { moment } from "./moment.ts";
import { path } from "./path.ts";
import type { Place } from "./place.ts";

const dateTests = ["before", "after", "on", "withinNext", "withinLast", "olderThan", "furtherThan"] as const;
const leapDay = choice<LeapDay>(["february-28", "march-1"]);

export const dateForm: Form = { keys: dateTests, read: dateCondition };
export const ageForm: Form = { keys: [...numberComparators, "leapDay"], read: ageCondition };
export const anniversaryForm: Form = {
  keys: ["today", "withinNext", "withinLast", "years", "leapDay"],
  read: anniversaryCondition,
};

function dateCondition(found: Fields): Condition {
  return { op: "date", path: required(found, "date", path), test: dateTest(found) };
}

function dateTest(found: Fields): DateTest {
  const op = theOne(found, dateTests);
  switch (op) {
    case undefined:
      return { op: "on", date: { day: 0 } };
    case "before":
    case "after":
    case "on":
      return { op, date: required(found, op, moment) };
    default:
      return { op, span: required(found, op, span) };
  }
}

function ageCondition(found: Fields): Condition {
  return {
    op: "age",
    path: required(found, "age", path),
    compare: numberComparison(found, whole(0, 9_999, "whole years")),
    leapDay: optional(found, "leapDay", leapDay, "february-28" as const),
  };
}

function anniversaryCondition(found: Fields): Condition {
  const from: Path = required(found, "anniversary", path);
  const op = theOne(found, ["today", "withinNext", "withinLast"] as const);
  const days = op === "withinNext" || op === "withinLast" ? required(found, op, wholeDays) : 0;
  if (op === "today") required(found, op, onlyTrue);
  const years = optional(found, "years", yearList, undefined);
  const plain = {
    op: "anniversary",
    path: from,
    direction: op === "withinLast" ? "last" : "next",
    days,
    leapDay: optional(found, "leapDay", leapDay, "february-28" as const),
  } as const;
  return years === undefined ? plain : { ...plain, years };
}

function yearList(value: unknown, place: Place): number[] {
  return list(value, place, whole(1, 1_000, "which anniversary, a whole number"), {
    most: 100,
    of: "whole numbers",
  });
}
