/** Attributes and properties: JSON objects with a bound on everything. */
import { type EventFault, fault, pathText } from "./fault.ts";

export interface JsonBounds {
  readonly maxDepth: number;
  /** Values at any depth. */
  readonly maxEntries: number;
  readonly maxTextCharacters: number;
  /** Of the whole, as JSON text. */
  readonly maxCharacters: number;
}

export type JsonObject = Record<string, unknown>;

/** Called for text and numbers at any depth; `path` leads there. Answers what to keep. */
export type LeafChange = (value: string | number, path: readonly PropertyKey[]) => string | number;

const maxKeyCharacters = 128;

/**
 * Reads a JSON object, or the text of one; null where there is none. `root` is its name in faults. Objects handed in
 * are changed in place. What is not a JSON object, or beyond its bounds, gives faults.
 */
export function readJsonObject(
  value: unknown,
  root: string,
  bounds: JsonBounds,
  faults: EventFault[],
  change: LeafChange,
): JsonObject | null {
  const parsed = typeof value === "string" ? parse(value) : value;
  if (parsed === null || parsed === undefined) return null;
  if (!isJsonObject(parsed)) {
    faults.push(fault(root, value, "a JSON object, or its text"));
    return null;
  }
  const walk: Walk = { bounds, faults, change, path: [root], entries: 0 };
  visitObject(walk, parsed);
  return parsed;
}

/** The JSON text of an object within its bounds; a fault where it is longer. */
export function writeJsonObject(
  value: JsonObject,
  root: string,
  bounds: JsonBounds,
  faults: EventFault[],
): string {
  const text = JSON.stringify(value);
  if (text.length > bounds.maxCharacters) {
    faults.push(fault(root, value, `at most ${bounds.maxCharacters} characters of JSON`, "too-large"));
  }
  return text;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Walk {
  readonly bounds: JsonBounds;
  readonly faults: EventFault[];
  readonly change: LeafChange;
  readonly path: PropertyKey[];
  entries: number;
}

/** Text that is blank stands for nothing; text that is no JSON for itself, which is no object. */
function parse(text: string): unknown {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Answers what to put in place of `value`. */
function visit(walk: Walk, value: unknown): unknown {
  walk.entries += 1;
  if (walk.entries > walk.bounds.maxEntries) {
    if (walk.entries === walk.bounds.maxEntries + 1)
      report(walk, walk.path.slice(0, 1), "more", `at most ${walk.bounds.maxEntries} values`, "too-large");
    return value;
  }
  if (typeof value === "string") return visitText(walk, value);
  if (typeof value === "number") {
    if (Number.isFinite(value)) return walk.change(value, walk.path);
    report(walk, walk.path, value, "a finite number");
    return value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (walk.path.length > walk.bounds.maxDepth) {
    report(walk, walk.path, value, `at most ${walk.bounds.maxDepth} levels`, "too-large");
    return value;
  }
  if (Array.isArray(value)) visitList(walk, value);
  else visitObject(walk, value as JsonObject);
  return value;
}

function visitText(walk: Walk, value: string): string | number {
  if (value.length > walk.bounds.maxTextCharacters) {
    report(walk, walk.path, value, `at most ${walk.bounds.maxTextCharacters} characters`, "too-large");
    return value;
  }
  return walk.change(value, walk.path);
}

function visitList(walk: Walk, list: unknown[]): void {
  for (let index = 0; index < list.length; index += 1) {
    walk.path.push(index);
    const before = list[index];
    const after = visit(walk, before);
    if (after !== before) list[index] = after;
    walk.path.pop();
    if (walk.entries > walk.bounds.maxEntries) return;
  }
}

function visitObject(walk: Walk, object: JsonObject): void {
  for (const key of Object.keys(object)) {
    walk.path.push(key);
    if (isKey(key)) {
      const before = object[key];
      const after = visit(walk, before);
      if (after !== before) object[key] = after;
    } else {
      report(walk, walk.path.slice(0, -1), key, `names of 1 to ${maxKeyCharacters} characters`);
    }
    walk.path.pop();
    if (walk.entries > walk.bounds.maxEntries) return;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what names must not have
const controlCharacters = /[\u0000-\u001f\u007f]/;

function isKey(key: string): boolean {
  return (
    key !== "" &&
    key.length <= maxKeyCharacters &&
    key !== "__proto__" &&
    !controlCharacters.test(key) &&
    key.isWellFormed()
  );
}

function report(
  { faults }: Walk,
  path: readonly PropertyKey[],
  value: unknown,
  expected: string,
  reason: "invalid" | "too-large" = "invalid",
): void {
  faults.push(fault(pathText(path), value, expected, reason));
}
