/** Real data, and the same figures by SQL over the files alone. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { archiveChanges, type ChdbWarehouse, chdbWarehouse } from "./chdb-warehouse.ts";

const data = (name: string) => fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));
let warehouse: ChdbWarehouse;
beforeEach(async () => {
  warehouse = await chdbWarehouse();
});
afterEach(() => warehouse.close());

/** Orders of a query with subject, order_id, at and total. */
function loadOrders(sql: string): void {
  warehouse.run(`
    INSERT INTO customer_events (kafka_partition, offset, appended_at, subject_kind, subject, name, occurred_at, source_id, source_partition, source_offset, ordinal, ordinal_count, attribute_values, properties, order_id, order_action)
    SELECT 0, rowNumberInAllBlocks(), at, 'customer', subject, 'order.placed', at, 'orders', 0, rowNumberInAllBlocks(), 0, 1, map(), concat('{"total":', toString(total), '}'), order_id, 'placed'
    FROM (${sql})`);
}

const retail = () =>
  `SELECT toString(CustomerID) AS subject, toString(InvoiceNo) AS order_id, toDateTime64(min(InvoiceDate), 3, 'UTC') AS at, toDecimal64(sum(round(Quantity * UnitPrice, 2)), 2) AS total
   FROM file('${data("online-retail/online_retail.csv.gz")}', 'CSVWithNames', 'InvoiceNo String, StockCode String, Description String, Quantity Int64, InvoiceDate DateTime(\\'UTC\\'), UnitPrice Float64, CustomerID UInt32, Country String')
   WHERE CustomerID != 0 GROUP BY CustomerID, InvoiceNo`;

test("given Online Retail, then cohorts and RFM are what plain SQL over the file says", async () => {
  warehouse.run(`CREATE TABLE lines ENGINE = Memory AS ${retail()}`);
  loadOrders("SELECT * FROM lines");
  const report = await warehouse.rows(
    "SELECT toString(cohort) AS cohort, period, customers, active, orders, toFloat64(revenue) AS revenue FROM order_cohorts(basis = 'first-order', source = '', until = '2011-12-31') WHERE active > 0 ORDER BY cohort, period",
  );
  // Another way: each customer's first month joined to each of its months.
  const byHand = await warehouse.rows(`
    SELECT toString(first) AS cohort, dateDiff('month', first, month) AS period, any(size) AS customers, count() AS active, sum(n) AS orders, toFloat64(sum(amount)) AS revenue
    FROM (SELECT subject, toStartOfMonth(at) AS month, count() AS n, sum(total) AS amount FROM lines GROUP BY subject, month) AS months
    INNER JOIN (SELECT subject, toStartOfMonth(min(at)) AS first, count() OVER (PARTITION BY first) AS size FROM lines GROUP BY subject) AS firsts USING subject
    GROUP BY first, month ORDER BY cohort, period`);
  expect(report).toEqual(byHand);
  expect(report.length).toBe(91);

  const asOf = "2011-12-10 00:00:00";
  const [together, apart] = await Promise.all(
    ["together", "apart"].map((ties) =>
      warehouse.rows<{ subject: string; r: number; f: number; m: number }>(
        `SELECT subject, recency_score AS r, frequency_score AS f, monetary_score AS m FROM rfm_scores(as_of = '${asOf}', unit = 86400, ties = '${ties}') ORDER BY subject`,
      ),
    ),
  );
  const customers = await warehouse.rows<{ subject: string; days: number; orders: number; amount: number }>(
    `SELECT subject, dateDiff('second', max(at), toDateTime64('${asOf}', 3, 'UTC')) AS seconds, intDiv(seconds, 86400) AS days, count() AS orders, toFloat64(sum(total)) AS amount FROM lines GROUP BY subject ORDER BY subject`,
  );
  expect(together).toEqual(scoredByHand(customers, (one) => one.orders));
  const ranks = new Map(
    customers
      .toSorted((a, b) => a.orders - b.orders || (a.subject < b.subject ? -1 : 1))
      .map(({ subject }, at) => [subject, at + 1]),
  );
  expect(apart).toEqual(scoredByHand(customers, (one) => ranks.get(one.subject) ?? 0));
});

interface Bought {
  readonly subject: string;
  readonly days: number;
  readonly orders: number;
  readonly amount: number;
}

/** Cuts by linear interpolation between the sorted values, at 1/5 to 4/5 of the way from the first to the last. */
function scoredByHand(customers: readonly Bought[], frequency: (one: Bought) => number): readonly object[] {
  const scorer = (value: (one: Bought) => number) => {
    const sorted = customers.map(value).sort((a, b) => a - b);
    const cuts = [0.2, 0.4, 0.6, 0.8].map((share) => {
      const place = share * (sorted.length - 1);
      const low = sorted[Math.floor(place)] ?? 0;
      const cut = low + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] ?? 0) - low);
      return Math.round(cut * 10_000) / 10_000;
    });
    return (one: Bought) => 1 + cuts.filter((cut) => cut < value(one)).length;
  };
  const [r, f, m] = [scorer((one) => one.days), scorer(frequency), scorer((one) => one.amount)];
  return customers.map((one) => ({ subject: one.subject, r: 6 - r(one), f: f(one), m: m(one) }));
}

