/** A value of a record, as a mapping rule says; rules are turned into functions once. */
import type { ZoneCalendar } from "@tidemark/core";
import { round } from "../amount.ts";
import { isJsonObject, type JsonObject } from "../bounded-json.ts";
import { nameOfWords } from "../event-name.ts";
import { type EventFault, fault } from "../fault.ts";
import { type DateFormat, type DateReading, instantOfReading, isoDates } from "./date-format.ts";
import type { Conversion, FieldRule, ValueRule } from "./mapping.ts";
import { numberOf } from "./number.ts";
import { pathReader, type Scope, Several } from "./path.ts";
import { itemTargets, type TargetKind } from "./targets.ts";

/** What is wrong with a value: `path` is the target, `from` where it came from. */
export interface ValueFault extends EventFault {
  readonly from: string;
}

/** Notes what is wrong with a value. */
type Note = (found: unknown, expected: string) => void;

/** Answers undefined where there is nothing to set. Never throws on any record. */
type Evaluate = (scope: Scope, note: Note) => unknown;

/** Sets fields in an object that is the caller's own. */
export type SetFields = (scope: Scope, into: JsonObject, faults: ValueFault[], prefix: string) => void;

/** `kindOf` says what a target takes, by its name; `zone` is the workspace's. */
export function fieldSetter(
  rules: readonly FieldRule[],
  kindOf: (target: readonly string[]) => TargetKind,
  zone: ZoneCalendar,
): SetFields {
  const setters = rules.map(({ target, value }) => {
    const kind = kindOf(target);
    const name = target.join(".");
    if (value.pick.op === "object") return { target, name, set: objectSetter(value, kind, zone) };
    const evaluate = oneValue(value, kind, zone);
    const set = (scope: Scope, faults: ValueFault[], path: string): unknown =>
      evaluate(scope, (found, expected) =>
        faults.push({ ...fault(path, found, expected), from: value.from }),
      );
    return { target, name, set };
  });
  return (scope, into, faults, prefix) => {
    for (const { target, name, set } of setters) {
      const value = set(scope, faults, `${prefix}${name}`);
      if (value === undefined) continue;
      const inTheWay = put(into, target, value);
      if (inTheWay === undefined) continue;
      const [root = ""] = target;
      const from = rules.find((rule) => rule.target.join(".") === root)?.value.from ?? "";
      faults.push({ ...fault(`${prefix}${root}`, inTheWay, `an object, for ${name}`), from });
    }
  };
}

/** Objects on the way are copied: they may be the record's. Answers what else is in the way. */
function put(into: JsonObject, target: readonly string[], value: unknown): unknown {
  let place = into;
  for (const [depth, name] of target.entries()) {
    if (depth === target.length - 1) {
      place[name] = isJsonObject(value) ? { ...value } : value;
      return undefined;
    }
    const below = Object.hasOwn(place, name) ? (place[name] ?? undefined) : undefined;
    if (below !== undefined && !isJsonObject(below)) return below;
    const copy: JsonObject = { ...below };
    place[name] = copy;
    place = copy;
  }
  return undefined;
}

function objectSetter({ pick, from }: ValueRule, kind: TargetKind, zone: ZoneCalendar) {
  if (pick.op !== "object") return () => undefined;
  const kindOf = (target: readonly string[]): TargetKind =>
    kind === "items" ? (itemTargets[target[0] ?? ""] ?? "scalar") : "tree";
  const setFields = fieldSetter(pick.fields, kindOf, zone);
  const made = (scope: Scope, faults: ValueFault[], prefix: string): JsonObject => {
    const object: JsonObject = {};
    setFields(scope, object, faults, prefix);
    return object;
  };
  const { each } = pick;
  if (each === null)
    return (scope: Scope, faults: ValueFault[], path: string) => made(scope, faults, `${path}.`);
  const readList = pathReader(each);
  return (scope: Scope, faults: ValueFault[], path: string): unknown => {
    const found = readList(scope);
    const items = found instanceof Several ? found.values : found;
    if (items === undefined || items === null) return undefined;
    if (!Array.isArray(items)) {
      faults.push({ ...fault(path, items, "a list"), from });
      return undefined;
    }
    return items.map((item, index) => made({ record: scope.record, item }, faults, `${path}[${index}].`));
  };
}

