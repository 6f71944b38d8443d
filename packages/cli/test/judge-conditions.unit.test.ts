/** Each form of condition against examples worked out by hand; the arithmetic stands beside them. */
import { describe, expect, it } from "vitest";
import type { PlainEvent } from "./judge-arbitraries.ts";
import { holdsAt, instant, type Json } from "./judge-support.ts";

const order = (at: string, properties: Json = {}): PlainEvent => ({
  name: "order.placed",
  at: instant(at),
  properties,
});
const profile = (attributes: Json, at = "2020-01-01T00:00:00Z"): PlainEvent => ({
  name: "profile.updated",
  at: instant(at),
  attributes,
});

type Example = readonly [condition: Json, at: string, holds: boolean, because: string];
interface Setting {
  readonly zone?: string;
  readonly also?: readonly Json[];
  readonly own?: Json;
}

function examples(
  title: string,
  events: readonly PlainEvent[],
  rows: readonly Example[],
  setting: Setting = {},
): void {
  describe(title, () => {
    it.each(rows)("then %j at %s holds: %s (%s)", (condition, at, holds) => {
      expect(holdsAt(condition, events, instant(at), setting)).toBe(holds);
    });
  });
}

const last10 = { during: { last: "10 days" } };
examples(
  "given orders of 10, 20.5 and 0.0001 on 1, 5 and 9 May, noon, when totals are compared",
  [
    order("2026-05-01T12:00:00Z", {
      total: 10,
      items: [
        { category: "books", price: 4 },
        { category: "toys", price: 6 },
      ],
    }),
    order("2026-05-05T12:00:00Z", { total: "20.5", items: [{ category: "books", price: 20.5 }] }),
    order("2026-05-09T12:00:00Z", { total: 0.0001, items: [] }),
  ],
  [
    [{ count: "order.placed", is: 3 }, "2026-05-09T12:00:00Z", true, "an event counts from its own instant"],
    [{ count: "order.placed", is: 3 }, "2026-05-09T11:59:59.999Z", false, "not a millisecond before"],
    [
      { count: "order.placed", ...last10, is: 3 },
      "2026-05-11T11:59:59.999Z",
      true,
      "1 May 12:00 + 10 d is 11 May 12:00",
    ],
    [
      { count: "order.placed", ...last10, is: 3 },
      "2026-05-11T12:00:00Z",
      false,
      "half open: it leaves at that instant",
    ],
    [
      { sum: "total", of: "order.placed", is: 30.5001 },
      "2026-05-09T12:00:00Z",
      true,
      "10 + 20.5 + 0.0001; text that is a number counts",
    ],
    [
      { sum: "total", of: "order.placed", ...last10, is: 20.5001 },
      "2026-05-12T00:00:00Z",
      true,
      "20.5 + 0.0001",
    ],
    [
      { average: "total", of: "order.placed", is: 10.1667 },
      "2026-05-09T12:00:00Z",
      true,
      "30.5001 / 3 = 10.1667, to the last place",
    ],
    [
      { average: "total", of: "order.placed", between: [15.25, 15.25] },
      "2026-05-05T12:00:00Z",
      true,
      "30.5 / 2 = 15.25",
    ],
    [
      { average: "items.price", of: "order.placed", is: 10.1666 },
      "2026-05-09T12:00:00Z",
      false,
      "(4 + 6 + 20.5) / 3 = 10.1666...",
    ],
    [
      { average: "items.price", of: "order.placed", above: 10.1666 },
      "2026-05-09T12:00:00Z",
      true,
      "10.16666... is above 10.1666",
    ],
    [
      { average: "missing", of: "order.placed", isNot: 3 },
      "2026-05-09T12:00:00Z",
      true,
      "no number: isNot is the opposite of is",
    ],
    [
      { average: "missing", of: "order.placed", below: 3 },
      "2026-05-09T12:00:00Z",
      false,
      "no number: nothing else holds",
    ],
    [{ sum: "missing", of: "order.placed", is: 0 }, "2026-05-09T12:00:00Z", true, "a sum of nothing is 0"],
    [
      { distinct: "items.category", of: "order.placed", is: 2 },
      "2026-05-09T12:00:00Z",
      true,
      "books, toys, books",
    ],
    [
      { distinct: "items.category", of: "order.placed", ...last10, is: 1 },
      "2026-05-12T00:00:00Z",
      true,
      "books only from 2 May on",
    ],
    [
      { count: "order.placed", during: { last: "10 days", endingBefore: "4 days" }, is: 2 },
      "2026-05-09T12:00:00Z",
      true,
      "(29 April, 5 May] takes both ends' instants",
    ],
    [
      { count: "order.placed", during: { last: "10 days", endingBefore: "4 days" }, is: 1 },
      "2026-05-09T11:59:59.999Z",
      true,
      "5 May 12:00 enters 4 days after itself",
    ],
    [
      { count: "order.placed", during: { since: "2026-05-05" }, is: 2 },
      "2026-05-20T00:00:00Z",
      true,
      "5 and 9 May",
    ],
    [
      { count: "order.placed", during: { between: ["2026-05-01", "2026-05-05"] }, is: 2 },
      "2026-05-20T00:00:00Z",
      true,
      "both days are in, to their end",
    ],
    [
      { count: "order.placed", during: { between: ["2026-05-01T12:00:00Z", "2026-05-05T11:59:59Z"] }, is: 1 },
      "2026-05-20T00:00:00Z",
      true,
      "1 May 12:00 is in, 5 May 12:00 is not",
    ],
    [{ count: "never.happened", is: 0 }, "2026-05-09T12:00:00Z", true, "a count of nothing is 0"],
  ],
);

