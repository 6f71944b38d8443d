/**
 * Where a value comes from, and what is done to it: a path (`customer.id`), in short with a format of dates
 * (`BirthDate@M/d/yyyy`, `Sum@comma`) or as a product (`Quantity*UnitPrice`), or a mapping that says more.
 */
import { zoneCalendar } from "@tidemark/core";
import {
  type Fields,
  fields,
  isMapping,
  list,
  listed,
  nearestName,
  note,
  optional,
  type Place,
  type Read,
  required,
  show,
  text,
} from "@tidemark/core/document";
import { dateFormatExpected, isoDates, parseDateFormat } from "./date-format.ts";
import type { Conversion, FieldRule, Pick, ValueRule } from "./mapping.ts";
import { readPath } from "./path.ts";

/** Reads the fields of an object or of a list's items; what is allowed there depends on where it stands. */
export type ReadFields = (value: unknown, place: Place) => readonly FieldRule[];

const picks = ["path", "value", "first", "sum", "product", "fields"] as const;
type PickName = (typeof picks)[number];

const conversions = ["values", "otherwise", "format", "zone", "scale", "as"] as const;

/** The other keys that may stand beside each. */
const beside: Readonly<Record<PickName, readonly string[]>> = {
  path: ["nothing", "afterLast", ...conversions],
  first: ["nothing", "afterLast", ...conversions],
  value: [],
  sum: ["scale"],
  product: ["scale"],
  fields: ["each"],
};

/** `readFields` reads objects below this value. */
export function readValue(value: unknown, place: Place, readFields: ReadFields): ValueRule {
  if (typeof value === "string") return readShort(value, place);
  const given = isMapping(value) ? picks.filter((pick) => Object.hasOwn(value, pick)) : [];
  const [pick] = given;
  if (pick === undefined || given.length > 1) {
    noteNoPick(value, place, given);
    return plain({ op: "value", value: null }, "");
  }
  const found = fields(value, place, [pick, ...beside[pick]]);
  const made = readPick(pick, found, readFields);
  return {
    ...plain(made, textOf(made)),
    nothing: optional(found, "nothing", nothings, []),
    afterLast: optional(found, "afterLast", text(20), null),
    convert: readConversion(found),
  };
}

function noteNoPick(value: unknown, place: Place, given: readonly string[]): void {
  const expected = `a path such as customer.id, or a mapping with ${listed(picks)}`;
  const [stray] = isMapping(value) ? Object.keys(value) : [];
  const nearest = stray === undefined ? undefined : nearestName(stray, picks);
  note(place, given.length > 1 ? given.join(" and ") : show(value), expected, nearest);
}

function plain(pick: Pick, from: string, convert: Conversion | null = null): ValueRule {
  return { pick, from, nothing: [], afterLast: null, convert };
}

function readPick(pick: PickName, found: Fields, readFields: ReadFields): Pick {
  const inner: Read<ValueRule> = (value, place) => {
    const rule = readValue(value, place, readFields);
    if (rule.pick.op === "object") note(place, "fields", "one value");
    return rule;
  };
  switch (pick) {
    case "path":
      return { op: "path", path: required(found, "path", readPath) };
    case "value":
      return { op: "value", value: found.get("value") };
    case "first":
    case "product":
      return { op: pick, of: required(found, pick, (value, place) => list(value, place, inner, several)) };
    case "sum":
      return { op: "sum", of: required(found, "sum", (value, place) => oneOrMany(value, place, inner)) };
    case "fields":
      return {
        op: "object",
        each: optional(found, "each", readPath, null),
        fields: required(found, "fields", readFields),
      };
  }
}

const several = { least: 2, most: 20, of: "paths" };

function oneOrMany(value: unknown, place: Place, read: Read<ValueRule>): ValueRule[] {
  return Array.isArray(value) ? list(value, place, read, several) : [read(value, place)];
}

function readShort(short: string, place: Place): ValueRule {
  const factors = short.split("*").map((factor) => readFormatted(factor.trim(), place));
  const [only] = factors;
  if (factors.length === 1 && only !== undefined) return only;
  return plain({ op: "product", of: factors }, short.trim());
}

