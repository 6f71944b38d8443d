/** CDNOW: every purchase of 23,570 customers, against SQL over the same file by ClickHouse's engine. */
import { beforeAll, describe, expect, test } from "vitest";
import {
  column,
  dataFile,
  expectMetric,
  expectSegment,
  hasData,
  openSql,
} from "./backtest-published-support.ts";
import { type Ran, runOn } from "./backtest-support.ts";

const file = "cdnow/CDNOW_master.txt.gz";
const sample = "cdnow/CDNOW_sample.txt";

const definitions = `
kind: metric
id: orders
count: order.placed
---
kind: metric
id: discs
sum: discs
of: order.placed
---
kind: metric
id: revenue-1y
sum: total
of: order.placed
during: { last: 365 days }
---
kind: metric
id: spring
sum: total
of: order.placed
during: { previous: quarter }
---
kind: metric
id: winter
sum: total
of: order.placed
during: { between: [1998-01-01, 1998-03-31] }
---
kind: metric
id: smallest
minimum: total
of: order.placed
during: { last: 365 days }
---
kind: metric
id: average
average: total
of: order.placed
---
kind: scoring
id: rfm
recency: { since: last, of: order.placed, quantiles: 5 }
frequency: { metric: orders, quantiles: 5 }
monetary: { metric: revenue-1y, quantiles: 5 }
---
kind: segment
id: free-lately
when: { metric: smallest, is: 0 }
---
kind: segment
id: spent-in-spring
when: { metric: spring, atLeast: 50 }
---
kind: segment
id: lapsed-big-spender
when:
  all:
    - { metric: revenue-1y, atLeast: 200 }
    - { count: order.placed, during: { last: 60 days }, is: 0 }
---
kind: segment
id: less-than-before
when: { ratio: { of: spring, to: winter }, below: 0.5 }
---
kind: segment
id: bottom-tenth
when: { bottom: 10 percent, by: revenue-1y }
---
kind: segment
id: back-after-half-a-year
when: { count: order.placed, during: { last: 365 days, endingBefore: 180 days }, is: 0 }
---
kind: segment
id: six-quarters
when: { rhythm: regular, of: order.placed, every: quarter, times: 5 }
---
kind: segment
id: twice-in-a-week
when: { sequence: [order.placed, order.placed], within: 7 days, during: { last: 90 days } }
---
kind: segment
id: one-off
when: { all: [{ metric: orders, is: 1 }, { since: first, of: order.placed, above: 500 days }] }
---
kind: segment
id: anniversary-soon
when: { anniversary: { first: order.placed }, withinNext: 200 days }
`;

const day = 86_400_000;
const asOf = Date.parse("1998-07-01T00:00:00Z");
const within = (days: number): string => `at > ${asOf} - ${days * day}`;
const fifths = "0.2, 0.4, 0.6, 0.8";
const cutsOf = (value: string, shares: string): string =>
  `(SELECT arrayMap(cut -> floor(cut + 0.5), quantilesExactInclusive(${shares})(${value})) FROM customers WHERE ${value} IS NOT NULL)`;

/** Purchases: `number` is the line, money in units of 1/10,000. */
const ordersSql = `
  SELECT cells[1] AS id, rowNumberInAllBlocks() AS number, parseDateTimeBestEffort(cells[2], 'UTC') AS date,
    toUnixTimestamp(date) * 1000 AS at, toInt64(cells[3]) AS discs, toInt64(toDecimal64(cells[4], 4) * 10000) AS total
  FROM (SELECT splitByRegexp('\\\\s+', trim(BOTH ' \\r' FROM line)) AS cells FROM file('${dataFile(file)}', 'LineAsString'))
  WHERE cells[1] != 'customer_id'`;

const customersSql = `
  SELECT id, count() AS orders, sum(discs) AS discs, sum(total) AS sumAll, max(at) AS newest, min(at) AS oldest,
    countIf(${within(365)}) AS count1y, sumIf(total, ${within(365)}) AS sum1y,
    if(count1y = 0, NULL, sum1y) AS revenue1y, if(count1y = 0, NULL, minIf(total, ${within(365)})) AS smallest,
    sumIf(total, date >= '1998-04-01' AND date < '1998-07-01') AS spring,
    sumIf(total, date >= '1998-01-01' AND date < '1998-04-01') AS winter,
    countIf(${within(365)} AND at <= ${asOf} - ${180 * day}) AS countBefore, countIf(${within(60)}) AS count60,
    groupUniqArray(toYear(date) * 4 + toQuarter(date)) AS quarters,
    arraySlice(arraySort(groupArray((at, number))), -32) AS history
  FROM orders GROUP BY id`;

