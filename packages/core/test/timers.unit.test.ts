/**
 * When a customer must be looked at again: at the first instant at which an answer is another, and never where it stays.
 * A timer too early costs a look at every customer, one too late a wrong answer.
 */
import { describe, expect, it } from "vitest";
import { after, type Happened, whether } from "./support/whether.ts";

const orderAt = (at: string, properties = {}): Happened => ({ at, event: "order", properties });
const attributesAt = (at: string, attributes: Readonly<Record<string, unknown>>): Happened => ({
  at,
  attributes,
});
/** Nothing that any definition asks for: time passes. */
const laterAt = (at: string) => attributesAt(at, { seen: at });

function timerOf(when: unknown, happened: readonly Happened[], more: readonly unknown[] = []): string | null {
  const documents = [{ kind: "segment", id: "asked", when }, ...more];
  const { timer } = after(documents, happened).customer;
  return timer === null ? null : new Date(timer).toISOString();
}

const born = (birthDate: string, at: string) => [attributesAt(at, { birthDate })];
const ends = (endsAt: string, at: string) => [attributesAt(at, { endsAt })];
const one = [orderAt("2026-01-10T12:00Z")];
const oneAndLater = (at: string) => [...one, laterAt(at)];
/** 10 at noon and 20 an hour later. */
const two = [
  orderAt("2026-01-10T12:00Z", { total: 10, sku: "a" }),
  orderAt("2026-01-10T13:00Z", { total: 20, sku: "b" }),
];
const within5 = { of: "order", during: { last: "5 hours" } };
const januaryAndFebruary = [orderAt("2026-01-10T12:00Z"), orderAt("2026-02-10T12:00Z")];
const monthly = { of: "order", every: "month", times: 2 };
const abandoned = { did: "order", without: "paid", for: "2 hours", forget: "7 days" };

type Row = readonly [unknown, readonly Happened[], string | null];

