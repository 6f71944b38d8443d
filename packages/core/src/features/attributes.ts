/**
 * A customer's attributes: patches applied as JSON Merge Patches (RFC 7396) in order of (occurredAt, partition,
 * offset), the same whatever order the events come in. Kept leaf by leaf: a write to a path (a scalar, a list or
 * null) replaces all below it, and a write below replaces the scalar or list that stood there. Bounded: the 1,000 leaves
 * written last are kept, of those written at once the last by path.
 */
import type { ByteReader, ByteWriter } from "./bytes.ts";
import { compareStamps, type Stamp } from "./stamp.ts";

interface AttributeEntry {
  /** JSON scalar or list; null is unset. An empty object is kept as an unset leaf with an empty name. */
  readonly value: unknown;
  readonly stamp: Stamp;
}

/** By dotted path of the leaf. */
export interface Attributes {
  readonly entries: Map<string, AttributeEntry>;
  /** Paths with leaves below them; null where not worked out since the last new leaf. */
  holders: ReadonlySet<string> | null;
}

export function emptyAttributes(): Attributes {
  return { entries: new Map(), holders: null };
}

const mostLeaves = 1_000;

/** Applies a patch. Answers the dotted paths whose entry changed. `most` is for tests of the cap. */
export function patchAttributes(
  attributes: Attributes,
  patch: Readonly<Record<string, unknown>>,
  stamp: Stamp,
  most = mostLeaves,
): string[] {
  const touched: string[] = [];
  write(attributes, "", patch, stamp, touched);
  const over = attributes.entries.size - most;
  if (over > 0) for (const path of dropOldest(attributes, over)) touched.push(path);
  return touched;
}

/** Stamps of a path only rise, so what is dropped once would be among the dropped in any order of events. */
function dropOldest(attributes: Attributes, count: number): string[] {
  const leaves = [...attributes.entries];
  leaves.sort(
    ([path, { stamp }], [other, { stamp: otherStamp }]) =>
      compareStamps(stamp, otherStamp) || (path < other ? -1 : 1),
  );
  const dropped = leaves.slice(0, count).map(([path]) => path);
  for (const path of dropped) attributes.entries.delete(path);
  attributes.holders = null;
  return dropped;
}

/** Takes over another's attributes, in place: of each path what was written last. */
export function mergeAttributes(attributes: Attributes, other: Attributes): void {
  for (const [path, theirs] of other.entries) {
    const ours = attributes.entries.get(path);
    if (ours === undefined || compareStamps(ours.stamp, theirs.stamp) < 0)
      attributes.entries.set(path, theirs);
  }
  attributes.holders = null;
  const over = attributes.entries.size - mostLeaves;
  if (over > 0) dropOldest(attributes, over);
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
      write(attributes, path, isEmpty(value) ? emptyObject : value, stamp, touched);
      continue;
    }
    const before = attributes.entries.get(path);
    if (before && compareStamps(before.stamp, stamp) > 0) continue;
    attributes.entries.set(path, { value, stamp });
    if (before === undefined) attributes.holders = null;
    touched.push(path);
  }
}

const emptyObject = { "": null };

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path; undefined where it was never set, was unset, or was replaced from above. */
export function attributeAt(attributes: Attributes, path: string): unknown {
  const entry = attributes.entries.get(path);
  if (entry === undefined || entry.value === null) return undefined;
  const isThere = !isReplaced(attributes, path, entry.stamp) && !isOutgrown(attributes, path, entry.stamp);
  return isThere ? entry.value : undefined;
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

/** Whether something was written below it later, so that an object stands in its place. */
function isOutgrown(attributes: Attributes, path: string, stamp: Stamp): boolean {
  const { entries } = attributes;
  attributes.holders ??= holdersIn(entries.keys());
  if (!attributes.holders.has(path)) return false;
  const below = `${path}.`;
  for (const [other, entry] of entries)
    if (other.startsWith(below) && compareStamps(entry.stamp, stamp) > 0) return true;
  return false;
}

function holdersIn(paths: Iterable<string>): Set<string> {
  const holders = new Set<string>();
  for (const path of paths)
    for (let dot = path.indexOf("."); dot > 0; dot = path.indexOf(".", dot + 1))
      holders.add(path.slice(0, dot));
  return holders;
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

/** Leaves with the stamps that they share. */
export function writeAttributes(writer: ByteWriter, { entries }: Attributes): void {
  const stamps: Stamp[] = [];
  const places: number[] = [];
  for (const { stamp } of entries.values()) {
    let place = stamps.findIndex((other) => compareStamps(other, stamp) === 0);
    if (place < 0) place = stamps.push(stamp) - 1;
    places.push(place);
  }
  writer.unsigned(stamps.length);
  for (const { occurredAt, partition, offset } of stamps) {
    writer.signed(occurredAt);
    writer.unsigned(partition);
    writer.unsigned(offset);
  }
  writer.unsigned(entries.size);
  let index = 0;
  for (const [path, { value }] of entries) {
    writer.text(path);
    writer.unsigned(places[index] ?? 0);
    writer.value(value);
    index += 1;
  }
}

export function readAttributes(reader: ByteReader): Attributes {
  const attributes = emptyAttributes();
  const stamps: Stamp[] = [];
  for (let left = reader.unsigned(); left > 0; left -= 1)
    stamps.push({ occurredAt: reader.signed(), partition: reader.unsigned(), offset: reader.unsigned() });
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    const path = reader.text();
    const stamp = stamps[reader.unsigned()];
    const value = reader.value();
    if (stamp) attributes.entries.set(path, { value, stamp });
  }
  return attributes;
}