/** Quarters count as 4 x year + quarter: 7,994 is the spring of 1998. */
const answersSql = `
SELECT id, orders AS times, discs AS allDiscs, sum1y / 10000 AS lately, floor(sumAll / orders + 0.5) / 10000 AS average,
  5 - arrayCount(cut -> cut < (${asOf} - newest) * 10, ${cutsOf(`((${asOf} - newest) * 10)`, fifths)}) AS recency,
  1 + arrayCount(cut -> cut < orders * 10000, ${cutsOf("(orders * 10000)", fifths)}) AS frequency,
  1 + arrayCount(cut -> cut < sum1y, ${cutsOf("revenue1y", fifths)}) AS monetary,
  ifNull(smallest = 0, 0) AS freeLately,
  spring >= 500000 AS spentInSpring,
  sum1y >= 2000000 AND count60 = 0 AS lapsedBigSpender,
  winter > 0 AND 2 * spring < winter AS lessThanBefore,
  ifNull(revenue1y <= arrayElement(${cutsOf("revenue1y", "0.1")}, 1), 0) AS bottomTenth,
  countBefore = 0 AS noneBefore,
  hasAll(quarters, range(7990, 7995)) OR hasAll(quarters, range(7991, 7996)) AS sixQuarters,
  arrayExists(a -> a.1 > ${asOf} - ${90 * day} AND arrayExists(b -> b > a AND b.1 - a.1 <= ${7 * day}, history), history) AS twiceInAWeek,
  orders = 1 AND ${asOf} - oldest > ${500 * day} AS oneOff,
  toDate('1999-01-01') + (toDayOfYear(fromUnixTimestamp64Milli(oldest, 'UTC')) - 1) BETWEEN toDate('1998-07-01') AND toDate('1998-07-01') + 200 AS anniversarySoon
FROM customers`;

describe.skipIf(!hasData(file))("CDNOW", () => {
  const sql = openSql();
  let ran: Ran;
  let rows: readonly Readonly<Record<string, unknown>>[];

  beforeAll(async () => {
    ran = await runOn(
      { "definitions.yaml": definitions },
      {
        orders: dataFile(file),
        map: "customer=customer_id,time=date@yyyyMMdd,total=dollar_value,discs=number_of_cds",
        "as-of": "1998-07-01",
      },
    );
    sql.keep("orders", ordersSql);
    sql.keep("customers", customersSql);
    rows = sql.rows(answersSql);
  }, 120_000);

  test("given runs of blanks between the columns, when it is read, then every row is an order", () => {
    expect(ran.said).toEqual([]);
    expect(ran.json).toMatchObject({ customers: 23_570, events: 69_659 });
    expect(rows).toHaveLength(23_570);
  });

  test.each([
    ["orders", "times"],
    ["discs", "allDiscs"],
    ["revenue-1y", "lately"],
    ["average", "average"],
    ["rfm.recency", "recency"],
    ["rfm.frequency", "frequency"],
    ["rfm.monetary", "monetary"],
  ])(
    "given all purchases, when %s is computed in SQL, then it is the same for all customers",
    (metric, name) => {
      expectMetric(ran, metric, new Map([...column(rows, name)].map(([id, value]) => [id, Number(value)])));
    },
  );

  test.each([
    ["free-lately", "freeLately"],
    ["spent-in-spring", "spentInSpring"],
    ["lapsed-big-spender", "lapsedBigSpender"],
    ["less-than-before", "lessThanBefore"],
    ["bottom-tenth", "bottomTenth"],
    ["back-after-half-a-year", "noneBefore"],
    ["six-quarters", "sixQuarters"],
    ["twice-in-a-week", "twiceInAWeek"],
    ["one-off", "oneOff"],
    ["anniversary-soon", "anniversarySoon"],
  ])(
    "given all purchases, when the members of %s are found in SQL, then they are the same",
    (segment, name) => {
      expectSegment(ran, segment, column(rows, name));
    },
  );

  test("given the sample without a header, when its columns are numbered, then its customers have what they have in the whole", async () => {
    const ofSample = await runOn(
      { "definitions.yaml": definitions },
      {
        orders: dataFile(sample),
        map: "customer=1,time=3@yyyyMMdd,discs=4,total=5",
        "no-header": true,
        "as-of": "1998-07-01",
      },
    );
    expect(ofSample.json).toMatchObject({ customers: 2_357, events: 6_919 });
    for (const [metric, name] of [
      ["orders", "times"],
      ["average", "average"],
    ] as const) {
      const own = new Set(ofSample.metrics.map(([id]) => id));
      const expected = [...column(rows, name)].filter(([id]) => own.has(id));
      expect(expected).toHaveLength(2_357);
      expectMetric(ofSample, metric, new Map(expected.map(([id, value]) => [id, Number(value)])));
    }
  });
});
