/** A document, by its kind. */

import { fromUnits, toUnits } from "../../decimal.ts";
import type {
  Automation,
  AutomationTrigger,
  Category,
  Classification,
  Definition,
  Engagement,
  EngagementPoints,
  List,
  Mark,
  Metric,
  Scoring,
  Segment,
  SubjectKind,
  WebhookAction,
} from "../definition.ts";
import { aggregate, aggregateKeys, aggregates } from "./aggregate.ts";
import { condition } from "./condition.ts";
import { duration } from "./duration.ts";
import { choice, type Fields, fields, flag, isMapping, list, optional, required, text } from "./json.ts";
import { id, isId, reference, zone } from "./name.ts";
import { nearestName } from "./nearest.ts";
import { listed, note, type Place, show, within } from "./place.ts";
import { parts, scoreRules } from "./score.ts";
import { selector } from "./selector.ts";

const kinds = ["metric", "segment", "classification", "scoring", "engagement", "list", "automation"] as const;
export type Kind = (typeof kinds)[number];

export function isKind(value: unknown): value is Kind {
  return kinds.some((kind) => kind === value);
}

/** Undefined where the document is of no kind. */
export function readDefinition(document: unknown, place: Place): Definition | undefined {
  if (!isMapping(document)) {
    note(place, show(document), `a definition: a mapping with a kind, ${listed(kinds)}`);
    return undefined;
  }
  const kind = Object.hasOwn(document, "kind") ? document.kind : undefined;
  if (isKind(kind)) return readers[kind](document, place);
  const nearest = typeof kind === "string" ? nearestName(kind, kinds) : undefined;
  note(within(place, "kind"), show(kind), listed(kinds), nearest);
  return undefined;
}

const readers: Readonly<Record<Kind, (document: unknown, place: Place) => Definition>> = {
  metric: readMetric,
  segment: readSegment,
  classification: readClassification,
  scoring: readScoring,
  engagement: readEngagement,
  list: readList,
  automation: readAutomation,
};

const commonKeys = ["kind", "id", "name", "description", "tags", "owner"];
const evaluatedKeys = [...commonKeys, "subject", "zone"];

function common(found: Fields) {
  const name = optional(found, "name", text(200), undefined);
  const description = optional(found, "description", text(2_000), undefined);
  const owner = optional(found, "owner", text(200), undefined);
  const ownId = required(found, "id", id);
  return {
    id: ownId,
    name: name ?? ownId,
    tags: optional(found, "tags", tags, []),
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner }),
  };
}

function tags(value: unknown, place: Place): string[] {
  return list(value, place, text(50), { least: 0, most: 50, of: "texts" });
}

function evaluated(found: Fields) {
  return {
    subject: subjectOf(found),
    zone: optional(found, "zone", zone, "workspace" as const),
  };
}

function subjectOf(found: Fields): SubjectKind {
  return optional(found, "subject", choice(["customer", "company"]), "customer" as const);
}

function readMetric(document: unknown, place: Place): Metric {
  const given = isMapping(document) ? aggregates.filter((name) => Object.hasOwn(document, name)) : [];
  const [name = "count"] = given;
  const isOne = given.length === 1;
  const keys = isOne ? aggregateKeys(name) : [...aggregates, "of", "during"];
  const found = fields(document, place, [...evaluatedKeys, ...keys]);
  if (!isOne && (given.length > 1 || !found.hasUnknown))
    note(place, given.length === 0 ? "no aggregate" : given.join(" and "), listed(aggregates));
  return {
    kind: "metric",
    ...common(found),
    ...evaluated(found),
    aggregate: isOne
      ? aggregate(found, name)
      : { function: "count", of: { event: "" }, during: { type: "all" } },
  };
}

function readSegment(document: unknown, place: Place): Segment {
  const found = fields(document, place, [...evaluatedKeys, "when", "enter", "leave", "stay", "mark"]);
  const mark = optional(found, "mark", readMark, undefined);
  const stayMs = optional(found, "stay", duration, undefined);
  return {
    kind: "segment",
    ...common(found),
    ...evaluated(found),
    ...(found.has("enter") || found.has("leave") ? thresholds(found) : plain(found)),
    ...(stayMs === undefined ? {} : { stayMs }),
    ...(mark === undefined ? {} : { mark }),
  };
}

function plain(found: Fields): Pick<Segment, "when"> {
  return { when: required(found, "when", condition) };
}

/** `enter` and `leave` in place of `when`. */
function thresholds(found: Fields): Pick<Segment, "when" | "leave"> {
  if (found.has("when"))
    note(within(found.place, "when"), "when beside enter or leave", "either `when`, or `enter` and `leave`");
  return { when: required(found, "enter", condition), leave: required(found, "leave", condition) };
}

const colorPattern = /^#[0-9a-fA-F]{6}$/;

function color(value: unknown, place: Place): string {
  if (typeof value === "string" && colorPattern.test(value)) return value;
  note(place, show(value), 'a colour such as "#e5484d"');
  return "";
}

