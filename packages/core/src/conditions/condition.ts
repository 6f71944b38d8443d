/**
 * A condition, compiled: does it hold now, and until when can that answer not change? Laws that tests cite:
 *  E1 `until > now`.
 *  E2 on [now, until) the answer does not change, absent new events.
 *  E3 the same customer and instant give the same answer, always.
 *  E4 bounds combine: AND that holds: the earliest child; AND that does not: the latest of the children that do
 *     not; OR the dual; NOT passes it on.
 */
import type { ZoneCalendar } from "../calendar/zone.ts";
import type { CustomerState, Membership } from "../customer.ts";

/** Whether it holds; sets `evaluation.until`. */
export type Evaluate = (evaluation: Evaluation) => boolean;

export const never = Number.POSITIVE_INFINITY;

/** One look at one customer at one instant. */
export interface Evaluation {
  readonly state: CustomerState;
  readonly now: number;
  /** Set by what was evaluated last: ms, `never` where the answer stays. */
  until: number;
  /** A feature's state; undefined where nothing was folded into it. By the plan's index. */
  feature(index: number): unknown;
  /** Whether a customer is in a segment, or which category it is in; sets `until`. By the plan's index. */
  membership(definition: number): string;
  /** What is kept of it from before this look; only latches ask. */
  held(definition: number): Membership | undefined;
  /** What it will be at a later instant with no further event. */
  foresee(definition: number, at: number): Foreseen;
  /** The customer's own zone, or the workspace's where it names none that is known. */
  customerZone(): ZoneCalendar;
  /** Values computed once per look, by the plan's index of values. */
  readonly memo: (Memo | undefined)[];
}

export interface Foreseen {
  readonly value: string;
  /** Safe bound: ms, after that instant. */
  readonly until: number;
}

export interface Memo {
  readonly value: unknown;
  readonly until: number;
}

/** The zone that decides boundaries for one definition. */
export type ZoneOf = (evaluation: Evaluation) => ZoneCalendar;

/** Holds on [from, to) only. */
export function holdsWithin(evaluation: Evaluation, from: number, to: number): boolean {
  const { now } = evaluation;
  if (now < from && from < to) {
    evaluation.until = from;
    return false;
  }
  evaluation.until = now >= from && now < to ? to : never;
  return now >= from && now < to;
}