describe("given an average that is no decimal, when it is held against its rounded value", () => {
  it("then multiplying out tells them apart: 3 x 0.3333 is 0.9999, not 1", () => {
    const events = [
      order("2026-05-01T12:00:00Z", { total: 1 }),
      order("2026-05-01T13:00:00Z", { total: 0 }),
      order("2026-05-01T14:00:00Z", { total: 0 }),
    ];
    const at = instant("2026-05-02T00:00:00Z");
    const average = { average: "total", of: "order.placed" };
    expect(holdsAt({ ...average, is: 0.3333 }, events, at)).toBe(false);
    expect(holdsAt({ ...average, above: 0.3333 }, events, at)).toBe(true);
    expect(holdsAt({ ...average, below: 0.3334 }, events, at)).toBe(true);
  });
});

examples(
  "given an order at 23:30 in Berlin on 31 May (21:30 UTC) and one on 15 April, when calendar windows are asked in Berlin",
  [order("2026-04-15T10:00:00Z"), order("2026-05-31T21:30:00Z")],
  [
    [
      { count: "order.placed", during: { this: "month" }, is: 1 },
      "2026-05-31T21:59:59.999Z",
      true,
      "still May in Berlin",
    ],
    [
      { count: "order.placed", during: { this: "month" }, is: 0 },
      "2026-05-31T22:00:00Z",
      true,
      "June begins at 22:00 UTC (+2)",
    ],
    [
      { count: "order.placed", during: { previous: "month" }, is: 1 },
      "2026-05-31T22:00:00Z",
      true,
      "May is the month before now",
    ],
    [
      { count: "order.placed", during: { previous: "month" }, is: 0 },
      "2026-06-30T22:00:00Z",
      true,
      "and July has June before it",
    ],
    [
      { count: "order.placed", during: { this: "quarter" }, is: 2 },
      "2026-06-30T21:59:59.999Z",
      true,
      "April to June",
    ],
    [
      { count: "order.placed", during: { this: "quarter" }, is: 0 },
      "2026-06-30T22:00:00Z",
      true,
      "July begins the third",
    ],
    [
      { count: "order.placed", during: { this: "week" }, is: 1 },
      "2026-05-31T21:59:59.999Z",
      true,
      "31 May 2026 is a Sunday",
    ],
    [
      { count: "order.placed", during: { previous: "week" }, is: 1 },
      "2026-05-31T22:00:00Z",
      true,
      "weeks begin on Monday",
    ],
    [
      { count: "order.placed", during: { previous: "day" }, is: 1 },
      "2026-06-01T12:00:00Z",
      true,
      "yesterday",
    ],
    [
      { count: "order.placed", during: { previous: "year" }, is: 2 },
      "2026-12-31T23:00:00Z",
      true,
      "2027 begins at 23:00 UTC (+1)",
    ],
  ],
  { zone: "Europe/Berlin" },
);

