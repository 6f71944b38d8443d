/** Fifty definitions of the kinds that users write: one of most forms, over windows of many lengths. */

const orders = "order.placed";
const last = (days: number): object => ({ last: `${days} days` });

const metrics: readonly object[] = [
  { kind: "metric", id: "revenue-90d", sum: "total", of: orders, during: last(90) },
  { kind: "metric", id: "orders-90d", count: orders, during: last(90) },
  { kind: "metric", id: "basket", average: "total", of: orders },
];

const cards: readonly object[] = [
  {
    kind: "scoring",
    id: "rfm",
    recency: { since: "last", of: orders, thresholds: ["7 days", "21 days", "45 days", "75 days"] },
    frequency: { metric: "orders-90d", thresholds: [2, 4, 8, 16] },
    monetary: { metric: "revenue-90d", thresholds: [100, 250, 500, 1_000] },
  },
  {
    kind: "classification",
    id: "value-tier",
    categories: [
      { id: "vip", when: { metric: "revenue-90d", atLeast: 1_000 } },
      { id: "regular", when: { metric: "revenue-90d", atLeast: 200 } },
    ],
    otherwise: "occasional",
  },
  {
    kind: "classification",
    id: "latest-page",
    categories: ["/sale", "/new", "/help"].map((path) => ({
      id: path.slice(1),
      when: { attribute: { last: "page.viewed", take: "path" }, is: path },
    })),
    otherwise: "none",
  },
];

const profile: Readonly<Record<string, object>> = {
  "from-de": { attribute: "country", is: "DE" },
  "from-fr": { attribute: "country", is: "FR" },
  young: { age: "birthDate", between: [18, 29] },
  middle: { age: "birthDate", between: [30, 49] },
  older: { age: "birthDate", atLeast: 50 },
  birthday: { anniversary: "birthDate", today: true },
  "birthday-week": { anniversary: "birthDate", withinNext: "7 days" },
  "plan-ends": { date: "subscription.endsAt", withinNext: "14 days" },
};

const buying: Readonly<Record<string, object>> = {
  "bought-30": { count: orders, during: last(30), atLeast: 1 },
  "bought-60": { count: orders, during: last(60), atLeast: 1 },
  "silent-75": { since: "last", of: orders, atLeast: "75 days" },
  "this-month": { count: orders, during: { this: "month" }, atLeast: 2 },
  "previous-quarter": { count: orders, during: { previous: "quarter" }, atLeast: 3 },
  "this-year": { count: orders, during: { this: "year" }, atLeast: 10 },
  "slowing-down": { count: orders, during: { last: "60 days", endingBefore: "30 days" }, atLeast: 3 },
  "second-order": { count: orders, is: 2 },
  "anniversary-week": { anniversary: { first: orders }, withinLast: "7 days" },
  champions: { score: "rfm", total: { atLeast: 13 } },
  "low-score": { score: "rfm", code: { in: [111, 112, 121, 211] } },
};

const combined: Readonly<Record<string, object>> = {
  "lapsed-big-spender": { all: [{ metric: "revenue-90d", atLeast: 500 }, { not: { segment: "bought-30" } }] },
  "german-champions": { all: [{ segment: "champions" }, { segment: "from-de" }] },
  "vip-at-risk": { all: [{ classification: "value-tier", is: "vip" }, { not: { segment: "bought-30" } }] },
  "young-or-new": { any: [{ segment: "young" }, { segment: "second-order" }] },
  "browses-only": { all: [{ segment: "browsed-20-in-30" }, { not: { segment: "bought-60" } }] },
};

function families(): Readonly<Record<string, object>> {
  const found: Record<string, object> = {};
  for (const orderCount of [3, 5, 8]) {
    found[`frequent-${orderCount}`] = { metric: "orders-90d", atLeast: orderCount };
  }
  for (const [views, days] of [
    [10, 7],
    [20, 30],
    [50, 30],
  ] as const) {
    found[`browsed-${views}-in-${days}`] = { count: "page.viewed", during: last(days), atLeast: views };
  }
  for (const amount of [250, 500, 1_000]) {
    found[`spent-${amount}`] = { sum: "total", of: orders, during: last(60), atLeast: amount };
  }
  for (const amount of [100, 150]) found[`basket-${amount}`] = { metric: "basket", above: amount };
  for (const category of ["books", "garden", "toys"]) {
    const of = { event: orders, where: { property: "items.category", is: category } };
    found[`buys-${category}`] = { count: of, during: last(90), atLeast: 3 };
  }
  found["variety-4"] = { distinct: "items.category", of: orders, during: last(90), atLeast: 4 };
  for (const path of ["/sale", "/new"]) {
    const of = { event: "page.viewed", where: { property: "path", is: path } };
    found[`saw-${path.slice(1)}`] = { count: of, during: last(7), atLeast: 3 };
  }
  found["carts-3"] = { count: "cart.updated", during: last(14), atLeast: 3 };
  found.reader = { count: "email.opened", during: last(30), atLeast: 3 };
  found["campaign-7"] = {
    count: { event: "email.opened", where: { property: "campaign", is: 7 } },
    during: last(30),
    atLeast: 1,
  };
  return found;
}

export function benchDefinitions(): readonly object[] {
  const segments = Object.entries({ ...profile, ...buying, ...families(), ...combined });
  return [...metrics, ...cards, ...segments.map(([id, when]) => ({ kind: "segment", id, when }))].map(
    (document) => ({ name: (document as { readonly id: string }).id, ...document }),
  );
}
