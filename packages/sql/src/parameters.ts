/** What a query is given beside its text: whatever a user wrote stands there, never in the text. */

export type ParameterValue = string | readonly string[];

export interface Parameters {
  /** A text, as it stands in a query. */
  text(value: string): string;
  /** A list of texts, as it stands in a query. */
  texts(values: readonly string[]): string;
  /** By name, as ClickHouse takes them (`param_NAME`). */
  readonly values: Readonly<Record<string, ParameterValue>>;
}

export function parameterBook(): Parameters {
  const values: Record<string, ParameterValue> = {};
  const known = new Map<string, string>();
  const keep = (value: ParameterValue, type: string): string => {
    const key = `${type} ${JSON.stringify(value)}`;
    const name = known.get(key) ?? `text_${known.size + 1}`;
    known.set(key, name);
    values[name] = value;
    return `{${name}:${type}}`;
  };
  return {
    text: (value) => keep(value, "String"),
    texts: (given) => keep(given, "Array(String)"),
    values,
  };
}