describe.each<readonly [string, readonly Row[]]>([
  [
    "age",
    [
      [{ age: "birthDate", atLeast: 18 }, born("2010-05-17", "2026-01-01T00:00Z"), "2028-05-17T00:00"],
      // Nobody gets younger.
      [{ age: "birthDate", atLeast: 18 }, born("2000-05-17", "2026-01-01T00:00Z"), null],
      [{ age: "birthDate", atLeast: 26 }, born("2000-01-01", "2026-01-01T00:00Z"), null],
      [{ age: "birthDate", between: [18, 25] }, born("2001-05-17", "2026-05-18T00:00Z"), "2027-05-17T00:00"],
      [{ age: "birthDate", is: 40 }, born("1986-05-17", "2026-06-01T00:00Z"), "2027-05-17T00:00"],
      [{ age: "birthDate", is: 40 }, born("1986-05-17", "2028-06-01T00:00Z"), null],
      // Of 9,999 years at most.
      [{ age: "birthDate", atMost: 9_999 }, born("1986-05-17", "2026-06-01T00:00Z"), null],
      // Not born yet: no age, until it is 0.
      [{ age: "birthDate", below: 18 }, born("2026-05-17", "2026-01-01T00:00Z"), "2026-05-17T00:00"],
    ],
  ],
  [
    "since",
    [
      [{ since: "last", of: "order", atLeast: "5 days" }, one, "2026-01-15T12:00"],
      [{ since: "last", of: "order", above: "5 days" }, one, "2026-01-15T12:00:00.001"],
      [{ since: "last", of: "order", below: "5 days" }, one, "2026-01-15T12:00"],
      [{ since: "last", of: "order", atMost: "5 days" }, one, "2026-01-15T12:00:00.001"],
      [{ since: "last", of: "order", atLeast: "5 days" }, oneAndLater("2026-01-15T12:00:00.001Z"), null],
      [{ since: "first", of: "order", between: ["1 day", "5 days"] }, one, "2026-01-11T12:00"],
      [
        { since: "first", of: "order", between: ["1 day", "5 days"] },
        oneAndLater("2026-01-12T00:00Z"),
        "2026-01-15T12:00:00.001",
      ],
      [{ since: "last", of: "other", atLeast: "5 days" }, one, null],
    ],
  ],
  [
    "date, of an instant",
    [
      [
        { date: "endsAt", furtherThan: "7 days" },
        ends("2026-02-01T06:00Z", "2026-01-01T00:00Z"),
        "2026-01-25T06:00",
      ],
      [{ date: "endsAt", furtherThan: "7 days" }, ends("2026-02-01T06:00Z", "2026-01-25T06:00Z"), null],
      [
        { date: "endsAt", withinNext: "7 days" },
        ends("2026-02-01T06:00Z", "2026-01-01T00:00Z"),
        "2026-01-25T06:00",
      ],
      [
        { date: "endsAt", withinNext: "7 days" },
        ends("2026-02-01T06:00Z", "2026-01-25T06:00Z"),
        "2026-02-01T06:00",
      ],
      [{ date: "endsAt", withinNext: "7 days" }, ends("2026-02-01T06:00Z", "2026-02-01T06:00Z"), null],
      [
        { date: "endsAt", withinLast: "7 days" },
        ends("2026-02-01T06:00Z", "2026-01-01T00:00Z"),
        "2026-02-01T06:00",
      ],
      [
        { date: "endsAt", withinLast: "7 days" },
        ends("2026-02-01T06:00Z", "2026-02-01T06:00Z"),
        "2026-02-08T06:00",
      ],
      [{ date: "endsAt", withinLast: "7 days" }, ends("2026-02-01T06:00Z", "2026-02-08T06:00Z"), null],
      [
        { date: "endsAt", olderThan: "7 days" },
        ends("2026-02-01T06:00Z", "2026-02-08T05:59Z"),
        "2026-02-08T06:00",
      ],
      [{ date: "endsAt", olderThan: "7 days" }, ends("2026-02-01T06:00Z", "2026-02-08T06:00Z"), null],
      [{ date: "endsAt", before: "2026-03-01" }, ends("2026-02-01T06:00Z", "2026-01-01T00:00Z"), null],
    ],
  ],
  [
    "date, of a day",
    [
      [
        { date: "endsAt", furtherThan: "7 days" },
        ends("2026-02-01", "2026-01-01T00:00Z"),
        "2026-01-25T00:00",
      ],
      [{ date: "endsAt", withinNext: "7 days" }, ends("2026-02-01", "2026-01-01T00:00Z"), "2026-01-25T00:00"],
      [{ date: "endsAt", withinNext: "7 days" }, ends("2026-02-01", "2026-01-25T00:00Z"), "2026-02-02T00:00"],
      [{ date: "endsAt", withinLast: "7 days" }, ends("2026-02-01", "2026-01-31T00:00Z"), "2026-02-01T00:00"],
      [{ date: "endsAt", withinLast: "7 days" }, ends("2026-02-01", "2026-02-01T00:00Z"), "2026-02-09T00:00"],
      [{ date: "endsAt", olderThan: "7 days" }, ends("2026-02-01", "2026-02-01T00:00Z"), "2026-02-09T00:00"],
      [{ date: "endsAt", olderThan: "7 days" }, ends("2026-02-01", "2026-02-09T00:00Z"), null],
    ],
  ],
  [
    "anniversary",
    [
      [
        { anniversary: "birthDate", today: true },
        born("2000-02-01", "2026-01-01T00:00Z"),
        "2026-02-01T00:00",
      ],
      [
        { anniversary: "birthDate", today: true },
        born("2000-02-01", "2026-02-01T00:00Z"),
        "2026-02-02T00:00",
      ],
      [
        { anniversary: "birthDate", today: true },
        born("2000-02-01", "2026-02-02T00:00Z"),
        "2027-02-01T00:00",
      ],
      [
        { anniversary: "birthDate", withinNext: "7 days" },
        born("2000-02-01", "2026-01-01T00:00Z"),
        "2026-01-25T00:00",
      ],
      [
        { anniversary: "birthDate", withinNext: "7 days" },
        born("2000-02-01", "2026-01-25T00:00Z"),
        "2026-02-02T00:00",
      ],
      [
        { anniversary: "birthDate", withinLast: "7 days" },
        born("2000-02-01", "2026-02-03T00:00Z"),
        "2026-02-09T00:00",
      ],
      [
        { anniversary: "birthDate", today: true, years: [30, 10] },
        born("2000-02-01", "2026-01-01T00:00Z"),
        "2030-02-01T00:00",
      ],
      [{ anniversary: "birthDate", today: true, years: [10] }, born("2000-02-01", "2026-01-01T00:00Z"), null],
      [
        { anniversary: "birthDate", today: true, years: [30, 27] },
        born("2000-02-01", "2026-03-01T00:00Z"),
        "2027-02-01T00:00",
      ],
      // 366 days after 1 February 2026 is 2 February 2027; 800 days after that of 2024 is 11 April 2026 (366 + 365 + 69).
      [
        { anniversary: "birthDate", withinLast: "366 days", years: [26] },
        born("2000-02-01", "2026-02-03T00:00Z"),
        "2027-02-03T00:00",
      ],
      [
        { anniversary: "birthDate", withinLast: "800 days", years: [24] },
        born("2000-02-01", "2026-02-03T00:00Z"),
        "2026-04-12T00:00",
      ],
      // The day itself is none.
      [
        { anniversary: "birthDate", today: true },
        born("2026-02-01", "2026-02-01T00:00Z"),
        "2027-02-01T00:00",
      ],
      // 364 days and the day itself are the 365 from 2 February 2026 to the next; those to 1 February 2029 are 366.
      [
        { anniversary: "birthDate", withinNext: "364 days" },
        born("2000-02-01", "2026-02-03T00:00Z"),
        "2028-02-02T00:00",
      ],
      [{ anniversary: "birthDate", withinNext: "366 days" }, born("2000-02-01", "2026-02-03T00:00Z"), null],
      // The first return comes with 1 February 2026, then it is always one.
      [
        { anniversary: "birthDate", withinLast: "366 days" },
        born("2025-02-01", "2026-01-03T00:00Z"),
        "2026-02-01T00:00",
      ],
    ],
  ],
  [
    "rhythm",
    [
      // February counts as long as March is not over.
      [{ rhythm: "regular", ...monthly }, januaryAndFebruary, "2026-04-01T00:00"],
      [{ rhythm: "regular", ...monthly }, [...januaryAndFebruary, laterAt("2026-04-01T00:00Z")], null],
      [{ rhythm: "regular", ...monthly }, one, null],
      // March is missed in April, March and April in May.
      [{ rhythm: "stopped", ...monthly }, januaryAndFebruary, "2026-04-01T00:00"],
      [
        { rhythm: "stopped", ...monthly },
        [...januaryAndFebruary, laterAt("2026-04-10T00:00Z")],
        "2026-05-01T00:00",
      ],
      [{ rhythm: "stopped", ...monthly }, [...januaryAndFebruary, laterAt("2026-05-10T00:00Z")], null],
      [
        { rhythm: "resumed", ...monthly },
        [...januaryAndFebruary, orderAt("2026-04-10T12:00Z")],
        "2026-05-01T00:00",
      ],
      [{ rhythm: "resumed", ...monthly }, [...januaryAndFebruary, orderAt("2026-03-10T12:00Z")], null],
    ],
  ],
  [
    "did without",
    [
      [abandoned, one, "2026-01-10T14:00"],
      [abandoned, oneAndLater("2026-01-10T14:00Z"), "2026-01-17T12:00"],
      [abandoned, oneAndLater("2026-01-17T12:00Z"), null],
      [abandoned, [...one, { at: "2026-01-10T12:00Z", event: "paid" }], null],
    ],
  ],
  [
    "sequence",
    [
      [
        { sequence: ["order", "paid"], within: "1 hour", during: { last: "30 days" } },
        [...one, { at: "2026-01-10T13:00Z", event: "paid" }],
        "2026-02-09T12:00",
      ],
      [
        { sequence: ["order", "paid"], within: "1 hour", during: { last: "30 days" } },
        [...one, { at: "2026-01-10T13:00:00.001Z", event: "paid" }],
        null,
      ],
    ],
  ],
  [
    "windows",
    [
      [{ count: "order", during: { last: "5 hours" }, atLeast: 1 }, one, "2026-01-10T17:00"],
      [{ count: "order", during: { last: "5 hours" }, atLeast: 2 }, one, null],
      [{ count: "order", during: { last: "5 hours" }, is: 0 }, one, "2026-01-10T17:00"],
      [{ count: "order", during: { last: "5 hours" }, atLeast: 1 }, oneAndLater("2026-01-10T17:00Z"), null],
      [
        { count: "order", during: { last: "10 hours", endingBefore: "5 hours" }, atLeast: 1 },
        one,
        "2026-01-10T17:00",
      ],
      [
        { count: "order", during: { last: "10 hours", endingBefore: "5 hours" }, atLeast: 1 },
        oneAndLater("2026-01-10T17:00Z"),
        "2026-01-10T22:00",
      ],
      // One by one: the second enters at 18:00.
      [
        { count: "order", during: { last: "10 hours", endingBefore: "5 hours" }, atLeast: 2 },
        two,
        "2026-01-10T18:00",
      ],
      [{ count: "order", during: { this: "month" }, atLeast: 1 }, one, "2026-02-01T00:00"],
      [{ count: "order", during: { previous: "month" }, atLeast: 1 }, one, "2026-02-01T00:00"],
      [
        { count: "order", during: { previous: "month" }, atLeast: 1 },
        oneAndLater("2026-02-01T00:00Z"),
        "2026-03-01T00:00",
      ],
      [{ count: "order", during: { previous: "month" }, atLeast: 1 }, oneAndLater("2026-03-01T00:00Z"), null],
      [{ count: "order", during: { this: "month" }, below: 1 }, oneAndLater("2026-02-01T00:00Z"), null],
      [{ count: "order", during: { between: ["2026-01-01", "2026-02-01"] }, atLeast: 1 }, one, null],
      [{ count: "order", atLeast: 1 }, one, null],
    ],
  ],
  [
    "aggregates of 10 at noon and 20 an hour later, over 5 hours",
    [
      [{ count: "order", during: { last: "5 hours" }, atLeast: 2 }, two, "2026-01-10T17:00"],
      [{ count: "order", during: { last: "5 hours" }, atLeast: 1 }, two, "2026-01-10T18:00"],
      [{ sum: "total", ...within5, atLeast: 25 }, two, "2026-01-10T17:00"],
      [{ sum: "total", ...within5, atLeast: 15 }, two, "2026-01-10T18:00"],
      [{ sum: "total", ...within5, is: 20 }, two, "2026-01-10T17:00"],
      // (10 + 20) / 2 = 15, then 20, then none.
      [{ average: "total", ...within5, atLeast: 15 }, two, "2026-01-10T18:00"],
      [{ average: "total", ...within5, atMost: 15 }, two, "2026-01-10T17:00"],
      [{ average: "total", ...within5, above: 20 }, two, null],
      [{ minimum: "total", ...within5, atLeast: 15 }, two, "2026-01-10T17:00"],
      [{ minimum: "total", ...within5, below: 15 }, two, "2026-01-10T17:00"],
      [{ maximum: "total", ...within5, atLeast: 15 }, two, "2026-01-10T18:00"],
      [{ maximum: "total", ...within5, below: 15 }, two, null],
      [{ distinct: "sku", ...within5, atLeast: 2 }, two, "2026-01-10T17:00"],
      [{ distinct: "sku", ...within5, atLeast: 1 }, two, "2026-01-10T18:00"],
      // What came at one instant leaves together: two, then none, never one.
      [{ distinct: "sku", ...within5, is: 1 }, [orderAt("2026-01-10T12:00Z", { sku: ["a", "b"] })], null],
    ],
  ],
  [
    "all, any and not",
    [
      // A: in until 17:00. B: out until 14:00. C: out until 15:00.
      [{ all: [abc("A"), abc("B")] }, one, "2026-01-10T14:00"],
      [{ any: [abc("A"), abc("B")] }, one, "2026-01-10T17:00"],
      [{ all: [abc("B"), abc("C")] }, one, "2026-01-10T15:00"],
      [{ all: [abc("C"), abc("B")] }, one, "2026-01-10T15:00"],
      [{ any: [abc("C"), abc("B")] }, one, "2026-01-10T14:00"],
      [{ not: { any: [abc("C"), abc("B")] } }, one, "2026-01-10T14:00"],
      [{ all: [abc("A"), { not: abc("B") }] }, one, "2026-01-10T14:00"],
      [{ all: [] }, one, null],
    ],
  ],
])("%s", (_, rows) => {
  it.each(rows)(
    "given %j after %j, then the customer is looked at again at %s",
    (when, happened, expected) => {
      expect(timerOf(when, happened)).toBe(expected === null ? null : new Date(`${expected}Z`).toISOString());
    },
  );
});

