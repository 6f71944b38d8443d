/** Fifty definitions of the kinds that users write: windows of many lengths, scores, dates, combinations. */

const days = [7, 14, 30, 60, 90] as const;
const amounts = [50, 100, 250, 500, 1_000] as const;
const pages = ["/sale", "/new", "/help"] as const;
const categories = ["books", "garden", "toys"] as const;

export function benchDefinitions(): readonly object[] {
  const documents: object[] = [
    { kind: "metric", id: "revenue-90d", sum: "total", of: "order.placed", during: { last: "90 days" } },
    { kind: "metric", id: "orders-90d", count: "order.placed", during: { last: "90 days" } },
    { kind: "metric", id: "basket", average: "total", of: "order.placed" },
    {
      kind: "scoring",
      id: "rfm",
      recency: { since: "last", of: "order.placed", thresholds: ["7 days", "21 days", "45 days", "75 days"] },
      frequency: { metric: "orders-90d", thresholds: [2, 4, 8, 16] },
      monetary: { metric: "revenue-90d", thresholds: amounts.slice(1) },
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
      categories: pages.map((page) => ({
        id: page.slice(1),
        when: { attribute: { last: "page.viewed", take: "path" }, is: page },
      })),
      otherwise: "none",
    },
    { kind: "segment", id: "champions", when: { score: "rfm", total: { atLeast: 13 } } },
    { kind: "segment", id: "birthday", when: { anniversary: "birthDate", today: true } },
    { kind: "segment", id: "plan-ends", when: { date: "subscription.endsAt", withinNext: "14 days" } },
    {
      kind: "segment",
      id: "this-month",
      when: { count: "order.placed", during: { this: "month" }, atLeast: 2 },
    },
  ];
  for (const last of days) {
    const during = { last: `${last} days` };
    documents.push(
      { kind: "segment", id: `bought-${last}`, when: { count: "order.placed", during, atLeast: 1 } },
      { kind: "segment", id: `browsed-${last}`, when: { count: "page.viewed", during, atLeast: last } },
      {
        kind: "segment",
        id: `silent-${last}`,
        when: { since: "last", of: "order.placed", atLeast: `${last} days` },
      },
      {
        kind: "segment",
        id: `lapsed-${last}`,
        when: { all: [{ metric: "revenue-90d", atLeast: 100 }, { not: { segment: `bought-${last}` } }] },
      },
    );
  }
  for (const amount of amounts) {
    documents.push(
      {
        kind: "segment",
        id: `spent-${amount}`,
        when: { sum: "total", of: "order.placed", during: { last: "60 days" }, atLeast: amount },
      },
      { kind: "segment", id: `basket-${amount}`, when: { metric: "basket", above: amount } },
    );
  }
  for (const category of categories) {
    const of = { event: "order.placed", where: { property: "items.category", is: category } };
    documents.push({
      kind: "segment",
      id: `buys-${category}`,
      when: { count: of, during: { last: "90 days" }, atLeast: 2 },
    });
  }
  for (const value of [2, 3]) {
    documents.push({
      kind: "segment",
      id: `variety-${value}`,
      when: { distinct: "items.category", of: "order.placed", during: { last: "90 days" }, atLeast: value },
    });
  }
  for (const page of pages) {
    const of = { event: "page.viewed", where: { property: "path", is: page } };
    documents.push({
      kind: "segment",
      id: `saw-${page.slice(1)}`,
      when: { count: of, during: { last: "7 days" }, atLeast: 3 },
    });
  }
  for (const country of ["DE", "FR"]) {
    documents.push({
      kind: "segment",
      id: `from-${country.toLowerCase()}`,
      when: { attribute: "country", is: country },
    });
  }
  return documents.map((document) => ({ name: (document as { id: string }).id, ...document }));
}
