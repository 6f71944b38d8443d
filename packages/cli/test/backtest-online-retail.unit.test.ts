/** UCI Online Retail: a year of invoice lines, against SQL over the same file by ClickHouse's engine. */
import { beforeAll, describe, expect, test } from "vitest";
import {
  column,
  dataFile,
  expectAllEqual,
  expectMetric,
  expectSegment,
  hasData,
  openSql,
} from "./backtest-published-support.ts";
import { type Ran, runOn } from "./backtest-support.ts";

const file = "online-retail/online_retail.csv.gz";
const isHere = hasData(file);
const guests = 133_358;

const definitions = `
kind: metric
id: orders
count: order.placed
---
kind: metric
id: revenue
sum: total
of: order.placed
---
kind: metric
id: revenue-90d
sum: total
of: order.placed
during: { last: 90 days }
---
kind: metric
id: average-this-year
average: total
of: order.placed
during: { this: year }
---
kind: metric
id: articles-30d
distinct: items.sku
of: order.placed
during: { last: 30 days }
---
kind: metric
id: largest
maximum: total
of: order.placed
---
kind: metric
id: autumn
sum: total
of: order.placed
during: { previous: quarter }
---
kind: metric
id: winter
sum: total
of: order.placed
during: { this: quarter }
---
kind: scoring
id: rfm
recency: { since: last, of: order.placed, quantiles: 5 }
frequency: { metric: orders, quantiles: 5 }
monetary: { metric: revenue-90d, quantiles: 4 }
---
kind: segment
id: recent
when: { count: order.placed, during: { last: 60 days }, atLeast: 1 }
---
kind: segment
id: lapsed
when: { since: last, of: order.placed, atLeast: 120 days }
---
kind: segment
id: large-baskets
when: { metric: average-this-year, atLeast: 400 }
---
kind: segment
id: wide-range
when: { metric: articles-30d, atLeast: 50 }
---
kind: segment
id: best-twentieth
when: { top: 5 percent, by: revenue }
---
kind: segment
id: abroad
when: { attribute: { last: order.placed, take: country }, isNot: United Kingdom }
---
kind: segment
id: every-month
when: { rhythm: regular, of: order.placed, every: month, times: 6 }
---
kind: segment
id: growing
when: { ratio: { of: winter, to: autumn }, above: 1.5 }
---
kind: segment
id: tested
when: { split: { of: blue-button, from: 12.5, to: 37.5 } }
---
kind: segment
id: second-after-large
when: { sequence: [{ event: order.placed, where: { property: total, atLeast: 300 } }, order.placed], within: 14 days }
---
kind: classification
id: tier
categories:
  - { id: gold, when: { metric: revenue, atLeast: 5000 } }
  - { id: silver, when: { metric: revenue, atLeast: 1000 } }
otherwise: bronze
`;

/** Orders of customers, each with its instant in ms, its total in hundredths of a penny, its articles, its country. */
const ordersSql = (zone: string): string => `
  SELECT CustomerID AS id, InvoiceNo AS number,
    min(toUnixTimestamp64Milli(toDateTime64(InvoiceDate, 3, '${zone}'))) AS at,
    sum(toInt64(round(toInt64(Quantity) * toDecimal64(UnitPrice, 4) * 10000))) AS total,
    groupUniqArray(trim(StockCode)) AS articles,
    argMin(Country, InvoiceDate) AS country
  FROM file('${dataFile(file)}', 'CSVWithNames',
    'InvoiceNo String, StockCode String, Description String, Quantity String, InvoiceDate String, UnitPrice String, CustomerID String, Country String')
  WHERE CustomerID != '0'
  GROUP BY id, number`;

const cutsOf = (value: string, shares: string): string =>
  `(SELECT arrayMap(cut -> floor(cut + 0.5), quantilesExactInclusive(${shares})(${value})) FROM customers WHERE ${value} IS NOT NULL)`;
const fifths = "0.2, 0.4, 0.6, 0.8";
const day = 86_400_000;

