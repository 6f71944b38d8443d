/**
 * A place inside a document. Readers note faults at places and go on with a stand-in, so that all faults are found at
 * once; a document with a fault is not used, whatever was read from it.
 */
import type { Fault } from "../definition.ts";

export interface PlaceFault {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  readonly nearest?: string;
}

/** A definition named by this document. */
export interface Reference {
  readonly path: string;
  readonly kind: "metric" | "segment" | "classification" | "scoring" | "engagement" | "list";
  readonly id: string;
  /** Categories of a classification, parts of a scoring: what is asked of it, and where. */
  readonly members: readonly { readonly path: string; readonly name: string }[];
}

/** What reading one document brings to light besides the definition. */
interface Findings {
  readonly faults: PlaceFault[];
  readonly references: Reference[];
}

export interface Place {
  /** Dotted; empty for the document itself. */
  readonly path: string;
  readonly findings: Findings;
}

/** A value that is not there, or not of a sort that JSON has, is named by its sort. */
export type Read<Value> = (value: unknown, place: Place) => Value;

/** Faults kept of one document. */
const mostFaults = 100;

export function rootPlace(): Place {
  return { path: "", findings: { faults: [], references: [] } };
}

export function within(place: Place, key: string | number): Place {
  const step = typeof key === "string" ? shorten(key) : String(key);
  return { path: place.path === "" ? step : `${place.path}.${step}`, findings: place.findings };
}

/** The same place, with faults that nobody hears of. */
export function nowhere({ path }: Place): Place {
  return { path, findings: { faults: [], references: [] } };
}

/** `found` says what stands there, `expected` what should. */
export function note(place: Place, found: string, expected: string, nearest?: string): void {
  const { faults } = place.findings;
  if (faults.length > mostFaults) return;
  if (faults.length === mostFaults) {
    faults.push({ path: "", found: "further faults", expected: `at most ${mostFaults} are listed` });
    return;
  }
  const plain = { path: place.path, found, expected };
  faults.push(nearest === undefined ? plain : { ...plain, nearest });
}

export function faultOf(definition: string, fault: PlaceFault): Fault {
  return { definition, ...fault };
}

const mostShown = 60;

function shorten(text: string): string {
  return text.length <= mostShown ? text : `${text.slice(0, mostShown)}...`;
}

/** A value as a fault shows it, in a line. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value !== "object") return `a ${typeof value}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype)
    return `a ${shorten(Object.prototype.toString.call(value).slice(8, -1))}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return "an empty mapping";
  const shown = keys.slice(0, 5).map(shorten).join(", ");
  return `a mapping of ${shown}${keys.length > 5 ? ", ..." : ""}`;
}

/** A kind of definition with its article. */
export function withArticle(kind: Reference["kind"]): string {
  return kind === "engagement" ? `an ${kind}` : `a ${kind}`;
}

export function listed(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]}` : `one of ${names.join(", ")}`;
}
