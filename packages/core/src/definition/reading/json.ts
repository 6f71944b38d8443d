/** The sorts of value that documents are made of, and bounds on them, so that reading never runs away. */
import { nearestName } from "./nearest.ts";
import { listed, note, nowhere, type Place, type Read, show, within } from "./place.ts";

/** Far beyond what a definition needs; deeper nesting costs stack. */
const deepest = 64;
const mostValues = 20_000;
const longestText = 10_000;

/**
 * Whether a document is JSON within bounds; notes what is not. Values that come up again through another path (YAML
 * aliases) count each time.
 */
export function isWithinBounds(document: unknown, place: Place): boolean {
  let left = mostValues;
  const visit = (value: unknown, at: Place, depth: number): boolean => {
    left -= 1;
    if (left < 0) {
      note(at, `more than ${mostValues} values`, "a smaller definition");
      return false;
    }
    if (typeof value === "string" && value.length > longestText) {
      note(at, `a text of ${value.length} characters`, `at most ${longestText}`);
      return false;
    }
    if (!isJson(value)) {
      note(at, show(value), "a value that JSON has; dates are texts");
      return false;
    }
    if (typeof value !== "object" || value === null) return true;
    if (depth === deepest) {
      note(at, "deeper nesting", `at most ${deepest} levels`);
      return false;
    }
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index += 1)
        if (!visit(value[index], within(at, index), depth + 1)) return false;
      return true;
    }
    return Object.entries(value).every(([key, inner]) => visit(inner, within(at, key), depth + 1));
  };
  return visit(document, place, 0);
}

function isJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object": {
      if (value === null || Array.isArray(value)) return true;
      const prototype: unknown = Object.getPrototypeOf(value);
      return prototype === null || prototype === Object.prototype;
    }
    default:
      return false;
  }
}

/** The keys of a mapping that a reader knows. */
export interface Fields {
  readonly place: Place;
  /** Whether keys were found that nobody knows: what is missing may be meant by one of them. */
  readonly hasUnknown: boolean;
  has(key: string): boolean;
  get(key: string): unknown;
}

/** That it is no mapping is told; that nothing is in it then goes without saying. */
const noFields = (place: Place): Fields => ({
  place: nowhere(place),
  hasUnknown: true,
  has: () => false,
  get: () => undefined,
});

/** A mapping with no other keys than these. */
export function fields(value: unknown, place: Place, keys: readonly string[]): Fields {
  if (!isMapping(value)) {
    note(place, show(value), `a mapping of ${keys.join(", ")}`);
    return noFields(place);
  }
  let hasUnknown = false;
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    hasUnknown = true;
    note(within(place, key), `the key ${show(key)}`, listed(keys), nearestName(key, keys));
  }
  const has = (key: string): boolean => Object.hasOwn(value, key);
  return { place, hasUnknown, has, get: (key) => (has(key) ? value[key] : undefined) };
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of a key that must be there. */
export function required<Value>({ get, place }: Fields, key: string, read: Read<Value>): Value {
  return read(get(key), within(place, key));
}

/** The value of a key, or what holds where it is absent. */
export function optional<Value, Absent>(
  { has, get, place }: Fields,
  key: string,
  read: Read<Value>,
  absent: Absent,
): Value | Absent {
  return has(key) ? read(get(key), within(place, key)) : absent;
}

/** A list of at least `least` and at most `most`. */
export function list<Value>(
  value: unknown,
  place: Place,
  read: Read<Value>,
  { least = 1, most = 1_000, of = "values" } = {},
): Value[] {
  const fits = Array.isArray(value) && value.length >= least && value.length <= most;
  if (!fits) {
    const count = least === 0 ? `at most ${most}` : `${least} to ${most}`;
    note(place, show(value), `a list of ${count} ${of}`);
    return [];
  }
  return Array.from(value, (item, index) => read(item, within(place, index)));
}

/** Text of 1 to `most` characters. */
export function text(most: number, expected = "a text"): Read<string> {
  return (value, place) => {
    if (typeof value === "string" && value.length > 0 && value.length <= most) return value;
    note(place, show(value), `${expected} of 1 to ${most} characters`);
    return "";
  };
}

export function flag(value: unknown, place: Place): boolean {
  if (typeof value === "boolean") return value;
  note(place, show(value), "true or false");
  return false;
}

/** `true` where it is given at all. */
export function onlyTrue(value: unknown, place: Place): true {
  if (value !== true) note(place, show(value), "true, or leave it out");
  return true;
}

export function choice<const Name extends string>(names: readonly [Name, ...Name[]]): Read<Name> {
  return (value, place) => {
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    const nearest = typeof value === "string" ? nearestName(value, names) : undefined;
    note(place, show(value), listed(names), nearest);
    return names[0];
  };
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number, expected = "a whole number"): Read<number> {
  return (value, place) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most)
      return value + 0;
    note(place, show(value), `${expected} from ${least} to ${most}`);
    return least;
  };
}
