/** Random definitions as users write them, and random histories of one customer. */
import fc from "fast-check";

export const hour = 3_600_000;
export const day = 24 * hour;
/** Clocks in Berlin went back on 29 October 2023, in New York on 5 November; a leap year begins in between. */
export const begin = Date.UTC(2023, 9, 20);

/** Properties are those of the event's own JSON. */
export interface PlainEvent {
  readonly name: string;
  readonly at: number;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly order?: {
    readonly orderId: string;
    readonly action: "placed" | "updated" | "cancelled" | "refunded";
    readonly version: number | null;
    readonly refund: number | null;
  };
}

type Json = Readonly<Record<string, unknown>>;

const compareSmall: fc.Arbitrary<Json> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("above", "atLeast", "below", "atMost", "is", "isNot"),
      fc.integer({ min: 0, max: 4 }),
    )
    .map(([op, value]) => ({ [op]: value })),
  fc
    .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 2, max: 4 }))
    .map(([low, high]) => ({ between: [low, high] })),
  fc.constantFrom("in", "notIn").map((op) => ({ [op]: [0, 2, 3] })),
);
const periods = fc.constantFrom("day", "week", "month", "quarter", "year");
const isoDay = (days: number): string => new Date(begin + days * day).toISOString().slice(0, 10);

const during: fc.Arbitrary<Json> = fc.oneof(
  fc.constant({}),
  fc.constantFrom("3 days", "36 hours", "30 days", "60 days").map((last) => ({ during: { last } })),
  fc.constantFrom("1 day", "50 hours").map((endingBefore) => ({ during: { last: "30 days", endingBefore } })),
  fc.tuple(fc.constantFrom("this", "previous"), periods).map(([which, of]) => ({ during: { [which]: of } })),
  fc.integer({ min: 0, max: 90 }).map((from) => ({ during: { since: isoDay(from) } })),
  fc.integer({ min: 0, max: 90 }).map((from) => ({ during: { between: [isoDay(from), isoDay(from + 20)] } })),
);
const selector: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom("order.placed", "page.viewed"),
  fc
    .constantFrom("atLeast", "below")
    .map((op) => ({ event: "order.placed", where: { property: "total", [op]: 10 } })),
  fc
    .constantFrom("is", "isNot")
    .map((op) => ({ event: "order.placed", where: { property: "items.category", [op]: "books" } })),
  fc.constant({ event: "page.viewed", where: { not: { property: "path", exists: true } } }),
  fc
    .constantFrom("includesAny", "includesAll")
    .map((op) => ({ event: "order.placed", where: { property: "items.category", [op]: ["books", "food"] } })),
  fc
    .constantFrom("matches", "contains")
    .map((op) => ({ event: "page.viewed", where: { property: "path", [op]: "sa" } })),
);
const path: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom("ends", "due", "birth"),
  fc.tuple(fc.constantFrom("first", "last"), selector).map(([edge, of]) => ({ [edge]: of })),
);
const days = fc.integer({ min: 1, max: 20 }).map((count) => `${count} days`);
const spans = fc.oneof(days, fc.constantFrom("36 hours", "90 minutes"));

export const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc
    .tuple(selector, during, compareSmall)
    .map(([count, window, compare]) => ({ count, ...window, ...compare })),
  fc
    .tuple(selector, during, compareSmall)
    .map(([of, window, compare]) => ({ distinct: "items.category", of, ...window, ...compare })),
  fc
    .tuple(
      fc.constantFrom("sum", "average"),
      fc.constantFrom("total", "items.price"),
      selector,
      during,
      fc.constantFrom("above", "atMost"),
      fc.constantFrom(10, 20.5, 40),
    )
    .map(([name, of, from, window, op, bound]) => ({ [name]: of, of: from, ...window, [op]: bound })),
  fc
    .tuple(
      fc.constantFrom("first", "last"),
      selector,
      fc.constantFrom("above", "atLeast", "below", "atMost"),
      spans,
    )
    .map(([since, of, op, span]) => ({ since, of, [op]: span })),
  fc
    .tuple(path, fc.constantFrom("withinNext", "withinLast", "olderThan", "furtherThan"), spans)
    .map(([date, op, span]) => ({ date, [op]: span })),
  fc
    .tuple(path, fc.constantFrom("before", "after", "on"), fc.integer({ min: -5, max: 120 }))
    .map(([date, op, from]) => ({ date, [op]: isoDay(from) })),
  fc.tuple(path, compareSmall).map(([age, compare]) => ({ age, ...compare })),
  fc
    .tuple(path, fc.constantFrom("withinNext", "withinLast"), days, fc.constantFrom({}, { years: [1, 30] }))
    .map(([anniversary, op, span, years]) => ({ anniversary, [op]: span, ...years })),
  fc
    .tuple(path, fc.constantFrom({}, { leapDay: "march-1" }))
    .map(([anniversary, leapDay]) => ({ anniversary, today: true, ...leapDay })),
  compareSmall.map((compare) => ({ attribute: "level", ...compare })),
  fc
    .tuple(fc.constantFrom("nested", "nested.a", "nested.a.b", "level"), fc.boolean())
    .map(([attribute, exists]) => ({ attribute, exists })),
  fc
    .tuple(
      fc.constantFrom("nested", "nested.a", "nested.a.b", "level"),
      fc.constantFrom("is", "isNot", "includes"),
    )
    .map(([attribute, op]) => ({ attribute, [op]: 1 })),
  fc
    .tuple(fc.constantFrom("includesAny", "includesAll", "in", "notIn"), fc.constantFrom("level", "nested"))
    .map(([op, attribute]) => ({ attribute, [op]: [3, "x"] })),
  fc
    .tuple(fc.constantFrom("first", "last"), fc.constantFrom("items.category", "items", "items.price"))
    .map(([edge, take]) => ({ attribute: { [edge]: "order.placed", take }, includes: "books" })),
  fc
    .tuple(fc.constantFrom("first", "last"), fc.constantFrom("is", "isNot"))
    .map(([edge, op]) => ({ attribute: { [edge]: "page.viewed", take: "path" }, [op]: "/sale" })),
  fc
    .tuple(
      fc.constantFrom("regular", "resumed"),
      selector,
      fc.constantFrom("day", "week", "month"),
      fc.integer({ min: 1, max: 3 }),
    )
    .map(([rhythm, of, every, times]) => ({ rhythm, of, every, times })),
  fc
    .tuple(selector, fc.constantFrom("day", "week", "month"), fc.integer({ min: 2, max: 4 }))
    .map(([of, every, times]) => ({ rhythm: "stopped", of, every, times })),
  fc.tuple(fc.constantFrom("recency", "monetary", "total"), compareSmall).map(([part, compare]) => ({
    score: "card",
    [part]: compare,
  })),
  compareSmall.map((compare) => ({ metric: "spent", ...compare })),
);

