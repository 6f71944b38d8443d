/**
 * A customer's attributes: the last writer wins, leaf by leaf, by (occurredAt, partition, offset). A write to a
 * path (a scalar, a list or null) replaces all below it, so what lies below an equal or later write is not there.
 * The same whatever order the events come in.
 */
import { compareStamps, type Stamp } from "./stamp.ts";

interface AttributeEntry {
  /** JSON scalar or list; null is unset. */
  readonly value: unknown;
  readonly stamp: Stamp;
}

/** By dotted path of the leaf. */
export interface Attributes {
  readonly entries: Map<string, AttributeEntry>;
}

export function emptyAttributes(): Attributes {
  return { entries: new Map() };
}

/** Applies a patch. Answers the dotted paths whose entry changed. */
export function patchAttributes(
  attributes: Attributes,
  patch: Readonly<Record<string, unknown>>,
  stamp: Stamp,
): string[] {
  const touched: string[] = [];
  write(attributes, "", patch, stamp, touched);
  return touched;
}

function write(
  attributes: Attributes,
  prefix: string,
  patch: Readonly<Record<string, unknown>>,
  stamp: Stamp,
  touched: string[],
): void {
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) continue;
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (isObject(value)) {
      write(attributes, path, value, stamp, touched);
      continue;
    }
    const before = attributes.entries.get(path);
    if (before && compareStamps(before.stamp, stamp) > 0) continue;
    attributes.entries.set(path, { value, stamp });
    touched.push(path);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path; undefined where it was never set, was unset, or was replaced from above. */
export function attributeAt(attributes: Attributes, path: string): unknown {
  const entry = attributes.entries.get(path);
  if (entry === undefined || entry.value === null) return undefined;
  return isReplaced(attributes, path, entry.stamp) ? undefined : entry.value;
}

/** Whether there is anything at a path or below it. */
export function hasAttribute(attributes: Attributes, path: string): boolean {
  if (attributeAt(attributes, path) !== undefined) return true;
  const below = `${path}.`;
  for (const key of attributes.entries.keys()) {
    if (key.startsWith(below) && attributeAt(attributes, key) !== undefined) return true;
  }
  return false;
}

function isReplaced(attributes: Attributes, path: string, stamp: Stamp): boolean {
  for (let dot = path.lastIndexOf("."); dot > 0; dot = path.lastIndexOf(".", dot - 1)) {
    const above = attributes.entries.get(path.slice(0, dot));
    if (above && compareStamps(above.stamp, stamp) > 0) return true;
  }
  return false;
}

/** All attributes that are set, nested as they were written. */
export function attributesObject(attributes: Attributes): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const path of [...attributes.entries.keys()].sort()) {
    const value = attributeAt(attributes, path);
    if (value === undefined) continue;
    const keys = path.split(".");
    let place = result;
    for (const key of keys.slice(0, -1)) {
      const inner = Object.hasOwn(place, key) ? place[key] : undefined;
      const next = isObject(inner) ? (inner as Record<string, unknown>) : {};
      define(place, key, next);
      place = next;
    }
    define(place, keys.at(-1) ?? "", value);
  }
  return result;
}

/** As an own property, whatever its name (`__proto__` too). */
function define(place: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(place, key, { value, enumerable: true, configurable: true, writable: true });
}