/** Through a list a tree takes all values as a list; anything else takes one. */
function oneValue(rule: ValueRule, kind: TargetKind, zone: ZoneCalendar): Evaluate {
  const evaluate = evaluator(rule, kind, zone);
  return (scope, note) => {
    const value = evaluate(scope, note);
    if (!(value instanceof Several)) return value;
    if (kind === "tree" || kind === "items") return value.values;
    if (value.values.length > 1)
      note(value.values, "one value: `sum`, or an index such as lines.0.price, makes one of many");
    return value.values.length === 1 ? value.values[0] : undefined;
  };
}

function evaluator(rule: ValueRule, kind: TargetKind, zone: ZoneCalendar): Evaluate {
  const pick = picker(rule, kind, zone);
  const convert = converter(rule.convert ?? ownConversion(rule, kind), kind, zone);
  const { nothing, afterLast } = rule;
  const change = (value: unknown, note: Note): unknown => {
    if (value === null || value === undefined) return value;
    if (nothing.length > 0 && nothing.includes(scalarText(value))) return undefined;
    const kept =
      afterLast !== null && typeof value === "string"
        ? value.slice(value.lastIndexOf(afterLast) + (value.includes(afterLast) ? afterLast.length : 0))
        : value;
    return convert === null ? kept : convert(kept, note);
  };
  return (scope, note) => {
    const found = pick(scope, note);
    if (!(found instanceof Several)) return change(found, note);
    const values = found.values.map((value) => change(value, note));
    return new Several(values.filter((value) => value !== undefined));
  };
}

/** Where a target takes a time or a whole number, text is read as one without being told. */
function ownConversion({ pick }: ValueRule, kind: TargetKind): Conversion | null {
  if (pick.op !== "path" && pick.op !== "first") return null;
  return kind === "instant" || kind === "whole" ? { op: "date", read: isoOrNumber(kind), zone: null } : null;
}

function isoOrNumber(kind: "instant" | "whole"): DateFormat {
  return (value) => {
    if (typeof value === "number") return { type: "instant", ms: value };
    if (kind === "whole" && /^\d{1,15}$/.test(value.trim())) return { type: "instant", ms: Number(value) };
    const reading = isoDates(value);
    if (!("fault" in reading)) return reading;
    return kind === "whole"
      ? { fault: "is no whole number and no ISO 8601 time" }
      : { fault: `${reading.fault}; another format is named: PATH@FORMAT` };
  };
}

function picker({ pick, convert }: ValueRule, kind: TargetKind, zone: ZoneCalendar): Evaluate {
  switch (pick.op) {
    case "path":
      return pathReader(pick.path);
    case "value": {
      const { value } = pick;
      return () => (typeof value === "object" ? structuredClone(value) : value);
    }
    case "first": {
      // What is converted afterwards is not read as a time before.
      const inner = convert === null ? kind : "scalar";
      const candidates = pick.of.map((rule) => evaluator(rule, inner, zone));
      return (scope, note) => firstOf(candidates, scope, note);
    }
    case "sum": {
      const terms = pick.of.map((rule) => evaluator(rule, "scalar", zone));
      return (scope, note) => sumOf(terms, scope, note);
    }
    case "product": {
      const factors = pick.of.map((rule) => oneValue(rule, "scalar", zone));
      return (scope, note) => productOf(factors, scope, note);
    }
    case "object":
      // Not below another value: `readValue` allows objects as a target's whole value only.
      return () => undefined;
  }
}

function isPresent(value: unknown): boolean {
  if (value instanceof Several) return value.values.length > 0;
  return value !== undefined && value !== null && !(typeof value === "string" && value.trim() === "");
}

/** A null counts where nothing else is there: it unsets an attribute. */
function firstOf(candidates: readonly Evaluate[], scope: Scope, note: Note): unknown {
  let left: unknown;
  for (const candidate of candidates) {
    const value = candidate(scope, note);
    if (isPresent(value)) return value;
    if (value === null) left = null;
  }
  return left;
}

const numberExpected = "a number";

