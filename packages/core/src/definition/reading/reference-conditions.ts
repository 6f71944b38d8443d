/** Conditions that name other definitions. */
import type { Condition } from "../definition.ts";
import { decimal, numberComparators, numberComparison } from "./comparison.ts";
import { duration } from "./duration.ts";
import { type Form, theOne } from "./form.ts";
import { type Fields, fields, list, required } from "./json.ts";
import { id, reference } from "./name.ts";
import { note, type Place, type Read, type Reference, show, within } from "./place.ts";

export const metricForm: Form = {
  keys: numberComparators,
  read: (found) => ({
    op: "metric",
    metric: required(found, "metric", named("metric")),
    compare: numberComparison(found, decimal),
  }),
};

export const ratioForm: Form = { keys: numberComparators, read: ratioCondition };

export const engagementForm: Form = {
  keys: numberComparators,
  read: (found) => ({
    op: "engagement",
    engagement: required(found, "engagement", named("engagement")),
    compare: numberComparison(found, decimal),
  }),
};

export const segmentForm: Form = {
  keys: [],
  read: (found) => ({ op: "segment", segment: required(found, "segment", named("segment")) }),
};

export const classificationForm: Form = { keys: ["is", "in"], read: classificationCondition };

export const lapsingForm: Form = {
  keys: ["within"],
  read: (found) => ({
    op: "lapsing",
    segment: required(found, "lapsing", named("segment")),
    withinMs: required(found, "within", duration),
  }),
};

export const listForm: Form = {
  keys: [],
  read: (found) => ({ op: "list", list: required(found, "list", named("list")) }),
};

export function shareForm(op: "top" | "bottom"): Form {
  return {
    keys: ["by"],
    read: (found) => ({
      op,
      share: required(found, op, share),
      metric: required(found, "by", named("metric")),
    }),
  };
}

/** The id of a definition of that kind. */
function named(kind: Reference["kind"]): Read<string> {
  return (value, place) => reference(value, place, kind);
}

function ratioCondition(found: Fields): Condition {
  const { of, to } = required(found, "ratio", (value, place) => {
    const parts = fields(value, place, ["of", "to"]);
    return { of: required(parts, "of", named("metric")), to: required(parts, "to", named("metric")) };
  });
  return { op: "ratio", of, to, compare: numberComparison(found, decimal) };
}

const sharePattern = /^(\d{1,2})(?:\.(\d{1,2}))? percent$/;

/** Of a whole, above 0 and below 1. */
function share(value: unknown, place: Place): number {
  const match = typeof value === "string" ? sharePattern.exec(value) : null;
  const hundredths = match === null ? 0 : Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  if (hundredths > 0) return hundredths / 10_000;
  note(place, show(value), "a share of the population, above 0 and below 100 percent, such as 5 percent");
  return 0.5;
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
