/** Birth dates of AdventureWorks, subscriptions of Maven, orders of Superstore, against SQL over the same files. */
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

const people = "birthdays/AdventureWorks_Customers.csv";
const subscriptions = "subscriptions/maven_subscription_cohort.csv";
const superstore = "superstore/superstore.csv";

const sql = openSql();

type Rows = readonly Readonly<Record<string, unknown>>[];

describe.skipIf(!hasData(people))("birth dates of AdventureWorks", () => {
  const definitions = `
kind: segment
id: birthday-week
when: { anniversary: birthDate, withinNext: 7 days }
---
kind: segment
id: round-birthday-lately
when: { anniversary: birthDate, withinLast: 30 days, years: [50, 60, 70, 80] }
---
kind: segment
id: seventy
when: { age: birthDate, atLeast: 70 }
---
kind: segment
id: in-their-fifties
when: { age: birthDate, between: [50, 59] }
---
kind: segment
id: born-in-the-sixties
when: { all: [{ date: birthDate, after: 1959-12-31 }, { date: birthDate, before: 1970-01-01 }] }
---
kind: segment
id: high-income-owners
when: { all: [{ attribute: income, atLeast: 100000 }, { attribute: HomeOwner, is: Y }, { attribute: TotalChildren, above: 2 }] }
---
kind: segment
id: gmail-like
when: { attribute: EmailAddress, matches: "^[a-m].*[0-9]{2}@" }
`;
  let ran: Ran;
  let rows: Rows;

  beforeAll(async () => {
    ran = await runOn(
      { "definitions.yaml": definitions },
      {
        customers: dataFile(people),
        "map-customers": "id=CustomerKey,birthDate=BirthDate@M/d/yyyy,income=AnnualIncome@number,*",
        "as-of": "2025-03-01",
        zone: "America/New_York",
      },
    );
    const file = `file('${dataFile(people)}', 'CSVWithNames', 'CustomerKey String, Prefix String, FirstName String, LastName String, BirthDate String, MaritalStatus String, Gender String, EmailAddress String, AnnualIncome String, TotalChildren UInt8, EducationLevel String, Occupation String, HomeOwner String')`;
    // Years and days as numbers: 2025-03-01 is 20250301, and no birth date is a 29 February.
    rows = sql.rows(`
WITH arrayMap(part -> toUInt32(part), splitByChar('/', BirthDate)) AS parts,
  makeDate32(parts[3], parts[1], parts[2]) AS born,
  intDiv(20250301 - toYYYYMMDD(born), 10000) AS age,
  makeDate(2025, parts[1], parts[2]) AS thisYear, toDate('2025-03-01') AS today,
  if(thisYear <= today, thisYear, makeDate(2024, parts[1], parts[2])) AS last
SELECT CustomerKey AS id,
  thisYear >= today AND thisYear <= today + 7 AS birthdayWeek,
  last >= today - 30 AND (toYear(last) - parts[3]) IN (50, 60, 70, 80) AS roundBirthday,
  age >= 70 AS seventy, age BETWEEN 50 AND 59 AS fifties, parts[3] BETWEEN 1960 AND 1969 AS sixties,
  toUInt32(replaceRegexpAll(AnnualIncome, '[^0-9]', '')) >= 100000 AND HomeOwner = 'Y' AND TotalChildren > 2 AS highIncome,
  match(EmailAddress, '^[a-m].*[0-9]{2}@') AS gmailLike
FROM ${file} SETTINGS date_time_input_format = 'basic'`);
  }, 120_000);

  test("given birth dates with and without leading zeros, when they are read, then all are", () => {
    expect(ran.said).toEqual([]);
    expect(ran.json).toMatchObject({ customers: 18_148, events: 18_148 });
    expect(rows).toHaveLength(18_148);
  });

  test.each([
    ["birthday-week", "birthdayWeek"],
    ["round-birthday-lately", "roundBirthday"],
    ["seventy", "seventy"],
    ["in-their-fifties", "fifties"],
    ["born-in-the-sixties", "sixties"],
    ["high-income-owners", "highIncome"],
    ["gmail-like", "gmailLike"],
  ])(
    "given all customers, when the members of %s are found in SQL, then they are the same",
    (segment, name) => {
      expectSegment(ran, segment, column(rows, name));
    },
  );
});

