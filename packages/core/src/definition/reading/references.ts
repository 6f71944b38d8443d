/** What definitions name: that it is there, and that it fits. */
import type { Definition } from "../definition.ts";
import { nearestName } from "./nearest.ts";
import { listed, note, type Place, type Reference, show, withArticle } from "./place.ts";

export interface ReadDocument {
  readonly definition: Definition;
  readonly place: Place;
}

/** Unknown names that get a suggestion; looking for the nearest takes a while in large sets. */
const mostSuggestions = 50;

/** Notes what is wrong with the references of these documents; each has its own `kind/id`. */
export function checkReferences(documents: ReadonlyMap<string, ReadDocument>): void {
  const idsByKind = Map.groupBy(documents.values(), ({ definition }) => definition.kind);
  const names = new Map<string, string[]>();
  for (const [kind, group] of idsByKind)
    names.set(
      kind,
      group.map(({ definition }) => definition.id),
    );
  let suggestions = 0;
  for (const document of documents.values())
    for (const reference of document.place.findings.references) {
      const isKnown = documents.has(`${reference.kind}/${reference.id}`);
      if (!isKnown) suggestions += 1;
      const looked = isKnown || suggestions > mostSuggestions ? [] : (names.get(reference.kind) ?? []);
      checkReference(document, reference, documents, looked);
    }
}

function checkReference(
  { definition, place }: ReadDocument,
  reference: Reference,
  documents: ReadonlyMap<string, ReadDocument>,
  names: readonly string[],
): void {
  const { kind, id, members } = reference;
  const at = { ...place, path: reference.path };
  const target = documents.get(`${kind}/${id}`)?.definition;
  if (target === undefined) {
    note(at, show(id), `${withArticle(kind)} that is defined`, nearestName(id, names));
    return;
  }
  if ("subject" in definition && "subject" in target && definition.subject !== target.subject) {
    const expected = `${withArticle(kind)} whose subject is ${definition.subject}, as this definition's is`;
    note(at, `${show(id)}, whose subject is ${target.subject}`, expected);
  }
  const known = membersOf(target);
  for (const { name, path } of members)
    if (!known.includes(name))
      note(
        { ...place, path },
        show(name),
        `what ${kind} ${id} has: ${listed(known)}`,
        nearestName(name, known),
      );
}

function membersOf(definition: Definition): string[] {
  if (definition.kind === "scoring") return Object.keys(definition.parts);
  if (definition.kind !== "classification") return [];
  return [...definition.categories.map((category) => category.id), definition.otherwise];
}