/** A row a customer: its numbers at `asOf`. */
function customersSql(zone: string, asOf: number, year: string): string {
  const within = (days: number): string => `at > ${asOf} - ${days * day}`;
  const local = `fromUnixTimestamp64Milli(at, '${zone}')`;
  return `
  SELECT id, count() AS orders, sum(total) AS revenue, max(at) AS newest, max(total) AS largest,
    if(countIf(${within(90)}) = 0, NULL, sumIf(total, ${within(90)})) AS revenue90,
    sumIf(total, toYear(${local}) = ${year}) AS sumThisYear, countIf(toYear(${local}) = ${year}) AS countThisYear,
    arrayFlatten(groupArrayIf(articles, ${within(30)})) AS articles30,
    sumIf(total, toYYYYMM(${local}) BETWEEN 201107 AND 201109) AS autumn,
    sumIf(total, toYYYYMM(${local}) BETWEEN 201110 AND 201112) AS winter,
    argMax(country, (at, number)) AS newestCountry,
    groupUniqArray(toString(toYYYYMM(${local}))) AS months,
    arraySort(groupArray((at, number, total))) AS history
  FROM orders GROUP BY id`;
}

/** Its scores, and 0 or 1 for each segment. */
function answersSql(asOf: number, month: string): string {
  const months = `arrayMap(back -> toString(toYYYYMM(addMonths(toDate('${month}'), -back))), range(7))`;
  return `
SELECT id, orders, revenue / 10000 AS spent, largest / 10000 AS most,
  ifNull(revenue90, 0) / 10000 AS lately,
  if(countThisYear = 0, NULL, floor(sumThisYear / countThisYear + 0.5) / 10000) AS averageThisYear,
  if(length(articles30) > 1024, NULL, length(arrayDistinct(articles30))) AS articles,
  5 - arrayCount(cut -> cut < (${asOf} - newest) * 10, ${cutsOf(`((${asOf} - newest) * 10)`, fifths)}) AS recency,
  1 + arrayCount(cut -> cut < orders * 10000, ${cutsOf("(orders * 10000)", fifths)}) AS frequency,
  1 + arrayCount(cut -> cut < ifNull(revenue90, 0), ${cutsOf("revenue90", "0.25, 0.5, 0.75")}) AS monetary,
  newest > ${asOf} - ${60 * day} AS recent,
  ${asOf} - newest >= ${120 * day} AS lapsed,
  countThisYear > 0 AND sumThisYear >= 4000000 * countThisYear AS largeBaskets,
  length(arrayDistinct(articles30)) >= 50 AS wideRange,
  revenue >= arrayElement(${cutsOf("revenue", "0.95")}, 1) AS bestTwentieth,
  newestCountry != 'United Kingdom' AS abroad,
  hasAll(months, arraySlice(${months}, 1, 6)) OR hasAll(months, arraySlice(${months}, 2, 6)) AS everyMonth,
  autumn > 0 AND 2 * winter > 3 * autumn AS growing,
  (intDiv(murmurHash3_32(concat('blue-button:', id)) * 1000000, 4294967296) BETWEEN 125000 AND 374999) AS tested,
  arrayExists(a -> arrayExists(b -> b > a AND b.1 - a.1 <= ${14 * day}, arraySlice(history, -32)), arraySlice(arrayFilter(a -> a.3 >= 3000000, history), -32)) AS secondAfterLarge,
  multiIf(revenue >= 50000000, 'gold', revenue >= 10000000, 'silver', 'bronze') AS tier
FROM customers`;
}

