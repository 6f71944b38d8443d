/** Values as events and attributes hold them: numbers, dates, and what lies at a path. */
import { dayMs, existingDay } from "./calendar.ts";
import { isObject, type Json } from "./json.ts";
import type { Zone } from "./zone.ts";

const numberText = /^[+-]?\d+(\.\d+)?$/;

/**
 * A number, or text that is one, in whole units of 1/10,000 (half away from zero); undefined for anything else and
 * beyond exact whole numbers.
 */
export function unitsOf(value: unknown): number | undefined {
  const number = typeof value === "string" && numberText.test(value.trim()) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) return undefined;
  const units = Math.sign(number) * Math.round(Math.abs(number) * 10_000);
  return Number.isSafeInteger(units) ? units : undefined;
}

/** Everything at a path into an event's properties; a list on the way stands for each of its items. */
export function valuesAt(value: unknown, steps: readonly string[]): readonly unknown[] {
  if (value === undefined || value === null) return [];
  const [step, ...rest] = steps;
  if (step === undefined) return [value];
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, steps));
  if (!isObject(value) || !Object.hasOwn(value, step)) return [];
  return valuesAt(value[step], rest);
}

/** What an attribute path leads to; undefined where nothing is set there. */
export function attributeAt(attributes: Json, steps: readonly string[]): unknown {
  let place: unknown = attributes;
  for (const step of steps) {
    if (!isObject(place) || !Object.hasOwn(place, step)) return undefined;
    place = place[step];
  }
  return place ?? undefined;
}

/** Whether anything is set there or below. */
export function isSet(value: unknown): boolean {
  if (isObject(value)) return Object.values(value).some(isSet);
  return value !== undefined && value !== null;
}

/** A day without a time, counted from 1970-01-01, or an instant in ms. */
export type DateValue = { readonly day: number } | { readonly instant: number };

const datePattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d)?)?$/i;

/** Undefined for what is no date, zero among it. A time without a zone is local. */
export function dateOf(value: unknown, zone: Zone): DateValue | undefined {
  if (typeof value === "number") return value === 0 ? undefined : { instant: Math.trunc(value) };
  const match = typeof value === "string" ? datePattern.exec(value.trim()) : null;
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = "0", fraction = "0", offset] = match;
  const date = existingDay(Number(year), Number(month) - 1, Number(day));
  if (date === undefined) return undefined;
  if (hour === undefined) return { day: date };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  const wall = date * dayMs + seconds * 1_000 + Math.floor(Number(`0.${fraction}`) * 1_000);
  if (offset === undefined) return { instant: zone.instantAt(wall) };
  if (offset.toUpperCase() === "Z") return { instant: wall };
  const digits = offset.replace(":", "");
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3));
  return { instant: wall - (digits.startsWith("-") ? -1 : 1) * minutes * 60_000 };
}

/** The local day of either. */
export function dayOf(date: DateValue, zone: Zone): number {
  return "day" in date ? date.day : zone.dayAt(date.instant);
}
