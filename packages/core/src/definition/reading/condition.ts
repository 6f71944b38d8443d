/** Conditions: a mapping with one form's key, that form's other keys, and a comparator where the form takes one. */
import type { Condition, DateTest, LeapDay, Path } from "../definition.ts";
import { type AggregateName, aggregate, aggregateKeys } from "./aggregate.ts";
import {
  anyComparators,
  anyComparison,
  decimal,
  durationComparators,
  numberComparators,
  numberComparison,
} from "./comparison.ts";
import { durationOrZero, span, wholeDays } from "./duration.ts";
import {
  choice,
  type Fields,
  fields,
  isMapping,
  list,
  onlyTrue,
  optional,
  required,
  unavailable,
  whole,
} from "./json.ts";
import { moment } from "./moment.ts";
import { id, reference } from "./name.ts";
import { nearestName } from "./nearest.ts";
import { path } from "./path.ts";
import { listed, note, type Place, show, within } from "./place.ts";
import { scoreCondition, scoreKeys } from "./score.ts";
import { selector } from "./selector.ts";
import { period } from "./window.ts";

interface Form {
  /** Those it takes besides its own. */
  readonly keys: readonly string[];
  readonly read: (fields: Fields) => Condition;
}

const dateTests = ["before", "after", "on", "withinNext", "withinLast", "olderThan", "furtherThan"] as const;
const leapDay = choice<LeapDay>(["february-28", "march-1"]);

const formOf: Readonly<Record<string, Form>> = {
  all: { keys: [], read: (found) => ({ op: "all", of: required(found, "all", conditions) }) },
  any: { keys: [], read: (found) => ({ op: "any", of: required(found, "any", conditions) }) },
  not: { keys: [], read: (found) => ({ op: "not", of: required(found, "not", condition) }) },
  attribute: { keys: [...anyComparators, "ignoreCase"], read: attributeCondition },
  date: { keys: dateTests, read: dateCondition },
  age: { keys: [...numberComparators, "leapDay"], read: ageCondition },
  anniversary: {
    keys: ["today", "withinNext", "withinLast", "years", "leapDay"],
    read: anniversaryCondition,
  },
  count: aggregateForm("count"),
  sum: aggregateForm("sum"),
  average: aggregateForm("average"),
  distinct: aggregateForm("distinct"),
  metric: {
    keys: numberComparators,
    read: (found) => ({
      op: "metric",
      metric: required(found, "metric", (value, place) => reference(value, place, "metric")),
      compare: numberComparison(found, decimal),
    }),
  },
  since: { keys: ["of", ...durationComparators], read: sinceCondition },
  rhythm: { keys: ["of", "every", "times"], read: rhythmCondition },
  score: { keys: scoreKeys, read: scoreCondition },
  segment: {
    keys: [],
    read: (found) => ({
      op: "segment",
      segment: required(found, "segment", (value, place) => reference(value, place, "segment")),
    }),
  },
  classification: { keys: ["is", "in"], read: classificationCondition },
};
const forms = Object.keys(formOf);

/** Forms of the language that are yet to come. */
const laterForms = [
  "sequence",
  "did",
  "ratio",
  "engagement",
  "top",
  "bottom",
  "lapsing",
  "list",
  "split",
  "near",
  "minimum",
  "maximum",
];

const nothing: Condition = { op: "any", of: [] };

export function condition(value: unknown, place: Place): Condition {
  if (!isMapping(value)) {
    note(place, show(value), `a condition: ${listed(forms)}`);
    return nothing;
  }
  const given = [...forms, ...laterForms].filter((form) => Object.hasOwn(value, form));
  const [name] = given;
  if (name === undefined) {
    const [first = ""] = Object.keys(value);
    note(place, show(value), `a condition: ${listed(forms)}`, nearestName(first, forms));
    return nothing;
  }
  if (given.length > 1) {
    note(place, given.join(" and "), "one form in a condition; `all` and `any` join several");
    return nothing;
  }
  const form = formOf[name];
  if (form === undefined) {
    note(within(place, name), show(value[name]), unavailable(name));
    return nothing;
  }
  return form.read(fields(value, place, [name, ...form.keys]));
}

function conditions(value: unknown, place: Place): Condition[] {
  return list(value, place, condition, { least: 0, of: "conditions" });
}

function attributeCondition(found: Fields): Condition {
  const from = required(found, "attribute", path);
  const compare = anyComparison(found);
  if (from.from !== "attribute" && from.take === undefined && compare.op !== "exists")
    note(within(found.place, "attribute"), "the time of an event", "`take: PROPERTY`; `date` compares times");
  return { op: "attribute", path: from, compare };
}

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

/** The one of these keys that is there; notes where none is, or several are. */
function theOne<Name extends string>(found: Fields, names: readonly Name[]): Name | undefined {
  const given = names.filter((name) => found.has(name));
  const [only] = given;
  if (given.length === 1 && only !== undefined) return only;
  if (given.length > 0 || !found.hasUnknown)
    note(found.place, given.length === 0 ? "none" : given.join(" and "), listed(names));
  return undefined;
}

function aggregateForm(name: AggregateName): Form {
  return {
    keys: [...aggregateKeys(name).filter((key) => key !== name), ...numberComparators],
    read: (found) => ({
      op: "aggregate",
      aggregate: aggregate(found, name),
      compare: numberComparison(found, decimal),
    }),
  };
}

function sinceCondition(found: Fields): Condition {
  return {
    op: "since",
    edge: required(found, "since", choice(["last", "first"])),
    of: required(found, "of", selector),
    compare: numberComparison(found, durationOrZero, durationComparators),
  };
}

const mostTimes = 120;

function rhythmCondition(found: Fields): Condition {
  const state = required(found, "rhythm", choice(["regular", "stopped", "resumed"]));
  const least = state === "stopped" ? 2 : 1;
  return {
    op: "rhythm",
    state,
    of: required(found, "of", selector),
    every: required(found, "every", period),
    times: required(found, "times", whole(least, mostTimes)),
  };
}

function classificationCondition(found: Fields): Condition {
  const op = theOne(found, ["is", "in"] as const);
  const categories =
    op === "in"
      ? required(found, op, (value, place) => list(value, place, id, { of: "categories" }))
      : op === "is"
        ? [required(found, op, id)]
        : [];
  const members = categories.flatMap((name, index) =>
    name === "" ? [] : [{ name, path: within(found.place, op === "is" ? "is" : `in.${index}`).path }],
  );
  const classification = required(found, "classification", (value, place) =>
    reference(value, place, "classification", members),
  );
  return { op: "classification", classification, in: categories };
}