function readMark(value: unknown, place: Place): Mark {
  const found = fields(value, place, ["color", "icon", "label"]);
  const given = {
    color: optional(found, "color", color, undefined),
    icon: optional(found, "icon", text(100), undefined),
    label: optional(found, "label", text(100), undefined),
  };
  const mark = Object.fromEntries(Object.entries(given).filter(([, part]) => part !== undefined));
  if (Object.keys(mark).length === 0 && !found.hasUnknown)
    note(place, show(value), "at least one of color, icon, label");
  return mark;
}

const mostCategories = 200;

function readClassification(document: unknown, place: Place): Classification {
  const found = fields(document, place, [...evaluatedKeys, "categories", "otherwise"]);
  const categories = required(found, "categories", (value, at) =>
    list(value, at, category, { most: mostCategories, of: "categories" }),
  );
  const otherwise = required(found, "otherwise", categoryId);
  const seen = new Map<string, string>();
  const unique = (name: string, path: string): void => {
    const before = seen.get(name);
    if (name !== "" && before !== undefined)
      note({ ...place, path }, `${show(name)}, as in ${before}`, "an id of its own");
    seen.set(name, path);
  };
  for (const [index, one] of categories.entries()) unique(one.id, `categories.${index}.id`);
  unique(otherwise, "otherwise");
  return { kind: "classification", ...common(found), ...evaluated(found), categories, otherwise };
}

/** Who is merged or erased moves to `out`: in no category any more. */
function categoryId(value: unknown, place: Place): string {
  if (value !== "out") return id(value, place);
  note(place, show(value), "another id: out says that a customer is in no category");
  return "";
}

function category(value: unknown, place: Place): Category {
  const found = fields(value, place, ["id", "name", "when", "mark"]);
  const ownId = required(found, "id", categoryId);
  const mark = optional(found, "mark", readMark, undefined);
  return {
    id: ownId,
    name: optional(found, "name", text(200), ownId),
    when: required(found, "when", condition),
    ...(mark === undefined ? {} : { mark }),
  };
}

function readScoring(document: unknown, place: Place): Scoring {
  const found = fields(document, place, [...evaluatedKeys, ...parts]);
  return { kind: "scoring", ...common(found), ...evaluated(found), parts: scoreRules(found) };
}

function readEngagement(document: unknown, place: Place): Engagement {
  const found = fields(document, place, [...commonKeys, "subject", "points", "halfLife"]);
  return {
    kind: "engagement",
    ...common(found),
    subject: subjectOf(found),
    points: required(found, "points", (value, at) =>
      list(value, at, points, { most: mostPoints, of: "events with their weight" }),
    ),
    halfLifeMs: required(found, "halfLife", duration),
  };
}

const mostPoints = 100;
const heaviest = 1_000_000;

function points(value: unknown, place: Place): EngagementPoints {
  const found = fields(value, place, ["of", "weight"]);
  return { of: required(found, "of", selector), weight: required(found, "weight", weight) };
}

/** In units of 1/10,000. */
function weight(value: unknown, place: Place): number {
  const isWeight = typeof value === "number" && value !== 0 && Math.abs(value) <= heaviest;
  if (isWeight && fromUnits(toUnits(value)) === value) return toUnits(value);
  const expected = `a number from -${heaviest} to ${heaviest}, not 0, with at most four decimal places`;
  note(place, show(value), expected);
  return 0;
}

function readList(document: unknown, place: Place): List {
  const found = fields(document, place, [...commonKeys, "subject"]);
  return { kind: "list", ...common(found), subject: subjectOf(found) };
}

function readAutomation(document: unknown, place: Place): Automation {
  const found = fields(document, place, [...commonKeys, "on", "historic", "do"]);
  return {
    kind: "automation",
    ...common(found),
    on: required(found, "on", trigger),
    historic: optional(found, "historic", flag, false),
    do: required(found, "do", (value, at) => list(value, at, action, { most: 20, of: "actions" })),
  };
}

const triggers = ["enters", "leaves", "moves"] as const;

function trigger(value: unknown, place: Place): AutomationTrigger {
  const given = isMapping(value) ? triggers.filter((name) => Object.hasOwn(value, name)) : [];
  const [name] = given;
  if (name === undefined || given.length > 1) {
    note(place, given.length > 1 ? given.join(" and ") : show(value), listed(triggers));
    return { enters: "" };
  }
  if (name !== "moves") {
    const found = fields(value, place, [name]);
    const segment = required(found, name, (inner, at) => reference(inner, at, "segment"));
    return name === "enters" ? { enters: segment } : { leaves: segment };
  }
  const found = fields(value, place, ["moves", "to"]);
  const to = optional(found, "to", (inner, at) => list(inner, at, id, { of: "categories" }), undefined);
  const members = (to ?? []).flatMap((category, index) =>
    isId(category) ? [{ name: category, path: within(place, `to.${index}`).path }] : [],
  );
  const moves = required(found, "moves", (inner, at) => reference(inner, at, "classification", members));
  return to === undefined ? { moves } : { moves, to };
}

function action(value: unknown, place: Place): WebhookAction {
  const found = fields(value, place, ["webhook", "data"]);
  const webhook = required(found, "webhook", id);
  return found.has("data") ? { webhook, data: found.get("data") } : { webhook };
}