examples(
  "given page views with paths and orders with items, when selectors choose among them",
  [
    {
      name: "page.viewed",
      at: instant("2026-05-01T12:00:00Z"),
      properties: { path: "/Sale", tags: ["a", "b"] },
    },
    { name: "page.viewed", at: instant("2026-05-01T13:00:00Z"), properties: {} },
    order("2026-05-01T14:00:00Z", { items: [{ category: "books" }, { category: "toys" }], channel: "web" }),
  ],
  [
    [
      { count: { event: "page.viewed", where: { property: "path", is: "/sale" } }, is: 0 },
      "2026-05-02T00:00:00Z",
      true,
      "case matters",
    ],
    [
      { count: { event: "page.viewed", where: { property: "path", is: "/sale", ignoreCase: true } }, is: 1 },
      "2026-05-02T00:00:00Z",
      true,
      "unless it is ignored",
    ],
    [
      { count: { event: "page.viewed", where: { property: "path", isNot: "/sale" } }, is: 2 },
      "2026-05-02T00:00:00Z",
      true,
      "not set is not that either",
    ],
    [
      { count: { event: "page.viewed", where: { property: "path", exists: false } }, is: 1 },
      "2026-05-02T00:00:00Z",
      true,
      "the second has none",
    ],
    [
      { count: { event: "page.viewed", where: { property: "tags", includesAll: ["b", "a"] } }, is: 1 },
      "2026-05-02T00:00:00Z",
      true,
      "both are on the list",
    ],
    [
      { count: { event: "page.viewed", where: { property: "path", startsWith: "/S" } }, is: 1 },
      "2026-05-02T00:00:00Z",
      true,
      "/Sale",
    ],
    [
      { count: { event: "order.placed", where: { property: "items.category", is: "toys" } }, is: 1 },
      "2026-05-02T00:00:00Z",
      true,
      "one item is enough",
    ],
    [
      { count: { event: "order.placed", where: { property: "items.category", isNot: "toys" } }, is: 0 },
      "2026-05-02T00:00:00Z",
      true,
      "isNot is the opposite: no item may be",
    ],
    [
      {
        count: { event: "order.placed", where: { property: "items.category", in: ["food", "books"] } },
        is: 1,
      },
      "2026-05-02T00:00:00Z",
      true,
      "books",
    ],
    [
      {
        count: {
          event: "order.placed",
          where: {
            all: [{ property: "channel", is: "web" }, { not: { property: "items.category", is: "food" } }],
          },
        },
        is: 1,
      },
      "2026-05-02T00:00:00Z",
      true,
      "web, and no food",
    ],
    [
      { count: { event: "order.placed", where: { any: [] } }, is: 0 },
      "2026-05-02T00:00:00Z",
      true,
      "an empty any does not hold",
    ],
  ],
);

