/** What happened to each customer and company, in memory until it is folded. */
import type { Contribution, FoldEvent, SubjectKind } from "@tidemark/core";

/**
 * An event's place in the total order: its time, its file (see `fileNumbers`) as the partition, its row as the offset.
 */
export type SubjectEvents = ReadonlyMap<string, FoldEvent[]>;

export interface EventBook {
  /** Null is nobody. The event counts for each of them. */
  add(customer: string | null, company: string | null, event: FoldEvent): void;
  readonly subjects: Readonly<Record<SubjectKind, SubjectEvents>>;
  /** How many events were added. */
  readonly count: number;
  /** The earliest time of them, in ms; infinite where there is none. */
  readonly earliest: number;
}

/** At one instant attributes count before orders, orders before other events. */
export const fileNumbers = { customers: 0, companies: 1, orders: 2, events: 3 } as const;

export function eventBook(): EventBook {
  const subjects = { customer: new Map<string, FoldEvent[]>(), company: new Map<string, FoldEvent[]>() };
  const put = (kind: SubjectKind, id: string | null, event: FoldEvent): void => {
    if (id === null) return;
    const events = subjects[kind].get(id);
    if (events === undefined) subjects[kind].set(id, [event]);
    else events.push(event);
  };
  const book = {
    subjects,
    count: 0,
    earliest: Number.POSITIVE_INFINITY,
    add(customer: string | null, company: string | null, event: FoldEvent): void {
      put("customer", customer, event);
      put("company", company, event);
      book.count += 1;
      book.earliest = Math.min(book.earliest, event.occurredAt);
    },
  };
  return book;
}

/** What an event gives that nothing takes back. */
export function contribution(
  name: string,
  occurredAt: number,
  properties: Readonly<Record<string, unknown>>,
): Contribution {
  return { name, occurredAt, sign: 1, properties, remembered: true };
}

export function inOrder(a: FoldEvent, b: FoldEvent): number {
  return a.occurredAt - b.occurredAt || a.partition - b.partition || a.offset - b.offset;
}
