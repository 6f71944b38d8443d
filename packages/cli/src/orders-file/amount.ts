/** Numbers as they stand in people's files. */

export type AmountReader = (text: string) => number | { readonly fault: string };

const symbols = /^[\p{Sc}\s]+|[\p{Sc}\s]+$/gu;
const withPoint = /^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$/;
const withComma = /^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?$/;

/** `1234.5`, `1,234.50`, `$12`. */
export const pointAmounts: AmountReader = (text) => {
  const bare = text.replaceAll(symbols, "");
  if (withPoint.test(bare)) return Number(bare.replaceAll(",", ""));
  const hint = withComma.test(bare) ? "; if the comma is the decimal mark, map it as COLUMN@comma" : "";
  return { fault: `"${text}" is no number${hint}` };
};

/** `1234,5`, `1.234,50`, `12 €`. */
export const commaAmounts: AmountReader = (text) => {
  const bare = text.replaceAll(symbols, "");
  if (withComma.test(bare)) return Number(bare.replaceAll(".", "").replace(",", "."));
  return { fault: `"${text}" is no number with a decimal comma` };
};
