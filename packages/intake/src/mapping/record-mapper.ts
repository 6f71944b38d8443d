/** Records of any shape to the events that a service reads. */
import type { EventCondition, ZoneCalendar } from "@tidemark/core";
import { eventTest } from "@tidemark/core/document";
import { isJsonObject, type JsonObject } from "../bounded-json.ts";
import { type EventFault, fault } from "../fault.ts";
import type { RecordFacts } from "../normalise.ts";
import { fieldSetter, type ValueFault } from "./map-value.ts";
import type { FieldRule, Mapping, MappingRule, SourceName, ValueRule } from "./mapping.ts";
import { isRecordFact, pathReader, type RecordPath, Several } from "./path.ts";
import { type TargetKind, targetsOf } from "./targets.ts";

export interface MappedEvent {
  /** In the service's own shape, what is at fault left out. */
  readonly event: JsonObject;
  readonly faults: readonly ValueFault[];
  /** `lines[3]`: the item it was made of; empty for the record. */
  readonly item: string;
  /** Where a field of the event came from: `total` from `amount.value`. Undefined for what is no target. */
  readonly fromOf: (target: string) => string | undefined;
}

export type MappedRecord =
  | { readonly outcome: "mapped"; readonly events: readonly MappedEvent[] }
  /** It becomes nothing. */
  | { readonly outcome: "ignored" }
  /** It is in the service's own shape. */
  | { readonly outcome: "passed" }
  | { readonly outcome: "refused"; readonly faults: readonly EventFault[] };

export type MapRecord = (record: unknown, facts?: RecordFacts) => MappedRecord;

/**
 * The rules of one source as a function that never throws on any record. `zone` is the workspace's: local times are in
 * it where a rule names no other.
 */
export function recordMapper(
  mapping: Mapping,
  { source, zone }: { readonly source: SourceName; readonly zone: ZoneCalendar },
): MapRecord {
  const rules = mapping.filter((rule) => rule.source === source);
  const compiled = rules.map((rule) => ({ test: testOf(rule), map: ruleMapper(rule, zone) }));
  const usesFacts = rules.some(asksForFacts);
  return (given, facts) => {
    if (!isJsonObject(given)) return refusal(fault("", given, "a JSON object"));
    const record = usesFacts && facts !== undefined ? { ...given, ...factsOf(facts) } : given;
    for (const { test, map } of compiled) if (test(record)) return map(record);
    return refusal(unmapped);
  };
}

const unmapped: EventFault = {
  path: "",
  found: "a record that no mapping takes",
  expected: "one for which `when` of a mapping holds",
  reason: "invalid",
};

function refusal(...faults: readonly EventFault[]): MappedRecord {
  return { outcome: "refused", faults };
}

function testOf({ when }: MappingRule): (record: JsonObject) => boolean {
  return when === null ? () => true : eventTest(when);
}

function ruleMapper(
  { action, source }: MappingRule,
  zone: ZoneCalendar,
): (record: JsonObject) => MappedRecord {
  if (action.type === "ignore") return () => ({ outcome: "ignored" });
  if (action.type === "pass") return () => ({ outcome: "passed" });
  const { each, fields } = action;
  const targets = targetsOf[source];
  const kindOf = (target: readonly string[]): TargetKind =>
    target.length > 1 ? "tree" : (targets[target[0] ?? ""] ?? "scalar");
  const setFields = fieldSetter(fields, kindOf, zone);
  const fromOf = originFinder(fields);
  const eventOf = (record: JsonObject, item: unknown, name: string): MappedEvent => {
    const event: JsonObject = {};
    const faults: ValueFault[] = [];
    setFields({ record, item }, event, faults, "");
    return { event, faults, item: name, fromOf };
  };
  if (each === null) return (record) => ({ outcome: "mapped", events: [eventOf(record, record, "")] });
  const readList = pathReader(each);
  return (record) => {
    const found = readList({ record, item: record });
    const items = found instanceof Several ? found.values : found;
    if (!Array.isArray(items)) return refusal(fault(each.text, items, "a list"));
    const events = items.map((item: unknown, index) => eventOf(record, item, `${each.text}[${index}]`));
    return { outcome: "mapped", events };
  };
}

/** By the target, or the longest above or below it: `items[0].price` comes from where `items.price` does. */
function originFinder(fields: readonly FieldRule[]): (target: string) => string | undefined {
  const origins = new Map<string, string>();
  const add = (rules: readonly FieldRule[], above: string): void => {
    for (const { target, value } of rules) {
      const name = `${above}${target.join(".")}`;
      if (value.from !== "") origins.set(name, value.from);
      if (value.pick.op === "object") add(value.pick.fields, `${name}.`);
    }
  };
  add(fields, "");
  return (target) => {
    const steps = target.replaceAll(/\[\d+\]/g, "").split(".");
    for (let length = steps.length; length > 0; length -= 1) {
      const origin = origins.get(steps.slice(0, length).join("."));
      if (origin !== undefined) return origin;
    }
    return undefined;
  };
}

function factsOf({ key, headers, timestamp }: RecordFacts): JsonObject {
  const named = headers.map(([name, value]) => [name.toLowerCase(), value.toString()] as const);
  return { $headers: Object.fromEntries(named), $key: key?.toString() ?? null, $timestamp: timestamp };
}

function asksForFacts({ when, action }: MappingRule): boolean {
  if (when !== null && conditionAsks(when)) return true;
  if (action.type !== "map") return false;
  return (
    (action.each !== null && pathAsks(action.each)) || action.fields.some(({ value }) => valueAsks(value))
  );
}

function conditionAsks(condition: EventCondition): boolean {
  switch (condition.op) {
    case "all":
    case "any":
      return condition.of.some(conditionAsks);
    case "not":
      return conditionAsks(condition.of);
    case "property":
      return isRecordFact(condition.path);
  }
}

function valueAsks({ pick }: ValueRule): boolean {
  switch (pick.op) {
    case "path":
      return pathAsks(pick.path);
    case "value":
      return false;
    case "object":
      return (pick.each !== null && pathAsks(pick.each)) || pick.fields.some(({ value }) => valueAsks(value));
    default:
      return pick.of.some(valueAsks);
  }
}

const pathAsks = ({ steps }: RecordPath): boolean => isRecordFact(steps);
