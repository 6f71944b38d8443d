/** Amounts and other decimals: fixed point with four places. */
import { fromUnits, toUnits } from "@tidemark/core";
import { z } from "zod";

/** Amounts lie below this, either way. */
const amountLimit = 1e11;

const decimalText = /^\s*[+-]?\d{1,15}(?:\.\d{1,15})?\s*$/;

export const amountExpected = "a number between -100,000,000,000 and 100,000,000,000";

/** A number, or text that is one (`"12.50"`). */
export const amount = z.custom<number | string>((value) => readAmount(value) !== null, {
  error: amountExpected,
});

/** An amount from 0 on. */
export const positiveAmount = z.custom<number | string>((value) => (readAmount(value) ?? -1) >= 0, {
  error: "a number from 0 to 100,000,000,000",
});

/** The number with four places; null for anything that is no amount. */
export function readAmount(value: unknown): number | null {
  if (typeof value === "string") return decimalText.test(value) ? readAmount(Number(value)) : null;
  if (typeof value !== "number" || !(Math.abs(value) < amountLimit)) return null;
  return round(value);
}

/** Four decimal places, half away from zero. */
export function round(value: number): number {
  return Number.isInteger(value) ? value : fromUnits(toUnits(value));
}
