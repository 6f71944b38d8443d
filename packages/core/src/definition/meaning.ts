/** Keys of a document that say how it is called and shown, and nothing about who is a member. */
const labels: ReadonlySet<string> = new Set(["name", "description", "tags", "owner", "mark"]);

/** A document without its labels: two versions with equal meanings have the same members. Others than objects stay. */
export function meaningOf(document: unknown): unknown {
  const meaning = withoutLabels(document);
  if (!isObject(meaning) || !Array.isArray(meaning.categories)) return meaning;
  return { ...meaning, categories: meaning.categories.map(withoutLabels) };
}

function withoutLabels(document: unknown): unknown {
  if (!isObject(document)) return document;
  return Object.fromEntries(Object.entries(document).filter(([key]) => !labels.has(key)));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
