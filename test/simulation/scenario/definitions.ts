/** The definitions of every run: windows of seconds for what happens in it, of days for what a leap brings about. */

export interface Document extends Readonly<Record<string, unknown>> {
  readonly kind: string;
  readonly id: string;
}

const segment = (id: string, when: unknown, more: object = {}): Document => ({
  kind: "segment",
  id,
  name: id,
  when,
  ...more,
});

export const documents: readonly Document[] = [
  segment("recent", { count: "order.placed", during: { last: "20 seconds" }, atLeast: 1 }),
  segment("spender", { sum: "total", of: "order.placed", during: { last: "60 seconds" }, atLeast: 100 }),
  segment("silent", { since: "last", of: "order.placed", atLeast: "30 seconds" }),
  segment("lapsed", {
    all: [
      { sum: "total", of: "order.placed", during: { last: "5 minutes" }, atLeast: 50 },
      { not: { segment: "recent" } },
    ],
  }),
  segment("browsing", {
    all: [
      { count: "page.viewed", during: { last: "15 seconds" }, atLeast: 2 },
      { not: { segment: "recent" } },
    ],
  }),
  segment("gold", { attribute: "tier", is: "gold" }),
  segment("of-the-day", { count: "order.placed", during: { last: "1 day" }, atLeast: 2 }),
  segment("plan-ends", { date: "subscription.endsAt", withinNext: "2 days" }),
  segment(
    "account",
    { sum: "total", of: "order.placed", during: { last: "45 seconds" }, atLeast: 80 },
    { subject: "company" },
  ),
  {
    kind: "classification",
    id: "value",
    name: "value",
    categories: [
      { id: "vip", when: { sum: "total", of: "order.placed", during: { last: "2 minutes" }, atLeast: 150 } },
      { id: "regular", when: { count: "order.placed", during: { last: "2 minutes" }, atLeast: 1 } },
    ],
    otherwise: "none",
  },
  { kind: "automation", id: "hello", on: { enters: "recent" }, do: [{ webhook: "crm" }] },
  { kind: "automation", id: "back", on: { enters: "lapsed" }, do: [{ webhook: "crm" }, { webhook: "mail" }] },
  { kind: "automation", id: "gone", on: { leaves: "spender" }, do: [{ webhook: "mail" }], historic: true },
  { kind: "automation", id: "moved", on: { moves: "value", to: ["vip"] }, do: [{ webhook: "crm" }] },
];

/** Of runs in which cut points of the population come: everybody above one of them is the best. */
export const documentsByCuts: readonly Document[] = [
  {
    kind: "metric",
    id: "spent",
    name: "spent",
    sum: "total",
    of: "order.placed",
    during: { last: "50 seconds" },
  },
  segment("best", { top: "25 percent", by: "spent" }),
  segment("loyal", { all: [{ segment: "best" }, { attribute: "tier", is: "gold" }] }),
  { kind: "automation", id: "crowned", on: { enters: "best" }, do: [{ webhook: "mail" }] },
];

/** What those cut points are called. */
export const cutName = "metric/spent/0.75";

/** Names of definitions that edits may touch, and what they become. Others do not rest on them. */
export const edits: readonly {
  readonly kind: string;
  readonly id: string;
  readonly document: Document | null;
}[] = [
  // As before but for its name: nothing changes for members.
  ...["silent", "of-the-day"].map((id) => ({
    kind: "segment",
    id,
    document: { ...(documents.find((one) => one.id === id) as Document), name: `${id}, renamed` },
  })),
  {
    kind: "segment",
    id: "browsing",
    document: segment("browsing", { count: "page.viewed", during: { last: "40 seconds" }, atLeast: 1 }),
  },
  { kind: "segment", id: "gold", document: null },
  {
    kind: "segment",
    id: "late-comer",
    document: segment("late-comer", { count: "order.placed", atLeast: 1 }),
  },
];

/** What may be edited where it is filled: others rest on some of them. */
export const filledEdits: typeof edits = [
  ...edits,
  {
    kind: "segment",
    id: "recent",
    document: segment("recent", { count: "order.placed", during: { last: "45 seconds" }, atLeast: 1 }),
  },
  {
    kind: "segment",
    id: "spender",
    document: segment("spender", {
      sum: "total",
      of: "order.placed",
      during: { last: "3 minutes" },
      atLeast: 60,
    }),
  },
  {
    kind: "segment",
    id: "gold",
    document: segment("gold", {
      all: [
        { attribute: "tier", is: "gold" },
        { count: "order.placed", atLeast: 1 },
      ],
    }),
  },
  {
    kind: "segment",
    id: "account",
    document: segment(
      "account",
      { sum: "total", of: "order.placed", during: { last: "2 minutes" }, atLeast: 40 },
      { subject: "company" },
    ),
  },
  {
    kind: "classification",
    id: "value",
    document: {
      kind: "classification",
      id: "value",
      name: "value",
      categories: [
        {
          id: "vip",
          when: { sum: "total", of: "order.placed", during: { last: "4 minutes" }, atLeast: 100 },
        },
        { id: "regular", when: { segment: "recent" } },
      ],
      otherwise: "none",
    },
  },
  {
    kind: "segment",
    id: "keen",
    document: segment("keen", {
      all: [
        { segment: "recent" },
        { count: "page.viewed", during: { last: "90 seconds" }, atLeast: 1 },
        { since: "last", of: "order.placed", atLeast: "5 seconds" },
      ],
    }),
  },
];
