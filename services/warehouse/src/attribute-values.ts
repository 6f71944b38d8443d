/**
 * Attributes by the dotted path of their leaves, each value as JSON text. Scalars, lists and null are leaves; an empty
 * object is one that is unset, with an empty name below it, since it takes the place of what was there. A text that is
 * not a JSON object gives none: it stands beside them as it came.
 */
export function attributeValues(json: string | null): Readonly<Record<string, string>> {
  const values: Record<string, string> = Object.create(null);
  if (json === null) return values;
  try {
    collect(values, "", JSON.parse(json));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return values;
}

function collect(values: Record<string, string>, prefix: string, patch: unknown): void {
  if (!isObject(patch)) return;
  const entries = Object.entries(patch);
  if (entries.length === 0 && prefix !== "") values[`${prefix}.`] = "null";
  for (const [key, value] of entries) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (isObject(value)) collect(values, path, value);
    else values[path] = JSON.stringify(value);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
