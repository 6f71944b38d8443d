/** The instants that a query asks about. What hangs on an instant is worked out here and stands in the query as a number. */
import { number } from "./text.ts";

export interface Asked {
  /** ms, in the order of `as_of`. */
  readonly instants: readonly number[];
  /** The instant of a row in ms (SQL). */
  readonly now: string;
  /** A number for each instant (SQL), all at once where they are the same. */
  constant(of: (instant: number) => number): string;
}

/** The columns in which a query has the instant of a row, and its place among all, from 1. */
export const nowColumn = "now_ms";
export const nowPlace = "now_place";

export function asked(instants: readonly number[], now = nowColumn): Asked {
  return {
    instants,
    now,
    constant: (of) => chosen(instants.map(of), nowPlace),
  };
}

/** The same instants, so much later (ms). */
export function later({ instants, now }: Asked, byMs: number): Asked {
  return asked(
    instants.map((instant) => instant + byMs),
    `(${now} + ${number(byMs)})`,
  );
}

/** One of these numbers, by its place from 1 (SQL). */
export function chosen(values: readonly number[], place: string): string {
  const [first = 0] = values;
  if (values.every((value) => value === first)) return number(first);
  return `[${values.map(number).join(", ")}][${place}]`;
}
