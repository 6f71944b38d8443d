/** A form of condition: its own key is the form's name. */
import type { Condition } from "../definition.ts";
import type { Fields } from "./json.ts";
import { listed, note } from "./place.ts";

export interface Form {
  /** The keys it takes besides its own. */
  readonly keys: readonly string[];
  readonly read: (found: Fields) => Condition;
}

/** The one of these keys that is there; notes where none is, or several are. */
export function theOne<Name extends string>(found: Fields, names: readonly Name[]): Name | undefined {
  const given = names.filter((name) => found.has(name));
  const [only] = given;
  if (given.length === 1 && only !== undefined) return only;
  if (given.length > 0 || !found.hasUnknown)
    note(found.place, given.length === 0 ? "none" : given.join(" and "), listed(names));
  return undefined;
}
