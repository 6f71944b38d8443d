/** Values at a path into an event's properties; a list on the way stands for each of its items. */

export type Properties = Readonly<Record<string, unknown>>;

/** No values: the property is missing. Several: the path leads through a list. The last list is a value itself. */
export type PropertyReader = (properties: Properties) => readonly unknown[];

const none: readonly unknown[] = [];

export function propertyReader(path: readonly string[]): PropertyReader {
  const [first = ""] = path;
  if (path.length === 1) {
    return (properties) => {
      const value = Object.hasOwn(properties, first) ? properties[first] : undefined;
      return value === undefined || value === null ? none : [value];
    };
  }
  return (properties) => {
    const values: unknown[] = [];
    collect(properties, path, 0, values);
    return values;
  };
}

function collect(value: unknown, path: readonly string[], depth: number, into: unknown[]): void {
  if (value === undefined || value === null) return;
  const key = path[depth];
  if (key === undefined) {
    into.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, path, depth, into);
  } else if (typeof value === "object" && Object.hasOwn(value, key)) {
    collect((value as Properties)[key], path, depth + 1, into);
  }
}
