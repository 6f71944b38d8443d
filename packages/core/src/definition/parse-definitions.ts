/** Documents, as JSON or YAML gives them, to the checked form; all faults at once. */
import type { Definition, Fault } from "./definition.ts";
import { checkCircles } from "./reading/circles.ts";
import { isKind, readDefinition } from "./reading/definition.ts";
import { isMapping, isWithinBounds } from "./reading/json.ts";
import { isId } from "./reading/name.ts";
import { faultOf, note, type Place, rootPlace, show, within } from "./reading/place.ts";
import { checkReferences, type ReadDocument } from "./reading/references.ts";

export interface ParsedDefinitions {
  /** Those without a fault, in the order given. */
  readonly definitions: readonly Definition[];
  readonly faults: readonly Fault[];
}

/**
 * Reads a set of definitions that may name each other. Never throws: whatever is wrong with a document is among the
 * faults. A document beyond bounds (64 levels, 20,000 values, 10,000 characters a text) is refused whole.
 */
export function parseDefinitions(documents: readonly unknown[]): ParsedDefinitions {
  const places: Place[] = [];
  const read = new Map<string, ReadDocument>();
  const numbers = new Map<string, number>();
  for (const [index, document] of documents.entries()) {
    const place = rootPlace();
    places.push(place);
    const definition = isWithinBounds(document, place) ? readDefinition(document, place) : undefined;
    const name = nameOf(document);
    if (definition === undefined || name === undefined) continue;
    const before = numbers.get(name);
    if (before !== undefined) {
      note(within(place, "id"), `${show(definition.id)}, as in document ${before}`, "an id of its own");
      continue;
    }
    numbers.set(name, index + 1);
    read.set(name, { definition, place });
  }
  checkReferences(read);
  checkCircles(read);
  const faults = places.flatMap((place, index) => {
    const name = nameOf(documents[index]) ?? `document ${index + 1}`;
    return place.findings.faults.map((fault) => faultOf(name, fault));
  });
  const definitions = [...read.values()].filter(({ place }) => place.findings.faults.length === 0);
  return { definitions: definitions.map(({ definition }) => definition), faults };
}

/** `kind/id`; undefined where either is not known. */
function nameOf(document: unknown): string | undefined {
  if (!isMapping(document)) return undefined;
  const [kind, id] = ["kind", "id"].map((key) => (Object.hasOwn(document, key) ? document[key] : undefined));
  return isKind(kind) && isId(id) ? `${kind}/${id}` : undefined;
}