export const condition: fc.Arbitrary<Json> = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("node"), { maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie("node"), { maxLength: 3 }).map((any) => ({ any })),
    tie("node").map((not) => ({ not })),
  ),
})).node;

const zone = fc.constantFrom({}, { zone: "customer" }, { zone: "America/New_York" });

/** A metric, a card, segments, one that rests on them, and a classification. */
export const documents: fc.Arbitrary<Json[]> = fc
  .tuple(fc.array(fc.tuple(condition, zone), { minLength: 1, maxLength: 3 }), zone, during)
  .map(([conditions, metricZone, window]) => [
    { kind: "metric", id: "spent", sum: "total", of: "order.placed", ...window, ...metricZone },
    {
      kind: "scoring",
      id: "card",
      recency: { since: "last", of: "order.placed", thresholds: ["2 days", "10 days"] },
      monetary: { metric: "spent", thresholds: [5, 20] },
    },
    ...conditions.map(([when, own], index) => ({ kind: "segment", id: `s-${index}`, when, ...own })),
    {
      kind: "segment",
      id: "parent",
      when: { any: [{ not: { segment: "s-0" } }, { classification: "tier", is: "first" }] },
    },
    {
      kind: "classification",
      id: "tier",
      categories: conditions.map(([when], index) => ({
        id: ["first", "second", "third"][index],
        when: index === 0 ? { segment: "s-0" } : when,
      })),
      otherwise: "none",
    },
  ]);

export const eventAttributes: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: 0, max: 4 }).map((level) => ({ level })),
  fc
    .constantFrom("1993-10-28", "1994-02-28", "1996-02-29", "2023-11-05", "2024-01-05")
    .map((birth) => ({ birth })),
  fc
    .integer({ min: -10, max: 130 })
    .map((at) => ({ ends: new Date(begin + at * day + 7_777).toISOString() })),
  fc.integer({ min: -10, max: 130 }).map((at) => ({ due: isoDay(at) })),
  fc.integer({ min: -10, max: 130 }).map((at) => ({ due: `${isoDay(at)}T01:30:00` })),
  fc
    .constantFrom("Europe/Berlin", "Asia/Kolkata", "Pacific/Apia", "nowhere", null)
    .map((own) => ({ zone: own })),
  fc.constantFrom({ level: null }, { level: "3" }, { level: [3, "x"] }),
  fc.constantFrom<Json>(
    { nested: { a: 1 } },
    { nested: { a: { b: 2 } } },
    { nested: { a: null } },
    { nested: { a: {} } },
    { nested: null },
    { nested: 3 },
    { nested: [1, 2] },
  ),
);
export const eventProperties: fc.Arbitrary<Json> = fc.record(
  {
    total: fc.integer({ min: -500, max: 4_000 }).map((cents) => cents / 100),
    items: fc.array(
      fc.record(
        { category: fc.constantFrom("books", "toys", "food"), price: fc.integer({ min: 0, max: 20 }) },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    path: fc.constantFrom("/sale", "/new"),
  },
  { requiredKeys: [] },
);

const instants = fc
  .tuple(fc.integer({ min: 0, max: 110 }), fc.integer({ min: 0, max: 3 }))
  .map(([days, part]) => begin + days * day + part * 21_599_999);

/** At distinct instants. In order of time, or (`late`) as they come. */
export function history(late: boolean): fc.Arbitrary<PlainEvent[]> {
  return fc
    .uniqueArray(
      fc.record(
        {
          name: fc.constantFrom("order.placed", "page.viewed"),
          at: instants,
          properties: eventProperties,
          attributes: eventAttributes,
        },
        { requiredKeys: ["name", "at", "properties"] },
      ),
      { minLength: 1, maxLength: 14, selector: ({ at }) => at },
    )
    .map((events) => (late ? events : [...events].sort((a, b) => a.at - b.at)));
}