describe.skipIf(!isHere)("Online Retail", () => {
  const sql = openSql();
  let ran: Ran;
  let rows: readonly Readonly<Record<string, unknown>>[];

  beforeAll(async () => {
    const asOf = "2011-12-09T20:00:00Z";
    ran = await runOn(
      { "definitions.yaml": definitions },
      {
        orders: dataFile(file),
        map: "customer=CustomerID,time=InvoiceDate,order=InvoiceNo,total=Quantity*UnitPrice,country=Country,items.sku=StockCode",
        guests: "0",
        zone: "Europe/London",
        "as-of": asOf,
      },
    );
    sql.keep("orders", ordersSql("Europe/London"));
    sql.keep("customers", customersSql("Europe/London", Date.parse(asOf), "2011"));
    rows = sql.rows(answersSql(Date.parse(asOf), "2011-12-01"));
  }, 120_000);

  test("given a year of lines, when they are read, then guests are left out and the rest are orders", () => {
    expect(ran.said).toEqual([
      `online_retail.csv.gz: ${guests.toLocaleString("en-US")} rows of guests left out`,
    ]);
    const [{ events }] = sql.rows("SELECT count() AS events FROM orders") as [{ events: string }];
    expect(ran.json.events).toBe(Number(events));
    expect(ran.json.customers).toBe(rows.length);
  });

  test.each([
    ["orders", "orders"],
    ["revenue", "spent"],
    ["revenue-90d", "lately"],
    ["average-this-year", "averageThisYear"],
    ["largest", "most"],
    ["rfm.recency", "recency"],
    ["rfm.frequency", "frequency"],
    ["rfm.monetary", "monetary"],
  ])(
    "given a year of lines, when %s is computed in SQL, then it is the same for all customers",
    (metric, name) => {
      const numbers = [...column(rows, name)].map(
        ([id, value]) => [id, value === null ? null : Number(value)] as const,
      );
      expectMetric(ran, metric, new Map(numbers));
    },
  );

  test("given a year of lines, when different articles are counted in SQL, then they are the same up to the bound of 1,024", () => {
    const known = [...column(rows, "articles")].filter(([, count]) => count !== null);
    expect(known.length).toBeGreaterThan(rows.length - 10);
    expectMetric(ran, "articles-30d", new Map(known.map(([id, count]) => [id, Number(count)])));
  });

  test.each([
    ["recent", "recent"],
    ["lapsed", "lapsed"],
    ["large-baskets", "largeBaskets"],
    ["wide-range", "wideRange"],
    ["best-twentieth", "bestTwentieth"],
    ["abroad", "abroad"],
    ["every-month", "everyMonth"],
    ["growing", "growing"],
    ["tested", "tested"],
    ["second-after-large", "secondAfterLarge"],
  ])(
    "given a year of lines, when the members of %s are found in SQL, then they are the same",
    (segment, name) => {
      expectSegment(ran, segment, column(rows, name));
    },
  );

  test("given a year of lines, when value tiers are found in SQL, then they are the same", () => {
    const found = new Map(
      ran.members.flatMap(([id, kind, , category]) => (kind === "classification" ? [[id, category]] : [])),
    );
    expectAllEqual("tier", column(rows, "tier"), (id) => found.get(id));
  });

  test("given a segment of the last 60 days, when every entry and exit is found from the gaps in SQL, then the history has them all", () => {
    // In with an order when there was none in the 60 days before; out 60 days after an order without another by then.
    const asOf = Date.parse("2011-12-09T20:00:00Z");
    const changes = sql.rows(`
WITH times AS (
  SELECT id, arraySort(groupUniqArray(at)) AS instants,
    arrayPushFront(arrayPopBack(instants), 0) AS before,
    arrayPushBack(arrayPopFront(instants), ${asOf + 1_000 * day}) AS next
  FROM orders GROUP BY id
)
SELECT id, change.1 AS instant, change.2 AS what FROM times ARRAY JOIN arrayConcat(
  arrayMap(t -> (t, 'in'), arrayFilter((t, b) -> t - b > ${60 * day}, instants, before)),
  arrayMap(t -> (t + ${60 * day}, 'out'),
    arrayFilter((t, n) -> n - t > ${60 * day} AND t + ${60 * day} <= ${asOf}, instants, next))
) AS change`);
    const told = new Map(
      ran.history.flatMap(([id, , definition, , to, at]) =>
        definition === "recent" ? [[`${id} ${to} ${Date.parse(at ?? "")}`, true]] : [],
      ),
    );
    const expected = new Map(changes.map(({ id, instant, what }) => [`${id} ${what} ${instant}`, true]));
    expect(told.size).toBe(expected.size);
    expectAllEqual("changes of recent", expected, (change) => told.get(change));
  });
});
