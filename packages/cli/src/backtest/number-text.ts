/** Numbers as people and spreadsheets write them: `$90,000 `, `(12.50)`, `1.5e3`. */
import { type Decimal, decimalOf, negate, readDecimal } from "./decimal.ts";

export type NumberReader = (cell: unknown) => Decimal | { readonly fault: string };

const marks = /^[\p{Sc}\s]+|[\p{Sc}\s]+$/gu;
const thousands = /^([+-]?)(\d{1,3}(?:,\d{3})+)(\.\d+)?$/;
const withComma = /^([+-]?)(\d+|\d{1,3}(?:\.\d{3})+)(?:,(\d+))?$/;

/** A decimal point; commas only between thousands. */
export const pointNumber: NumberReader = (cell) =>
  readNumber(cell, (text) => {
    const match = thousands.exec(text);
    return readDecimal(match === null ? text : text.replaceAll(",", ""));
  });

/** A decimal comma; points only between thousands. */
export const commaNumber: NumberReader = (cell) =>
  readNumber(cell, (text) => {
    const match = withComma.exec(text);
    return match === null ? undefined : readDecimal(text.replaceAll(".", "").replace(",", "."));
  });

function readNumber(
  cell: unknown,
  read: (text: string) => Decimal | undefined,
): Decimal | { readonly fault: string } {
  if (typeof cell === "number") return decimalOf(cell) ?? { fault: "is no number" };
  if (cell === undefined || cell === null) return { fault: "is empty" };
  if (typeof cell !== "string") return { fault: "is no number" };
  const text = cell.trim();
  if (text === "") return { fault: "is empty" };
  return read(text) ?? dressed(text, read) ?? { fault: `"${text}" is no number${hint(text, read)}` };
}

/** With signs of currency, or in parentheses where it is negative. */
function dressed(text: string, read: (text: string) => Decimal | undefined): Decimal | undefined {
  const inside = /^\((.*)\)$/.exec(text)?.[1];
  if (inside !== undefined) {
    const positive = read(inside.replaceAll(marks, ""));
    return positive === undefined ? undefined : negate(positive);
  }
  // -$5 and $-5 alike.
  return read(text.replace(/^-\s*([\p{Sc}\s]+)/u, "$1-").replaceAll(marks, ""));
}

function hint(text: string, read: (text: string) => Decimal | undefined): string {
  const isComma = read(text) === undefined && withComma.test(text.replaceAll(marks, ""));
  return isComma ? "; if the comma is the decimal mark, map it as COLUMN@comma" : "";
}