function sumOf(terms: readonly Evaluate[], scope: Scope, note: Note): unknown {
  let sum: number | undefined;
  for (const term of terms) {
    const found = term(scope, note);
    const values = found instanceof Several ? found.values : Array.isArray(found) ? found : [found];
    for (const value of values) {
      if (!isPresent(value)) continue;
      const number = numberOf(value, "point");
      if (number === undefined) note(value, numberExpected);
      sum = round((sum ?? 0) + (number ?? 0));
    }
  }
  return sum;
}

/** Nothing where a factor is missing. */
function productOf(factors: readonly Evaluate[], scope: Scope, note: Note): unknown {
  let product: number | undefined = 1;
  for (const factor of factors) {
    const value = factor(scope, note);
    const number = isPresent(value) ? numberOf(value, "point") : undefined;
    if (isPresent(value) && number === undefined) note(value, numberExpected);
    product = product === undefined || number === undefined ? undefined : product * number;
  }
  return product === undefined ? undefined : round(product);
}

type Convert = (value: unknown, note: Note) => unknown;

function converter(conversion: Conversion | null, kind: TargetKind, zone: ZoneCalendar): Convert | null {
  switch (conversion?.op) {
    case undefined:
      return null;
    case "values":
      return mappedValue(conversion);
    case "date":
      return dateValue(conversion.read, kind, conversion.zone ?? zone);
    case "number":
      return numberValue(conversion);
    case "text":
      return (value, note) => scalar(value, note) ?? undefined;
    case "name":
      return (value, note) => {
        const words = scalar(value, note);
        return words === undefined ? undefined : nameOfWords(words);
      };
    case "boolean":
      return booleanValue;
  }
}

function mappedValue({ values, otherwise }: Extract<Conversion, { op: "values" }>): Convert {
  return (value, note) => {
    const text = scalarText(value);
    if (values.has(text)) return values.get(text);
    if (otherwise !== null) return otherwise.value;
    note(value, `one of ${[...values.keys()].slice(0, 20).join(", ")}`);
    return undefined;
  };
}

function dateValue(read: DateFormat, kind: TargetKind, zone: ZoneCalendar): Convert {
  return (value, note) => {
    if (typeof value !== "string" && typeof value !== "number") {
      note(value, "a date, as text or a number");
      return undefined;
    }
    if (typeof value === "string" && value.trim() === "") return null;
    const reading = read(value);
    if ("fault" in reading) {
      note(value, `a date; it ${reading.fault}`);
      return undefined;
    }
    return kind === "instant" || kind === "whole" ? instantOfReading(reading, zone) : dateText(reading, zone);
  };
}

/** As conditions read dates: a day as YYYY-MM-DD, an instant in UTC. */
function dateText(reading: DateReading, zone: ZoneCalendar): string {
  if (reading.type === "day") return new Date(reading.day * 86_400_000).toISOString().slice(0, 10);
  return new Date(instantOfReading(reading, zone)).toISOString();
}

function numberValue({ scale, decimal }: Extract<Conversion, { op: "number" }>): Convert {
  const expected = decimal === "comma" ? "a number with a decimal comma" : numberExpected;
  return (value, note) => {
    if (typeof value === "string" && value.trim() === "") return null;
    const number = numberOf(value, decimal);
    if (number === undefined) note(value, expected);
    return number === undefined || scale === 1 ? number : round(number * scale);
  };
}

const yes: ReadonlySet<string> = new Set(["true", "yes", "y", "1", "on"]);
const no: ReadonlySet<string> = new Set(["false", "no", "n", "0", "off"]);

function booleanValue(value: unknown, note: Note): unknown {
  const text = scalarText(value).trim().toLowerCase();
  if (text === "" && typeof value === "string") return null;
  if (yes.has(text)) return true;
  if (no.has(text)) return false;
  note(value, "true or false, yes or no, 1 or 0");
  return undefined;
}

function scalar(value: unknown, note: Note): string | undefined {
  if (typeof value !== "object") return String(value);
  note(value, "one text or number");
  return undefined;
}

function scalarText(value: unknown): string {
  return typeof value === "object" ? "" : String(value);
}