describe.skipIf(!hasData(subscriptions))("subscriptions of Maven", () => {
  test("given subscriptions as attributes that hold from their first day, when they are looked at, then those that end soon, ended or go on are those of SQL", async () => {
    const ran = await runOn(
      {
        "definitions.yaml": `
kind: segment
id: over
when: { date: subscription.endsAt, olderThan: 0 days }
---
kind: segment
id: ends-soon
when: { date: subscription.endsAt, withinNext: 14 days }
---
kind: segment
id: goes-on
when: { not: { attribute: subscription.endsAt, exists: true } }
`,
      },
      {
        customers: dataFile(subscriptions),
        "map-customers": "id=customer_id,time=created_date,subscription.endsAt=canceled_date",
        "as-of": "2023-06-15",
      },
    );
    // The last subscription of a customer by then; of one day the later line.
    const rows = sql.rows(`
SELECT customer_id AS id, argMax(canceled_date, (created_date, rowNumberInAllBlocks())) AS ends,
  ends != '' AND ends < '2023-06-15' AS over, ends >= '2023-06-15' AND ends <= '2023-06-29' AS soon, ends = '' AS goesOn
FROM file('${dataFile(subscriptions)}', 'CSVWithNames', 'customer_id String, created_date String, canceled_date String, subscription_cost String, subscription_interval String, was_subscription_paid String')
WHERE created_date <= '2023-06-15' GROUP BY id SETTINGS max_threads = 1`);
    expect(ran.json.customers).toBe(rows.length);
    expectSegment(ran, "over", column(rows, "over"));
    expectSegment(ran, "ends-soon", column(rows, "soon"));
    expectSegment(ran, "goes-on", column(rows, "goesOn"));
  });
});

describe.skipIf(!hasData(superstore))("orders of Superstore", () => {
  const definitions = `
kind: metric
id: sales
sum: total
of: order.placed
---
kind: metric
id: categories
distinct: items.category
of: order.placed
---
kind: metric
id: furniture-orders
count: { event: order.placed, where: { property: items.category, is: Furniture } }
---
kind: segment
id: three-categories
when: { metric: categories, is: 3 }
---
kind: segment
id: first-class-first
when: { attribute: { first: order.placed, take: shipping }, is: First Class }
---
kind: segment
id: large-chairs
when: { count: { event: order.placed, where: { all: [{ property: items.quantity, atLeast: 7 }, { property: items.kind, is: Chairs }] } }, atLeast: 1 }
`;

  test("given lines with commas and quotes in them, when sums and items are found in SQL, then they are the same for all customers", async () => {
    const ran = await runOn(
      { "definitions.yaml": definitions },
      {
        orders: dataFile(superstore),
        map: "customer=Customer ID,time=Order Date,order=Order ID,total=Sales,category=Category,items.kind=Sub-Category,quantity=Quantity,shipping=Ship Mode",
        "as-of": "2018-01-01",
      },
    );
    sql.keep(
      "lines",
      `SELECT "Customer ID" AS id, "Order ID" AS number, "Order Date" AS day, "Ship Mode" AS ship, Category AS category,
  "Sub-Category" AS kind, toUInt32(Quantity) AS quantity, toInt64(toDecimal64(Sales, 4) * 10000) AS sales, "Row ID" AS line
FROM file('${dataFile(superstore)}', 'CSVWithNames', '"Row ID" UInt32, "Order ID" String, "Order Date" String, "Ship Date" String, "Ship Mode" String, "Customer ID" String, "Customer Name" String, "Segment" String, "Country" String, "City" String, "State" String, "Postal Code" String, "Region" String, "Product ID" String, "Category" String, "Sub-Category" String, "Product Name" String, "Sales" String, "Quantity" String, "Discount" String, "Profit" String')`,
    );
    const rows = sql.rows(`
SELECT id, sum(sales) / 10000 AS sales, uniqExact(category) AS categories,
  uniqExactIf(number, category = 'Furniture') AS furniture, categories = 3 AS three,
  argMin(ship, (day, firstLine)) = 'First Class' AS firstClass,
  countIf(large > 0 AND chairs > 0) > 0 AS largeChairs
FROM (
  SELECT *, min(line) OVER (PARTITION BY id, number) AS firstLine,
    countIf(quantity >= 7) OVER (PARTITION BY id, number) AS large,
    countIf(kind = 'Chairs') OVER (PARTITION BY id, number) AS chairs
  FROM lines
) GROUP BY id`);
    expect(ran.said).toEqual([]);
    expect(ran.json.customers).toBe(rows.length);
    const numbers = (name: string) =>
      new Map([...column(rows, name)].map(([id, value]) => [id, Number(value)]));
    expectMetric(ran, "sales", numbers("sales"));
    expectMetric(ran, "categories", numbers("categories"));
    expectMetric(ran, "furniture-orders", numbers("furniture"));
    expectSegment(ran, "three-categories", column(rows, "three"));
    expectSegment(ran, "first-class-first", column(rows, "firstClass"));
    expectSegment(ran, "large-chairs", column(rows, "largeChairs"));
  });
});
