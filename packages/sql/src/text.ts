/** Small pieces of SQL text. */

export function allOf(conditions: readonly string[]): string {
  if (conditions.length === 0) return "true";
  return conditions.length === 1 ? (conditions[0] ?? "true") : `(${conditions.join(" AND ")})`;
}

export function anyOf(conditions: readonly string[]): string {
  if (conditions.length === 0) return "false";
  return conditions.length === 1 ? (conditions[0] ?? "false") : `(${conditions.join(" OR ")})`;
}

/** An id of ours as a column's name: letters, digits and underscores. */
export function columnName(...parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll(/[^A-Za-z0-9]+/g, "_")).join("_");
}

/** A whole number or a decimal as it stands in SQL; infinite ones as the ends of what 64 bits hold. */
export function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "9223372036854775807";
  if (value === Number.NEGATIVE_INFINITY) return "-9223372036854775807";
  return Number.isInteger(value) ? BigInt(value).toString() : String(value);
}

/** As many spaces before every line. */
export function indented(text: string, by = 2): string {
  return text.replaceAll(/^(?=.)/gm, " ".repeat(by));
}