const plan = "2026-06-10T12:00:00Z";
examples(
  `given a plan that ends at ${plan} and an invoice due on 10 June, when dates are asked`,
  [profile({ plan: { endsAt: plan }, due: "2026-06-10", none: "0000-00-00", zero: 0, empty: "" })],
  [
    [
      { date: "plan.endsAt", withinNext: "2 days" },
      "2026-06-08T12:00:00Z",
      true,
      "d <= t + 2 d at exactly 2 days before",
    ],
    [
      { date: "plan.endsAt", withinNext: "2 days" },
      "2026-06-08T11:59:59.999Z",
      false,
      "not a millisecond sooner",
    ],
    [{ date: "plan.endsAt", withinNext: "2 days" }, plan, false, "t < d: it has come"],
    [{ date: "plan.endsAt", furtherThan: "2 days" }, "2026-06-08T11:59:59.999Z", true, "d > t + 2 d"],
    [
      { date: "plan.endsAt", furtherThan: "2 days" },
      "2026-06-08T12:00:00Z",
      false,
      "the other side of withinNext",
    ],
    [{ date: "plan.endsAt", withinLast: "2 days" }, plan, true, "d <= t"],
    [{ date: "plan.endsAt", withinLast: "2 days" }, "2026-06-12T12:00:00Z", false, "t - 2 d < d no longer"],
    [{ date: "plan.endsAt", olderThan: "2 days" }, "2026-06-12T12:00:00Z", true, "d <= t - 2 d"],
    [{ date: "due", withinNext: "2 days" }, "2026-06-07T21:59:59.999Z", false, "7 June in Berlin: n = 3"],
    [{ date: "due", withinNext: "2 days" }, "2026-06-07T22:00:00Z", true, "8 June begins in Berlin: n = 2"],
    [{ date: "due", withinNext: "2 days" }, "2026-06-10T21:59:59.999Z", true, "today counts: n = 0"],
    [{ date: "due", withinNext: "2 days" }, "2026-06-10T22:00:00Z", false, "n = -1"],
    [{ date: "due", withinLast: "2 days" }, "2026-06-09T22:00:00Z", true, "today counts here too"],
    [{ date: "due", withinLast: "2 days" }, "2026-06-12T21:59:59.999Z", true, "-n = 2"],
    [{ date: "due", olderThan: "2 days" }, "2026-06-12T22:00:00Z", true, "-n = 3"],
    [{ date: "due", withinNext: "36 hours" }, "2026-06-09T12:00:00Z", false, "days know no hours"],
    [{ date: "plan.endsAt", on: "2026-06-10" }, "2026-06-01T00:00:00Z", true, "its local day"],
    [{ date: "plan.endsAt", before: "2026-06-10T12:00:01Z" }, "2026-06-01T00:00:00Z", true, "by a second"],
    [{ date: "due", after: "2026-06-09" }, "2026-06-01T00:00:00Z", true, "the day after"],
    [
      { not: { date: "none", olderThan: "1 day" } },
      "2026-06-01T00:00:00Z",
      true,
      "a zero date is missing, not long ago",
    ],
    [{ not: { date: "zero", olderThan: "1 day" } }, "2026-06-01T00:00:00Z", true, "so is a zero"],
    [
      { not: { date: "nowhere", before: "2026-06-09" } },
      "2026-06-01T00:00:00Z",
      true,
      "not set: does not hold",
    ],
    [{ attribute: "empty", exists: true }, "2026-06-01T00:00:00Z", true, "set to empty is set"],
    [{ attribute: "plan", exists: true }, "2026-06-01T00:00:00Z", true, "something is set below it"],
  ],
  { zone: "Europe/Berlin" },
);

examples(
  "given somebody born on 29 February 1996, when birthdays are asked in New York",
  [profile({ birthDate: "1996-02-29" })],
  [
    [
      { anniversary: "birthDate", today: true },
      "2023-02-28T05:00:00Z",
      true,
      "common year: the 28th, from midnight (-5)",
    ],
    [{ anniversary: "birthDate", today: true }, "2023-02-28T04:59:59.999Z", false, "still the 27th"],
    [{ anniversary: "birthDate", today: true }, "2023-03-01T05:00:00Z", false, "and over after 24 hours"],
    [
      { anniversary: "birthDate", today: true, leapDay: "march-1" },
      "2023-03-01T05:00:00Z",
      true,
      "unless 1 March is wanted",
    ],
    [{ anniversary: "birthDate", today: true }, "2024-02-29T05:00:00Z", true, "leap year: the 29th"],
    [{ anniversary: "birthDate", withinNext: "7 days" }, "2023-02-21T05:00:00Z", true, "28 - 7 = 21"],
    [{ anniversary: "birthDate", withinNext: "7 days" }, "2023-02-21T04:59:59.999Z", false, "8 days ahead"],
    [
      { anniversary: "birthDate", withinLast: "7 days" },
      "2023-03-08T04:59:59.999Z",
      true,
      "28 February + 7 days is 7 March, to its end",
    ],
    [{ anniversary: "birthDate", withinLast: "7 days" }, "2023-03-08T05:00:00Z", false, "8 days ago"],
    [
      { anniversary: "birthDate", today: true, years: [27] },
      "2023-02-28T12:00:00Z",
      true,
      "2023 - 1996 = 27",
    ],
    [{ anniversary: "birthDate", today: true, years: [26, 28] }, "2023-02-28T12:00:00Z", false, "neither"],
    [{ age: "birthDate", atLeast: 27 }, "2023-02-28T05:00:00Z", true, "27 from the start of the 28th"],
    [{ age: "birthDate", atLeast: 27 }, "2023-02-28T04:59:59.999Z", false, "26 until then"],
    [{ age: "birthDate", is: 28 }, "2024-02-29T05:00:00Z", true, "28 on the 29th"],
    [{ age: "birthDate", is: 27 }, "2024-02-29T04:59:59.999Z", true, "27 to the end of the 28th"],
  ],
  { zone: "America/New_York" },
);

