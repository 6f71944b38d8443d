/** The documents of a mapping file to its checked form; all faults at once. */
import type { EventCondition, Fault } from "@tidemark/core";
import {
  eventCondition,
  faultOf,
  fields,
  isMapping,
  isWithinBounds,
  listed,
  nearestName,
  note,
  onlyTrue,
  optional,
  type Place,
  required,
  rootPlace,
  show,
  within,
} from "@tidemark/core/document";
import { isOrderEventName, isSourceEventName, orderEventNames } from "../event-name.ts";
import type { FieldRule, Mapping, MappingRule, RuleAction, SourceName, ValueRule } from "./mapping.ts";
import { sourceNames } from "./mapping.ts";
import { readValue } from "./parse-value.ts";
import { readPath } from "./path.ts";
import {
  defaultValues,
  itemTargets,
  neededTargets,
  otherNames,
  type TargetKind,
  targetsOf,
} from "./targets.ts";

export interface ParsedMapping {
  /** The rules without a fault. */
  readonly mapping: Mapping;
  /** `definition` says which document. */
  readonly faults: readonly Fault[];
}

/** Reads what YAML or JSON gave. Never throws: whatever is wrong with a document is among the faults. */
export function parseMapping(documents: readonly unknown[]): ParsedMapping {
  const mapping: MappingRule[] = [];
  const faults: Fault[] = [];
  const takenBy = new Map<SourceName, string>();
  for (const [index, document] of documents.entries()) {
    const place = rootPlace();
    const name = `document ${index + 1}`;
    const rule = isWithinBounds(document, place) ? readRule(document, place, name) : undefined;
    const before = rule && takenBy.get(rule.source);
    if (before !== undefined)
      note(place, `a mapping behind ${before}, which takes every record`, "it before that, or `when` there");
    if (rule?.when === null && !takenBy.has(rule.source)) takenBy.set(rule.source, name);
    if (rule !== undefined && place.findings.faults.length === 0) mapping.push(rule);
    faults.push(...place.findings.faults.map((found) => faultOf(name, found)));
  }
  if (documents.length === 0)
    faults.push({ definition: "the mapping", path: "", found: "nothing", expected: "at least one document" });
  return { mapping, faults };
}

const actions = ["fields", "ignore", "pass"] as const;

function readRule(document: unknown, place: Place, name: string): MappingRule | undefined {
  const found = fields(document, place, ["source", "when", "each", ...actions]);
  if (!isMapping(document)) return undefined;
  const source = required(found, "source", readSource);
  const when = optional(found, "when", recordCondition, null);
  const given = actions.filter((action) => found.has(action));
  const [action] = given;
  if (given.length > 1 || (action === undefined && !found.hasUnknown))
    note(place, given.join(" and ") || "no fields", `one of fields, ignore: true, pass: true`);
  if (source === undefined || action === undefined) return undefined;
  if (action !== "fields") {
    optional(found, action, onlyTrue, true);
    if (found.has("each")) note(within(place, "each"), "each", `nothing beside ${action}`);
    return { document: name, source, when, action: { type: action } };
  }
  const each = optional(found, "each", readPath, null);
  const rules = required(found, "fields", (value, at) => eventFields(value, at, source));
  const map: RuleAction = { type: "map", each, fields: rules };
  return { document: name, source, when, action: map };
}

function readSource(value: unknown, place: Place): SourceName | undefined {
  const source = sourceNames.find((name) => name === value);
  if (source === undefined)
    note(place, show(value), listed(sourceNames), nearestName(String(value).slice(0, 50), sourceNames));
  return source;
}

function recordCondition(value: unknown, place: Place): EventCondition {
  const condition = eventCondition(value, place);
  const visit = (child: EventCondition): void => {
    if (child.op === "all" || child.op === "any") child.of.forEach(visit);
    else if (child.op === "not") visit(child.of);
    else if (child.path[0] === "$")
      note(place, show(child.path.join(".")), "it without `$.`: a condition is over the record");
  };
  visit(condition);
  return condition;
}

/** The fields of an event, what holds by default among them. */
function eventFields(value: unknown, place: Place, source: SourceName): readonly FieldRule[] {
  const rules = readFields(value, place, targetsOf[source]);
  if (!isMapping(value)) return rules;
  const names = Object.keys(targetsOf[source]);
  const given = Object.keys(value).map((target) => target.split(".")[0] ?? "");
  // A name that is unknown here and near to one that is missing was meant to be that.
  const roots = new Set(given.map((root) => (names.includes(root) ? root : nearestTarget(root, names))));
  for (const any of neededTargets[source])
    if (!any.some((target) => roots.has(target)))
      note(place, `no ${any.join(" and no ")}`, `${any.join(" or ")}, which ${source} need`);
  const missing = Object.entries(defaultValues[source]).filter(([target]) => !roots.has(target));
  return [...missing.map(([target, text]) => constantRule(target, text)), ...rules];
}

