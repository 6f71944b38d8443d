/** Names: of definitions, of events, of attributes and properties, of zones. */
import { zoneCalendar } from "../../calendar/zone.ts";
import type { Zone } from "../definition.ts";
import { nearestName } from "./nearest.ts";
import { note, type Place, type Reference, show, withArticle } from "./place.ts";

const longestName = 100;
const idPattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const idExpected = `a name in kebab-case such as big-spender, at most ${longestName} characters`;

export function isId(value: unknown): value is string {
  return typeof value === "string" && value.length <= longestName && idPattern.test(value);
}

export function id(value: unknown, place: Place): string {
  if (isId(value)) return value;
  note(place, show(value), idExpected, typeof value === "string" ? kebab(value) : undefined);
  return "";
}

/** The same words in kebab-case, where that is a name. */
function kebab(value: string): string | undefined {
  const words = value
    .slice(0, longestName)
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const name = words.filter((word) => word !== "").join("-");
  return isId(name) ? name : undefined;
}

/** The name of another definition; whether there is one is checked once all documents are read. */
export function reference(
  value: unknown,
  place: Place,
  kind: Reference["kind"],
  members: Reference["members"] = [],
): string {
  if (typeof value !== "string" || value === "" || value.length > longestName) {
    note(place, show(value), `the id of ${withArticle(kind)}`);
    return "";
  }
  place.findings.references.push({ path: place.path, kind, id: value, members });
  return value;
}

/** As events are named at intake. */
const eventPattern = /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/;

export function eventName(value: unknown, place: Place): string {
  if (isEventName(value)) return value;
  const expected = `the name of an event in lower case such as order.placed, at most ${longestName} characters`;
  note(place, show(value), expected, typeof value === "string" ? dotted(value) : undefined);
  return "";
}

function isEventName(value: unknown): value is string {
  return typeof value === "string" && value.length <= longestName && eventPattern.test(value);
}

/** The same words as an event's name, where that is one. */
function dotted(value: string): string | undefined {
  const words = value
    .slice(0, longestName)
    .toLowerCase()
    .split(/[^a-z0-9_-]+/);
  const name = words.filter((word) => word !== "").join(".");
  return isEventName(name) ? name : undefined;
}

const longestPath = 200;
const mostSteps = 16;

/** A dotted path to an attribute or property, as its steps. */
export function dottedPath(value: unknown, place: Place): string[] {
  if (typeof value === "string" && value.length <= longestPath) {
    const steps = value.split(".");
    if (steps.length <= mostSteps && steps.every((step) => step.trim() === step && step !== "")) return steps;
  }
  note(
    place,
    show(value),
    `a dotted path such as subscription.endsAt, at most ${longestPath} characters and ${mostSteps} steps`,
  );
  return [""];
}

let zoneNames: readonly string[] | undefined;

export function zone(value: unknown, place: Place): Zone {
  if (value === "workspace" || value === "customer") return value;
  if (typeof value === "string" && value.length <= longestName && zoneCalendar(value) !== undefined)
    return { name: value };
  zoneNames ??= ["workspace", "customer", ...Intl.supportedValuesOf("timeZone")];
  const nearest = typeof value === "string" ? nearestName(value, zoneNames) : undefined;
  note(place, show(value), "workspace, customer, or an IANA zone such as Europe/Berlin", nearest);
  return "workspace";
}