examples(
  "given a date to come, when its anniversary and its age are asked",
  [profile({ date: "2026-05-10" })],
  [
    [
      { anniversary: "date", today: true },
      "2026-05-10T12:00:00Z",
      false,
      "the date itself is no anniversary",
    ],
    [{ anniversary: "date", today: true }, "2027-05-10T12:00:00Z", true, "a year later it is"],
    [{ age: "date", atLeast: 0 }, "2026-05-09T23:59:59.999Z", false, "no age yet"],
    [{ age: "date", isNot: 0 }, "2026-05-09T23:59:59.999Z", true, "missing: isNot holds"],
    [{ age: "date", is: 0 }, "2026-05-10T00:00:00Z", true, "0 from its first day"],
  ],
);

examples(
  "given orders on 1 May (web) and 20 May (store), noon, when first and last are asked",
  [
    order("2026-05-20T12:00:00Z", { channel: "store" }),
    order("2026-05-01T12:00:00Z", { channel: "web" }),
  ].sort((a, b) => a.at - b.at),
  [
    [{ since: "last", of: "order.placed", atLeast: "10 days" }, "2026-05-30T12:00:00Z", true, "20 + 10 = 30"],
    [{ since: "last", of: "order.placed", above: "10 days" }, "2026-05-30T12:00:00Z", false, "not above yet"],
    [
      { since: "last", of: "order.placed", above: "10 days" },
      "2026-05-30T12:00:00.001Z",
      true,
      "a millisecond later",
    ],
    [
      { since: "first", of: "order.placed", between: ["19 days", "20 days"] },
      "2026-05-20T12:00:00Z",
      true,
      "19 days exactly",
    ],
    [
      { since: "first", of: "order.placed", between: ["19 days", "20 days"] },
      "2026-05-21T12:00:00.001Z",
      false,
      "20 days and a millisecond",
    ],
    [{ since: "last", of: "page.viewed", below: "10 days" }, "2026-05-30T12:00:00Z", false, "no such event"],
    [
      { attribute: { first: "order.placed", take: "channel" }, is: "web" },
      "2026-05-30T12:00:00Z",
      true,
      "first touch",
    ],
    [
      { attribute: { last: "order.placed", take: "channel" }, is: "store" },
      "2026-05-30T12:00:00Z",
      true,
      "last touch",
    ],
    [
      {
        attribute: {
          last: { event: "order.placed", where: { property: "channel", is: "web" } },
          take: "channel",
        },
        is: "web",
      },
      "2026-05-30T12:00:00Z",
      true,
      "the last of those",
    ],
    [{ date: { last: "order.placed" }, olderThan: "10 days" }, "2026-05-30T12:00:00Z", true, "d <= t - 10 d"],
    [
      { anniversary: { first: "order.placed" }, today: true },
      "2027-05-01T00:00:00Z",
      true,
      "a year after the first, from midnight",
    ],
    [
      { anniversary: { first: "order.placed" }, today: true },
      "2027-05-20T00:00:00Z",
      false,
      "not after the last",
    ],
  ],
);

