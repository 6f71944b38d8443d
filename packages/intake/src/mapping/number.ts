/** Numbers as they stand in people's files and systems: `1234.5`, `"1,234.50"`, `"$12"`, `"1.234,50 €"`. */

/** Most numbers are as plain as that. */
const plain = /^-?\d{1,15}(?:\.\d{1,15})?$/;
const symbols = /^[\p{Sc}\s]+|[\p{Sc}\s]+$/gu;
const withPoint = /^[+-]?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.\d{1,15})?$/;
const withComma = /^[+-]?(?:\d{1,15}|\d{1,3}(?:\.\d{3}){1,4})(?:,\d{1,15})?$/;

/** The number of a value; undefined where it is none. */
export function numberOf(value: unknown, decimal: "point" | "comma"): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || value.length > 64) return undefined;
  if (decimal === "point" && plain.test(value)) return Number(value);
  const bare = value.replaceAll(symbols, "");
  if (decimal === "comma")
    return withComma.test(bare) ? Number(bare.replaceAll(".", "").replace(",", ".")) : undefined;
  return withPoint.test(bare) ? Number(bare.replaceAll(",", "")) : undefined;
}