function readFormatted(short: string, place: Place): ValueRule {
  const at = short.lastIndexOf("@");
  const path = readPath(at > 0 ? short.slice(0, at) : short, place);
  const convert = at > 0 ? readFormat(short.slice(at + 1), place) : null;
  return plain({ op: "path", path }, path.text, convert);
}

/** A format of dates, or `comma` for numbers. */
function readFormat(format: unknown, place: Place): Conversion | null {
  if (format === "comma") return { op: "number", scale: 1, decimal: "comma" };
  const read = typeof format === "string" && format !== "" ? parseDateFormat(format) : { fault: "" };
  if (typeof read === "function") return { op: "date", read, zone: null };
  const why = read.fault === "" ? show(format) : `${show(format)}, which ${read.fault}`;
  note(place, why, `${dateFormatExpected}, or comma for numbers with a decimal comma`);
  return null;
}

function readConversion(found: Fields): Conversion | null {
  const { place, has } = found;
  const format = optional(found, "format", readFormat, null);
  const zone = optional(found, "zone", readZone, null);
  const as = optional(found, "as", readAs, undefined);
  const scale = optional(found, "scale", readScale, undefined);
  const values = optional(found, "values", readMappedValues, undefined);
  const isNumber = format?.op === "number" || scale !== undefined || as === "number";
  const isDate = format?.op === "date" || has("zone");
  const other = as === "number" ? undefined : as;
  if (has("otherwise") && !has("values")) note(place, "otherwise without values", "values beside it");
  if ([values !== undefined, isNumber, isDate, other !== undefined].filter(Boolean).length > 1) {
    const given = conversions.filter((key) => key !== "otherwise" && has(key));
    note(place, given.join(" and "), "one way to convert a value");
    return null;
  }
  if (values !== undefined)
    return { op: "values", values, otherwise: has("otherwise") ? { value: found.get("otherwise") } : null };
  if (isNumber) return { op: "number", scale: scale ?? 1, decimal: format === null ? "point" : "comma" };
  if (isDate) return { op: "date", read: format?.op === "date" ? format.read : isoDates, zone };
  return other === undefined ? null : { op: other };
}

const kinds = ["text", "number", "boolean", "name"] as const;

function readAs(value: unknown, place: Place): (typeof kinds)[number] | undefined {
  const kind = kinds.find((name) => name === value);
  if (kind === undefined)
    note(place, show(value), listed(kinds), nearestName(String(value).slice(0, 50), kinds));
  return kind;
}

function readScale(value: unknown, place: Place): number {
  if (typeof value === "number" && Number.isFinite(value) && value !== 0) return value;
  note(place, show(value), "a number that is not 0, such as 0.01 for cents");
  return 1;
}

function readZone(value: unknown, place: Place) {
  const calendar = typeof value === "string" ? zoneCalendar(value) : undefined;
  if (calendar !== undefined) return calendar;
  const nearest =
    typeof value === "string" ? nearestName(value, Intl.supportedValuesOf("timeZone")) : undefined;
  note(place, show(value), "an IANA zone such as Europe/Berlin", nearest);
  return null;
}

function readMappedValues(value: unknown, place: Place): ReadonlyMap<string, unknown> {
  if (isMapping(value) && Object.keys(value).length > 0) return new Map(Object.entries(value));
  note(place, show(value), "a mapping from values to values, such as { paid: order.placed }");
  return new Map();
}

function nothings(value: unknown, place: Place): string[] {
  return list(value, place, (item, at) => {
    if (typeof item !== "string" && typeof item !== "number" && typeof item !== "boolean")
      note(at, show(item), "a text, a number, true or false");
    return String(item);
  });
}

/** As people wrote it, for faults. */
function textOf(pick: Pick): string {
  switch (pick.op) {
    case "path":
      return pick.path.text;
    case "value":
      return "the mapping itself";
    case "object":
      return pick.each === null ? "several fields" : pick.each.text;
    default:
      return pick.of.map(({ from }) => from).join({ first: " or ", sum: " + ", product: " * " }[pick.op]);
  }
}
