/** Values at dotted paths, put together to an object. */

/** Sets a value, as an own property whatever its name. Objects on the way are made. */
export function setAt(object: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let place = object;
  for (const key of path.slice(0, -1)) {
    const inner = Object.hasOwn(place, key) ? place[key] : undefined;
    const next = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : {};
    define(place, key, next);
    place = next;
  }
  define(place, path.at(-1) ?? "", value);
}

export function getAt(object: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = object;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

function define(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