const weekly = (rhythm: string, times: number): Json => ({
  rhythm,
  of: "order.placed",
  every: "week",
  times,
});
examples(
  "given orders in three weeks running from Monday 4 May 2026, and one in the week of 15 June, when rhythm is asked",
  ["2026-05-04", "2026-05-13", "2026-05-24", "2026-06-15"].map((at) => order(`${at}T12:00:00Z`)),
  [
    [weekly("regular", 3), "2026-05-24T12:00:00Z", true, "weeks of 4, 11 and 18 May"],
    [weekly("regular", 3), "2026-05-31T23:59:59.999Z", true, "the week of 25 May is not over, so not missed"],
    [weekly("regular", 3), "2026-06-01T00:00:00Z", false, "now it is"],
    [weekly("stopped", 3), "2026-05-31T23:59:59.999Z", false, "nothing missed yet"],
    [weekly("stopped", 3), "2026-06-01T00:00:00Z", true, "one missed"],
    [weekly("stopped", 3), "2026-06-08T00:00:00Z", true, "two missed, fewer than 3"],
    [weekly("resumed", 3), "2026-06-15T12:00:00Z", true, "three missed, then back; the run before was 3"],
    [weekly("resumed", 3), "2026-06-21T23:59:59.999Z", true, "for the week of return"],
    [weekly("resumed", 3), "2026-06-22T00:00:00Z", false, "and no longer"],
    [weekly("resumed", 4), "2026-06-15T12:00:00Z", false, "it never came four weeks running"],
    [weekly("regular", 1), "2026-06-28T23:59:59.999Z", true, "one period is a run of one"],
  ],
);

const stopped: Json = { rhythm: "stopped", of: "order.placed", every: "week", times: 2 };
examples(
  "given two weeks with orders from 4 May 2026 and none after, when it has stopped",
  ["2026-05-04", "2026-05-13"].map((at) => order(`${at}T12:00:00Z`)),
  [
    [stopped, "2026-05-25T00:00:00Z", true, "the week of 18 May is missed"],
    [stopped, "2026-05-31T23:59:59.999Z", true, "still one missed"],
    [stopped, "2026-06-01T00:00:00Z", false, "two missed are `times`: it is over, not stopped"],
  ],
);

const card: readonly Json[] = [
  { kind: "metric", id: "orders", count: "order.placed" },
  { kind: "metric", id: "basket", average: "total", of: "order.placed" },
  {
    kind: "scoring",
    id: "rfm",
    recency: { since: "last", of: "order.placed", thresholds: ["10 days", "20 days", "30 days"] },
    frequency: { metric: "orders", thresholds: [2, 3] },
    monetary: { metric: "basket", thresholds: [5, 15] },
  },
];
examples(
  "given orders of 10 and 20 on 1 and 2 May, noon, when a card with thresholds is asked",
  [order("2026-05-01T12:00:00Z", { total: 10 }), order("2026-05-02T12:00:00Z", { total: 20 })],
  [
    [
      { score: "rfm", recency: { is: 4 } },
      "2026-05-12T11:59:59.999Z",
      true,
      "no threshold reached: 3 + 2 - 1 = 4",
    ],
    [{ score: "rfm", recency: { is: 3 } }, "2026-05-12T12:00:00Z", true, "10 days reached: 3 + 2 - 2 = 3"],
    [{ score: "rfm", recency: { is: 1 } }, "2026-06-01T12:00:00Z", true, "all three: 3 + 2 - 4 = 1"],
    [{ score: "rfm", frequency: { is: 2 } }, "2026-05-03T00:00:00Z", true, "1 + (2 >= 2)"],
    [
      { score: "rfm", monetary: { is: 3 } },
      "2026-05-03T00:00:00Z",
      true,
      "15 >= 5 and 15 >= 15: lower bounds are in",
    ],
    [{ score: "rfm", total: { is: 9 } }, "2026-05-03T00:00:00Z", true, "4 + 2 + 3"],
    [{ score: "rfm", code: { is: 423 } }, "2026-05-03T00:00:00Z", true, "side by side"],
    [
      { score: "rfm", recency: { is: 4 }, monetary: { is: 2 } },
      "2026-05-03T00:00:00Z",
      false,
      "all that is asked must hold",
    ],
  ],
  { also: card },
);
examples(
  "given an order without a total, when a card has no value for a part",
  [order("2026-05-01T12:00:00Z")],
  [
    [{ score: "rfm", frequency: { is: 1 } }, "2026-05-03T00:00:00Z", true, "one order"],
    [{ score: "rfm", monetary: { isNot: 3 } }, "2026-05-03T00:00:00Z", false, "no score holds for nothing"],
    [{ score: "rfm", total: { atLeast: 0 } }, "2026-05-03T00:00:00Z", false, "and there is no total"],
  ],
  { also: card },
);