function constantRule(target: string, value: string): FieldRule {
  const pick = { op: "value", value } as const;
  return { target: [target], value: { pick, from: "", nothing: [], afterLast: null, convert: null } };
}

/** `targets` null allows any name: an object inside properties or attributes. */
function readFields(
  value: unknown,
  place: Place,
  targets: Readonly<Record<string, TargetKind>> | null,
): readonly FieldRule[] {
  if (!isMapping(value) || Object.keys(value).length === 0) {
    note(place, show(value), "a mapping from the event's fields to where they come from");
    return [];
  }
  const rules: FieldRule[] = [];
  for (const [name, given] of Object.entries(value)) {
    const at = within(place, name);
    const target = readTarget(name, at, targets);
    if (target === undefined) continue;
    const kind = target.length > 1 || targets === null ? "tree" : (targets[name] ?? "tree");
    // What an object holds below properties and attributes has any name.
    const below = kind === "items" ? itemTargets : null;
    const rule = readValue(given, at, (inner, innerPlace) => readFields(inner, innerPlace, below));
    checkObject(rule, kind, at);
    if (targets !== null && targets !== itemTargets) checkNames(name, rule, at);
    rules.push({ target, value: rule });
  }
  noteOverlaps(rules, place, targets);
  return rules;
}

function readTarget(
  name: string,
  place: Place,
  targets: Readonly<Record<string, TargetKind>> | null,
): readonly string[] | undefined {
  const steps = name.split(".");
  const [root = ""] = steps;
  if (steps.some((step) => step.trim() !== step || step === "" || step === "__proto__")) {
    note(place, show(name), "a dotted name such as properties.coupon");
    return undefined;
  }
  if (targets === null) return steps;
  const kind = Object.hasOwn(targets, root) ? targets[root] : undefined;
  const names = Object.keys(targets);
  if (kind === undefined) {
    note(place, `the field ${show(root)}`, listed(names), nearestTarget(root, names));
    return undefined;
  }
  if (steps.length > 1 && kind !== "tree") {
    note(place, show(name), `${root} alone: only properties and attributes have fields below them`);
    return undefined;
  }
  return steps;
}

/** The name that was probably meant; those known from elsewhere first. */
function nearestTarget(root: string, names: readonly string[]): string | undefined {
  const known = Object.hasOwn(otherNames, root.toLowerCase()) ? otherNames[root.toLowerCase()] : undefined;
  return known !== undefined && names.includes(known) ? known : nearestName(root, names);
}

/** Objects stand only where one is taken. */
function checkObject({ pick }: ValueRule, kind: TargetKind, place: Place): void {
  if (pick.op !== "object") return;
  if (kind === "items" && pick.each === null)
    note(place, "fields without each", "each: the path of the list");
  else if (kind !== "items" && kind !== "tree") note(place, "fields", "one value");
}

/** One rule would undo what another set. */
function noteOverlaps(
  rules: readonly FieldRule[],
  place: Place,
  targets: Readonly<Record<string, TargetKind>> | null,
): void {
  const whole = new Set(rules.map(({ target }) => target.join(".")));
  for (const { target } of rules) {
    for (let length = targets === null ? 1 : 2; length < target.length; length += 1) {
      const above = target.slice(0, length).join(".");
      if (whole.has(above)) note(within(place, target.join(".")), `a field below ${above}`, "one of the two");
    }
  }
}

/** Names of events that the mapping itself gives are looked at now, not when the first record comes. */
function checkNames(target: string, rule: ValueRule, place: Place): void {
  // Only on top: inside properties and attributes these are names like any other.
  if (target !== "type" && target !== "name") return;
  const isName = target === "type" ? isOrderEventName : isSourceEventName;
  for (const value of constantsOf(rule)) {
    if (isName(value)) continue;
    const expected =
      target === "type"
        ? listed(orderEventNames)
        : "the name of an event in lower case such as page.viewed; orders have a source of their own";
    const nearest =
      target === "type" && typeof value === "string" ? nearestName(value, orderEventNames) : undefined;
    note(place, show(value), expected, nearest);
  }
}

function constantsOf({ pick, convert }: ValueRule): readonly unknown[] {
  if (convert?.op === "values") {
    const { values, otherwise } = convert;
    return [...values.values(), ...(otherwise === null ? [] : [otherwise.value])].filter((it) => it !== null);
  }
  if (pick.op === "value") return [pick.value];
  return pick.op === "first" ? pick.of.flatMap(constantsOf) : [];
}
