/** What happened to each customer and company, in memory until it is folded. */
import type { SubjectKind } from "@tidemark/core";

export interface HeldEvent {
  /** ms since the epoch. */
  readonly time: number;
  /** Files are numbered in the order in which their rows count at one instant. */
  readonly file: number;
  readonly row: number;
  /** Null: only attributes. */
  readonly name: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>> | null;
}

export type SubjectEvents = ReadonlyMap<string, HeldEvent[]>;

export interface EventBook {
  /** Null is nobody. The event counts for each of them. */
  add(customer: string | null, company: string | null, event: HeldEvent): void;
  readonly subjects: Readonly<Record<SubjectKind, SubjectEvents>>;
  /** How many events were added. */
  readonly count: number;
  /** The earliest time of them, in ms; infinite where there is none. */
  readonly earliest: number;
}

export function eventBook(): EventBook {
  const subjects = { customer: new Map<string, HeldEvent[]>(), company: new Map<string, HeldEvent[]>() };
  const put = (kind: SubjectKind, id: string | null, event: HeldEvent): void => {
    if (id === null) return;
    const events = subjects[kind].get(id);
    if (events === undefined) subjects[kind].set(id, [event]);
    else events.push(event);
  };
  const book = {
    subjects,
    count: 0,
    earliest: Number.POSITIVE_INFINITY,
    add(customer: string | null, company: string | null, event: HeldEvent): void {
      put("customer", customer, event);
      put("company", company, event);
      book.count += 1;
      book.earliest = Math.min(book.earliest, event.time);
    },
  };
  return book;
}

/** The total order of events. */
export function inOrder(a: HeldEvent, b: HeldEvent): number {
  return a.time - b.time || a.file - b.file || a.row - b.row;
}