examples(
  "given attributes written twice, when the later in event time wins",
  [
    profile({ level: 3, tags: ["a", "B"], name: "Ada", nested: { a: 1, b: 2 } }, "2026-05-01T00:00:00Z"),
    profile({ level: null, nested: { a: null } }, "2026-05-02T00:00:00Z"),
  ],
  [
    [{ attribute: "level", above: 2 }, "2026-05-01T12:00:00Z", true, "3"],
    [{ attribute: "level", exists: false }, "2026-05-02T00:00:00Z", true, "null unsets"],
    [{ attribute: "nested.a", exists: false }, "2026-05-02T00:00:00Z", true, "so it does inside"],
    [{ attribute: "nested.b", is: 2 }, "2026-05-02T00:00:00Z", true, "what was not named stays"],
    [{ attribute: "tags", includes: "b", ignoreCase: true }, "2026-05-02T00:00:00Z", true, "B"],
    [{ attribute: "tags", includesAny: ["c", "a"] }, "2026-05-02T00:00:00Z", true, "a"],
    [{ attribute: "tags", includesAll: ["a", "b"] }, "2026-05-02T00:00:00Z", false, "b is not B"],
    [{ attribute: "name", contains: "d" }, "2026-05-02T00:00:00Z", true, "Ada"],
    [{ attribute: "name", endsWith: "A" }, "2026-05-02T00:00:00Z", false, "case matters"],
    [{ attribute: "name", matches: "^A.a$" }, "2026-05-02T00:00:00Z", true, "Ada"],
    [{ attribute: "name", notIn: ["Bob"] }, "2026-05-02T00:00:00Z", true, "she is not"],
    [{ attribute: "name", atLeast: 1 }, "2026-05-02T00:00:00Z", false, "no number, so missing"],
  ],
);

describe("given a customer who moves from Berlin to Auckland, when a birthday is asked in their own zone", () => {
  const events = [
    profile({ birthDate: "1990-06-10", zone: "Europe/Berlin" }),
    profile({ zone: "Pacific/Auckland" }, "2026-06-09T09:00:00Z"),
  ];
  it.each([
    ["2026-06-09T08:59:59.999Z", false, "9 June, 10:59 in Berlin"],
    ["2026-06-09T11:59:59.999Z", false, "9 June, 23:59 in Auckland (+12)"],
    ["2026-06-09T12:00:00Z", true, "10 June begins in Auckland"],
    ["2026-06-10T12:00:00Z", false, "and ends there"],
  ])("then at %s it holds: %s (%s)", (at, holds) => {
    const own = { zone: "customer" };
    expect(holdsAt({ anniversary: "birthDate", today: true }, events, instant(at), { own })).toBe(holds);
  });
});

describe("given more than 256 instants in a rolling window, when the oldest have lost their minutes", () => {
  it("then those count by the start of their hour and the newest 256 exactly", () => {
    // One at 10:40, then 256 a minute apart from 12:00: 257 instants, the first counts as 10:00.
    const from = instant("2026-05-01T12:00:00Z");
    const events = [
      order("2026-05-01T10:40:00Z"),
      ...Array.from({ length: 256 }, (_, index) => ({ name: "order.placed", at: from + index * 60_000 })),
    ];
    const condition = { count: "order.placed", during: { last: "10 days" }, is: 257 };
    expect(holdsAt(condition, events, instant("2026-05-11T09:59:59.999Z"))).toBe(true);
    expect(holdsAt(condition, events, instant("2026-05-11T10:00:00Z"))).toBe(false);
    const without = events.slice(0, 256);
    expect(holdsAt({ ...condition, is: 256 }, without, instant("2026-05-11T10:39:59.999Z"))).toBe(true);
    expect(holdsAt({ ...condition, is: 256 }, without, instant("2026-05-11T10:40:00Z"))).toBe(false);
  });
});
