/** Conditions over events: aggregates, `since`, `rhythm`, `sequence`, `did` without. */
import type { Condition, Selector } from "../definition.ts";
import { type AggregateName, aggregate, aggregateKeys } from "./aggregate.ts";
import { decimal, durationComparators, numberComparators, numberComparison } from "./comparison.ts";
import { duration, durationOrZero } from "./duration.ts";
import type { Form } from "./form.ts";
import { choice, type Fields, list, optional, required, whole } from "./json.ts";
import { note, type Place, show, within } from "./place.ts";
import { selector } from "./selector.ts";
import { period, window } from "./window.ts";

export const sinceForm: Form = { keys: ["of", ...durationComparators], read: sinceCondition };
export const rhythmForm: Form = { keys: ["of", "every", "times"], read: rhythmCondition };
export const sequenceForm: Form = { keys: ["within", "during"], read: sequenceCondition };
export const didForm: Form = { keys: ["without", "for", "forget"], read: didCondition };

export function aggregateForm(name: AggregateName): Form {
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

const mostSteps = 10;

function sequenceCondition(found: Fields): Condition {
  return {
    op: "sequence",
    steps: required(found, "sequence", steps),
    withinMs: optional(found, "within", duration, null),
    during: optional(found, "during", window, { type: "all" } as const),
  };
}

function steps(value: unknown, place: Place): Selector[] {
  return list(value, place, selector, { least: 2, most: mostSteps, of: "events" });
}

function didCondition(found: Fields): Condition {
  const { faults } = found.place.findings;
  const did = required(found, "did", selector);
  const without = required(found, "without", selector);
  const before = faults.length;
  const forMs = required(found, "for", duration);
  const forgetMs = optional(found, "forget", duration, null);
  if (faults.length === before && forgetMs !== null && forgetMs <= forMs)
    note(within(found.place, "forget"), show(found.get("forget")), "more than `for`");
  return { op: "did", did, without, forMs, forgetMs };
}