test("given CDNOW, then its three cohorts keep and spend what a count over the file says", async () => {
  const lines = gunzipSync(readFileSync(data("cdnow/CDNOW_master.txt.gz")))
    .toString()
    .split("\n")
    .flatMap((line) => {
      const [id = "", day = "", , dollars = ""] = line.trim().split(/\s+/);
      return day === "" || !/^\d+$/.test(id) ? [] : [{ id, day, cents: Math.round(Number(dollars) * 100) }];
    });
  warehouse.run(`
    CREATE TABLE lines ENGINE = Memory AS
    SELECT splitByWhitespace(trim(line)) AS cells, cells[1] AS subject, concat('o-', toString(rowNumberInAllBlocks())) AS order_id,
      toDateTime64(toDateTime(concat(substring(cells[2], 1, 4), '-', substring(cells[2], 5, 2), '-', substring(cells[2], 7, 2), ' 00:00:00'), 'UTC'), 3, 'UTC') AS at, toDecimal64(cells[4], 2) AS total
    FROM file('${data("cdnow/CDNOW_master.txt.gz")}', 'LineAsString', 'line String') WHERE trim(line) != '' AND NOT startsWith(trim(line), 'customer_id')`);
  loadOrders("SELECT subject, order_id, at, total FROM lines");
  const monthOf = (day: string) => Number(day.slice(0, 4)) * 12 + Number(day.slice(4, 6)) - 1;
  const firsts = new Map<string, number>();
  for (const { id, day } of lines) firsts.set(id, Math.min(monthOf(day), firsts.get(id) ?? Infinity));
  const cells = new Map<string, { ids: Set<string>; orders: number; cents: number }>();
  for (const { id, day, cents } of lines) {
    const first = firsts.get(id) ?? 0;
    const name = `${first - 1997 * 12}/${monthOf(day) - first}`;
    const cell = cells.get(name) ?? { ids: new Set(), orders: 0, cents: 0 };
    cell.ids.add(id);
    cells.set(name, { ids: cell.ids, orders: cell.orders + 1, cents: cell.cents + cents });
  }
  const report = await warehouse.rows<Readonly<Record<string, number>>>(
    "SELECT toMonth(cohort) - 1 AS cohort, period, customers, active, orders, toInt64(round(revenue * 100)) AS cents FROM order_cohorts(basis = 'first-order', source = '', until = '1998-06-30') ORDER BY cohort, period",
  );
  // January 1997 has 18 months until June 1998, February 17, March 16.
  expect(report.length).toBe(51);
  for (const { cohort, period, customers, active, orders, cents } of report) {
    const cell = cells.get(`${cohort}/${period}`);
    expect([customers, active, orders, cents]).toEqual([
      [...firsts.values()].filter((first) => first - 1997 * 12 === cohort).length,
      cell?.ids.size,
      cell?.orders,
      cell?.cents,
    ]);
  }
  // As Fader and Hardie say of the data set: 23,570 customers.
  expect(
    report.filter(({ period }) => period === 0).reduce((sum, { customers = 0 }) => sum + customers, 0),
  ).toBe(23_570);
});

test("given Maven's subscriptions, then sizes at month ends are those that had begun and not ended", async () => {
  const [, ...lines] = readFileSync(data("subscriptions/maven_subscription_cohort.csv"), "utf8")
    .trim()
    .split(/\r?\n/);
  const subscriptions = lines
    .map((line) => line.split(","))
    .map(([, begun = "", ended = ""]) => ({ begun, ended }));
  const steps = subscriptions.flatMap(({ begun, ended }, at) => {
    const step = (day: string, to: "in" | "out") => ({
      ...{ subject: `s-${at}`, definition: "subscribed", from: to === "in" ? "out" : "in", to },
      ...{ effectiveAt: Date.parse(`${day}T00:00:00Z`) },
    });
    return [step(begun, "in"), ...(ended === "" ? [] : [step(ended, "out")])];
  });
  await archiveChanges(warehouse, steps);
  const report = await warehouse.rows<{ day: string; members: number }>(
    "SELECT toString(day) AS day, members FROM segment_sizes_by_day AS sizes WHERE definition = 'subscribed' AND sizes.day = toLastDayOfMonth(sizes.day) AND sizes.day < '2023-10-01' ORDER BY day",
  );
  expect(report.length).toBe(13);
  for (const { day, members } of report) {
    // One that ended on the day is not active when it ends.
    const active = subscriptions.filter(({ begun, ended }) => begun <= day && (ended === "" || ended > day));
    expect([day, members]).toEqual([day, active.length]);
  }
});