function abc(name: "A" | "B" | "C"): unknown {
  if (name === "A") return { count: "order", during: { last: "5 hours" }, atLeast: 1 };
  return { since: "last", of: "order", atLeast: name === "B" ? "2 hours" : "3 hours" };
}

describe("what hangs on another segment", () => {
  const recent = {
    kind: "segment",
    id: "recent",
    when: { count: "order", during: { last: "5 hours" }, atLeast: 1 },
  };

  it("given a member who lapses within two hours, then the customer is looked at two hours before the end", () => {
    expect(timerOf({ lapsing: "recent", within: "2 hours" }, one, [recent])).toBe("2026-01-10T15:00:00.000Z");
  });

  it("given a segment that members stay in for a day, then the customer is looked at when the day is over", () => {
    const stays = { kind: "segment", id: "stays", when: { attribute: "vip", is: true }, stay: "1 day" };
    const happened = [
      attributesAt("2026-01-10T12:00Z", { vip: true }),
      attributesAt("2026-01-10T13:00Z", { vip: false }),
    ];
    expect(timerOf({ all: [] }, happened, [stays])).toBe("2026-01-11T12:00:00.000Z");
    expect(timerOf({ all: [] }, [...happened, laterAt("2026-01-11T12:00Z")], [stays])).toBeNull();
  });

  it("given a member that has left, then the customer is looked at when it may enter again", () => {
    // Entered on 1 February, left on the 2nd; the next return is a year later.
    const birthday = {
      kind: "segment",
      id: "birthday",
      enter: { anniversary: "birthDate", today: true },
      leave: { attribute: "vip", isNot: true },
    };
    const happened = [
      attributesAt("2026-02-01T00:00Z", { birthDate: "2000-02-01" }),
      laterAt("2026-02-02T12:00Z"),
    ];
    expect(timerOf({ all: [] }, happened, [birthday])).toBe("2027-02-01T00:00:00.000Z");
  });

  it("given a ratio of this month to all time, then the customer is looked at when the month ends, and never more", () => {
    const metrics = [
      { kind: "metric", id: "month", count: "order", during: { this: "month" } },
      { kind: "metric", id: "all", count: "order" },
      { kind: "metric", id: "revenue", sum: "total", of: "order" },
      { kind: "metric", id: "mean", average: "total", of: "order" },
    ];
    const ratio = { ratio: { of: "month", to: "all" }, atLeast: 1 };
    expect(timerOf(ratio, one, metrics)).toBe("2026-02-01T00:00:00.000Z");
    expect(timerOf(ratio, oneAndLater("2026-02-01T00:00Z"), metrics)).toBeNull();
    // 30 over (10 + 20) / 2 is 2.
    const noon = "2026-01-11T12:00Z";
    const two = [orderAt("2026-01-10T12:00Z", { total: 10 }), orderAt("2026-01-10T13:00Z", { total: 20 })];
    const over = { ratio: { of: "revenue", to: "mean" }, is: 2 };
    expect(whether(over, two, noon, "UTC", metrics)).toEqual({ holds: true, until: null });
  });
});

describe("a customer to whom nothing of it happened", () => {
  it.each([
    { rhythm: "regular", ...monthly },
    { rhythm: "stopped", ...monthly },
    { rhythm: "resumed", ...monthly },
    { since: "last", of: "order", below: "5 days" },
    { since: "first", of: "order", atLeast: "5 days" },
    { sequence: ["order", "paid"] },
    { average: "total", of: "order", below: 5 },
    { anniversary: "birthDate", today: true },
    { date: "endsAt", before: "2030-01-01" },
    abandoned,
  ])("is not in by %j, now or later", (when) => {
    expect(whether(when, [laterAt("2026-01-01T00:00Z")], "2026-01-10T00:00Z")).toEqual({
      holds: false,
      until: null,
    });
  });
});
