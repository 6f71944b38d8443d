import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { runOn } from "./backtest-support.ts";

const metrics = `
kind: metric
id: orders
count: order.placed
---
kind: metric
id: revenue
sum: total
of: order.placed
---
`;

const recent = `
kind: segment
id: recent
when: { count: order.placed, during: { last: 10 days }, atLeast: 1 }
---
kind: classification
id: tier
categories:
  - { id: gold, when: { metric: revenue, atLeast: 100 } }
  - { id: silver, when: { metric: revenue, atLeast: 10 } }
otherwise: bronze
`;

const definitions = metrics + recent;

const metric = (rows: readonly string[][], name: string) =>
  rows.filter(([, metricName]) => metricName === name).map(([id, , value]) => [id, value]);

describe("orders of a file", () => {
  const orders = ["id,day,sum", "ann,2026-01-01,60", "ann,2026-01-05,50", "bob,2026-01-20,9.5"].join("\n");
  const map = "customer=id,time=day,total=sum";

  test("given a few orders, when they are looked at later, then members, metrics and every change are what the definitions say", async () => {
    const ran = await runOn(
      { "definitions.yaml": definitions, "orders.csv": orders },
      { orders: "orders.csv", map, "as-of": "2026-01-25" },
    );
    // Ann: 60 on 1 January (silver), 110 on the 5th (gold); in until 5 + 10 = 15 January.
    // Bob: 9.50 is bronze; in from the 20th, until the 30th if nothing comes.
    expect(ran.json).toEqual({
      asOf: "2026-01-25T00:00:00.000Z",
      customers: 2,
      events: 3,
      segments: { recent: 1 },
      classifications: { tier: { gold: 1, silver: 0, bronze: 1 } },
    });
    const midnight = (date: string) => `${date}T00:00:00.000Z`;
    expect(ran.members).toEqual([
      ["ann", "classification", "tier", "gold", midnight("2026-01-05"), ""],
      ["bob", "segment", "recent", "", midnight("2026-01-20"), midnight("2026-01-30")],
      ["bob", "classification", "tier", "bronze", midnight("2026-01-20"), ""],
    ]);
    expect(ran.metrics).toEqual([
      ["ann", "orders", "2"],
      ["ann", "revenue", "110"],
      ["bob", "orders", "1"],
      ["bob", "revenue", "9.5"],
    ]);
    expect(ran.history).toEqual([
      ["ann", "classification", "tier", "", "silver", midnight("2026-01-01"), "event"],
      ["ann", "segment", "recent", "out", "in", midnight("2026-01-01"), "event"],
      ["ann", "classification", "tier", "silver", "gold", midnight("2026-01-05"), "event"],
      ["ann", "segment", "recent", "in", "out", midnight("2026-01-15"), "time"],
      ["bob", "classification", "tier", "", "bronze", midnight("2026-01-20"), "event"],
      ["bob", "segment", "recent", "out", "in", midnight("2026-01-20"), "event"],
    ]);
    expect(ran.said).toEqual([]);
  });

  test("given a few orders, when the table is printed, then it counts who is in, came and went, and the median stay", async () => {
    const { table } = await runOn(
      { "definitions.yaml": definitions, "orders.csv": orders },
      { orders: "orders.csv", map, "as-of": "2026-01-25" },
    );
    // Stays in recent: 14 days (1 to 15 January, over) and 5 (running): (14 + 5) / 2. In gold: 20 days, running.
    expect(table).toEqual([
      "As of 2026-01-25T00:00:00.000Z: 2 customers, 3 events",
      "",
      "              members  entered  left  median time inside",
      "recent              1        2     1            9.5 days",
      "tier: gold          1        1     0           20.0 days",
      "tier: silver        0        1     1            4.0 days",
      "tier: bronze        1        1     0            5.0 days",
      "",
    ]);
  });

  test("given orders after the instant, when they are left out, then they are counted, and one at the instant is in", async () => {
    const ran = await runOn(
      { "definitions.yaml": definitions, "orders.csv": orders },
      { orders: "orders.csv", map, "as-of": "2026-01-05T00:00:00Z" },
    );
    expect(ran.json).toMatchObject({ customers: 1, events: 2 });
    expect(metric(ran.metrics, "revenue")).toEqual([["ann", "110"]]);
    expect(ran.said).toEqual(["1 event after --as-of left out"]);
  });

  test("given local times, when a zone is named, then they and the days of the instant are that zone's", async () => {
    // In Berlin 1 July begins at 22:00 UTC of the day before.
    const local = ["id,at,sum", "ann,2026-07-01,1", "bob,2026-07-01 00:30,2", "cem,2026-07-01T00:30:00Z,3"];
    const ran = await runOn(
      { "definitions.yaml": definitions, "orders.csv": local.join("\n") },
      {
        orders: "orders.csv",
        map: "customer=id,time=at,total=sum",
        zone: "Europe/Berlin",
        "as-of": "2026-07-02",
      },
    );
    expect(ran.json.asOf).toBe("2026-07-01T22:00:00.000Z");
    const entered = ran.history.filter(([, , , , to]) => to === "in").map(([id, , , , , at]) => [id, at]);
    expect(entered).toEqual([
      ["ann", "2026-06-30T22:00:00.000Z"],
      ["bob", "2026-06-30T22:30:00.000Z"],
      ["cem", "2026-07-01T00:30:00.000Z"],
    ]);
  });

  test("given events of one instant, when together they change nothing, then there is no change", async () => {
    // Two orders at once: never exactly one, from outside. Then a third makes it more.
    const once = "kind: segment\nid: once\nwhen: { count: order.placed, is: 1 }\n";
    const content = [
      "id,at,sum",
      "ann,2026-01-01T10:00,1",
      "ann,2026-01-01T10:00,1",
      "bob,2026-01-01T10:00,1",
    ];
    const { history, json } = await runOn(
      { "definitions.yaml": once, "orders.csv": content.join("\n") },
      { orders: "orders.csv", map: "customer=id,time=at,total=sum", "as-of": "2026-01-02" },
    );
    expect(history).toEqual([["bob", "segment", "once", "out", "in", "2026-01-01T10:00:00.000Z", "event"]]);
    expect(json.segments).toEqual({ once: 1 });
  });
});

describe("lines of orders", () => {
  const lines = [
    "no,who,at,article,kind,pieces,each,way",
    "A,ann,2026-01-02 10:00,s1,books,2,2.55,",
    "B,bob,2026-01-01 09:00,s2,toys,1,10,web",
    "A,ann,2026-01-02 08:00,s3,toys,3,1.1,shop",
    "A,cem,2026-01-03 08:00,s1,books,1,5,web",
    "A,ann,2026-01-02 11:00,s1,books,1,1,web",
  ].join("\n");
  const options = {
    orders: "lines.csv",
    map: "customer=who,time=at,order=no,total=pieces*each,channel=way,items.sku=article,items.category=kind,pieces=pieces",
    "as-of": "2026-02-01",
  };
  const about = `${metrics}
kind: metric
id: kinds
distinct: items.category
of: order.placed
---
kind: segment
id: early-in-a-shop
when: { all: [{ attribute: { first: order.placed, take: channel }, is: shop }, { date: { first: order.placed }, before: 2026-01-02T08:00:01Z }] }
---
kind: segment
id: of-two-pieces
when: { count: { event: order.placed, where: { property: pieces, is: 2 } }, atLeast: 1 }
---
kind: segment
id: of-two-kinds
when: { count: { event: order.placed, where: { all: [{ property: items.sku, is: s3 }, { property: items.category, is: books }] } }, is: 1 }
`;

  test("given lines of one order apart from each other, when they are read, then they are one event at the earliest time, with the exact sum", async () => {
    const ran = await runOn({ "definitions.yaml": about, "lines.csv": lines }, options);
    // 2 x 2.55 + 3 x 1.1 + 1 x 1 = 5.1 + 3.3 + 1 = 9.4, where 3 * 1.1 is 3.3000000000000003 in binary.
    expect(metric(ran.metrics, "orders")).toEqual([
      ["ann", "1"],
      ["bob", "1"],
      ["cem", "1"],
    ]);
    expect(metric(ran.metrics, "revenue")).toEqual([
      ["ann", "9.4"],
      ["bob", "10"],
      ["cem", "5"],
    ]);
    expect(metric(ran.metrics, "kinds")).toEqual([
      ["ann", "2"],
      ["bob", "1"],
      ["cem", "1"],
    ]);
    expect(ran.json.events).toBe(3);
    const members = ran.members.map(([id, , segment]) => [id, segment]);
    // The first line of ann's that has a channel says shop; the first that has pieces says 2.
    expect(members).toEqual([
      ["ann", "early-in-a-shop"],
      ["ann", "of-two-pieces"],
      ["ann", "of-two-kinds"],
    ]);
  });

  test("given no order, when lines are read, then each is an order; given no total, then there is none", async () => {
    const ran = await runOn(
      { "definitions.yaml": metrics, "lines.csv": lines },
      { orders: "lines.csv", map: "customer=who,time=at", "as-of": "2026-02-01" },
    );
    expect(metric(ran.metrics, "orders")).toEqual([
      ["ann", "3"],
      ["bob", "1"],
      ["cem", "1"],
    ]);
    expect(metric(ran.metrics, "revenue")).toEqual([
      ["ann", "0"],
      ["bob", "0"],
      ["cem", "0"],
    ]);
  });

  test("given quantity and price but no total, when they are mapped as npm start takes them, then their product is the total and they are the items'", async () => {
    const ran = await runOn(
      {
        "definitions.yaml": `${metrics}kind: metric\nid: pieces\nsum: items.quantity\nof: order.placed\n`,
        "lines.csv": lines,
      },
      {
        orders: "lines.csv",
        map: "customer=who,time=at,order=no,quantity=pieces,price=each,sku=article",
        "as-of": "2026-02-01",
      },
    );
    expect(metric(ran.metrics, "revenue")).toEqual([
      ["ann", "9.4"],
      ["bob", "10"],
      ["cem", "5"],
    ]);
    expect(metric(ran.metrics, "pieces")).toEqual([
      ["ann", "6"],
      ["bob", "1"],
      ["cem", "1"],
    ]);
  });

  test("given a name for guests, when it is a customer, then those rows are left out and counted", async () => {
    const ran = await runOn(
      { "definitions.yaml": metrics, "lines.csv": lines },
      { ...options, guests: "ann" },
    );
    expect(ran.json).toMatchObject({ customers: 2, events: 2 });
    expect(ran.said).toEqual(["lines.csv: 3 rows of guests left out"]);
  });
});

describe("other files", () => {
  const orders = "id,day\nann,2026-01-10\n";
  const base = { orders: "orders.csv", map: "customer=id,time=day", "as-of": "2026-03-01" };

  test("given customers without a time, when they are read, then their attributes hold before the first order, dates as dates, and they are customers without one too", async () => {
    const definitions = `
kind: segment
id: adult
when: { age: birthDate, atLeast: 18 }
---
kind: segment
id: in-berlin-first
when: { all: [{ attribute: home.city, is: Berlin }, { attribute: subscribed, is: true }, { attribute: income, atLeast: 90000 }] }
---
kind: segment
id: birthday
when: { anniversary: birthDate, today: true }
`;
    const customers = [
      "key,born,city,news,income,unused",
      'ann,2/9/2008,Berlin,TRUE,"$90,000 ",x',
      "bea,03/01/2000,Hamburg,false,,x",
    ].join("\n");
    const map = "id=key,birthDate=born@M/d/yyyy,home.city=city,subscribed=news,income=income@number";
    const ran = await runOn(
      { "definitions.yaml": definitions, "orders.csv": orders, "customers.csv": customers },
      { ...base, customers: "customers.csv", "map-customers": map },
    );
    expect(ran.json).toMatchObject({
      customers: 2,
      events: 3,
      segments: { adult: 2, "in-berlin-first": 1, birthday: 1 },
    });
    // Everything is known from 1 ms before the first order on. Ann is 18 on 9 February, Bea's birthday is 1 March.
    const before = "2026-01-09T23:59:59.999Z";
    expect(ran.history).toEqual([
      ["ann", "segment", "in-berlin-first", "out", "in", before, "event"],
      ["ann", "segment", "adult", "out", "in", "2026-02-09T00:00:00.000Z", "time"],
      ["ann", "segment", "birthday", "out", "in", "2026-02-09T00:00:00.000Z", "time"],
      ["ann", "segment", "birthday", "in", "out", "2026-02-10T00:00:00.000Z", "time"],
      ["bea", "segment", "adult", "out", "in", before, "event"],
      ["bea", "segment", "birthday", "out", "in", "2026-03-01T00:00:00.000Z", "time"],
    ]);
  });

  test("given customers with a time, when they are read, then each row sets attributes from then on, an empty cell unsets one; a star takes all other columns", async () => {
    const definitions = "kind: segment\nid: gold\nwhen: { attribute: level, is: gold }\n";
    const customers =
      "key,since,level\nann,2026-01-20,gold\nann,2026-02-03,silver\nann,2026-02-10,gold\nann,2026-02-20,\n";
    const ran = await runOn(
      { "definitions.yaml": definitions, "orders.csv": orders, "customers.csv": customers },
      { ...base, customers: "customers.csv", "map-customers": "id=key,time=since,*" },
    );
    expect(ran.history.map(([id, , , , to, at]) => [id, to, at])).toEqual([
      ["ann", "in", "2026-01-20T00:00:00.000Z"],
      ["ann", "out", "2026-02-03T00:00:00.000Z"],
      ["ann", "in", "2026-02-10T00:00:00.000Z"],
      ["ann", "out", "2026-02-20T00:00:00.000Z"],
    ]);
  });

  test("given customers alone, when there is no event with a time, then they are looked at for a year", async () => {
    const definitions = "kind: segment\nid: birthday\nwhen: { anniversary: born, today: true }\n";
    const ran = await runOn(
      { "definitions.yaml": definitions, "c.csv": "id,born\nann,1990-03-01\nbob,1990-03-02\n0,1990-03-01\n" },
      { customers: "c.csv", "map-customers": "id=id,*", guests: "0", "as-of": "2026-03-01T12:00:00Z" },
    );
    // The year begins on 28 February 2025 at noon: 366 days before.
    expect(ran.history.map(([id, , , , to, at]) => [id, to, at])).toEqual([
      ["ann", "in", "2025-03-01T00:00:00.000Z"],
      ["ann", "out", "2025-03-02T00:00:00.000Z"],
      ["ann", "in", "2026-03-01T00:00:00.000Z"],
      ["bob", "in", "2025-03-02T00:00:00.000Z"],
      ["bob", "out", "2025-03-03T00:00:00.000Z"],
    ]);
    expect(ran.json).toMatchObject({ customers: 2, segments: { birthday: 1 } });
    expect(ran.said).toEqual(["c.csv: 1 row of guests left out"]);
  });

  test("given definitions that read what no map gives, when they are run, then each is told, with what may be meant", async () => {
    const definitions = `${metrics}
kind: metric
id: books
count: { event: order.placed, where: { any: [{ property: kind, is: book }, { not: { property: items.kind, is: toy } }] } }
---
kind: segment
id: from-bern
when: { all: [{ attribute: home.city, is: Bern }, { attribute: { last: order.placed, take: chanel }, is: web }, { date: { first: page.viewed, take: x }, before: 2026-01-01 }] }
---
kind: segment
id: near
when: { any: [{ near: { attribute: place, of: [1, 2], within: 3 km } }, { list: fair }] }
---
kind: list
id: fair
---
kind: segment
id: accounts
subject: company
when: { count: order.placed, atLeast: 1 }
`;
    const ran = await runOn(
      {
        "definitions.yaml": definitions,
        "orders.csv": "id,day,a\nann,2026-01-10,b\n",
        "c.csv": "id,a\nann,b\n",
      },
      {
        ...base,
        map: "customer=id,time=day,channel=a,items.kind=a",
        customers: "c.csv",
        "map-customers": "id=id,home.cty=a,place.lat=a",
      },
    );
    expect(ran.said).toEqual([
      "metric/revenue reads total of order.placed, which --map does not give",
      "metric/books reads kind of order.placed, which --map does not give; is items.kind meant?",
      "segment/from-bern reads chanel of order.placed, which --map does not give; is channel meant?",
      "segment/from-bern reads the attribute home.city, which no file gives; is home.cty meant?",
      "segment/near reads the attribute lists.fair, which no file gives",
      "segment/accounts is about companies, but no file names any (company=COLUMN)",
    ]);
  });

  test("given other events, when nobody maps their columns, then customer, time, event and all others are known by name", async () => {
    const definitions = `
kind: segment
id: saw-the-sale
when: { count: { event: page.viewed, where: { property: path, startsWith: /sale } }, atLeast: 1 }
---
kind: segment
id: left-a-cart
when: { did: cart.updated, without: order.placed, for: 2 hours, forget: 7 days }
`;
    const events = [
      "customer,time,event,path,minutes",
      "ann,2026-01-01T10:00,page.viewed,/sale/shoes,3",
      "bob,2026-02-25T10:00,cart.updated,,",
      "bob,2026-02-25T09:00,page.viewed,/about,1",
    ].join("\n");
    const ran = await runOn(
      { "definitions.yaml": definitions, "orders.csv": orders, "events.csv": events },
      { ...base, events: "events.csv" },
    );
    expect(ran.json).toMatchObject({
      customers: 2,
      events: 4,
      segments: { "saw-the-sale": 1, "left-a-cart": 1 },
    });
    expect(ran.members.map(([id, , segment, , since]) => [id, segment, since])).toEqual([
      ["ann", "saw-the-sale", "2026-01-01T10:00:00.000Z"],
      ["bob", "left-a-cart", "2026-02-25T12:00:00.000Z"],
    ]);
  });

  test("given events with a column of properties, or a constant name, when they are read, then both count", async () => {
    const definitions = `
kind: metric
id: score
average: score
of: feedback.given
---
kind: metric
id: visits
count: shop.visited
`;
    const events =
      'customer,time,name,properties\nann,2026-01-01,feedback.given,"{""score"": 7}"\nann,2026-01-02,feedback.given,"{""score"": 8}"\n';
    const ran = await runOn(
      { "definitions.yaml": definitions, "e.csv": events },
      { events: "e.csv", "as-of": "2026-03-01" },
    );
    expect(metric(ran.metrics, "score")).toEqual([["ann", "7.5"]]);
    const visits = "who;when\nann;1.2.2026 10:00\nann;2.2.2026\n";
    const other = await runOn(
      { "definitions.yaml": definitions, "v.csv": visits },
      {
        events: "v.csv",
        "map-events": "customer=who,time=when@d.M.yyyy,event='shop.visited'",
        "as-of": "2026-03-01",
      },
    );
    expect(metric(other.metrics, "visits")).toEqual([["ann", "2"]]);
    // An average of nothing is no metric.
    expect(metric(other.metrics, "score")).toEqual([]);
  });

  test("given companies in the map, when definitions are about them, then they are evaluated over companies", async () => {
    const definitions = `
kind: segment
id: large-account
subject: company
when: { all: [{ sum: total, of: order.placed, atLeast: 100 }, { attribute: industry, is: C25 }] }
---
kind: segment
id: large-buyer
when: { sum: total, of: order.placed, atLeast: 100 }
`;
    const ran = await runOn(
      {
        "definitions.yaml": definitions,
        "orders.csv":
          "who,firm,day,sum\nann,acme,2026-01-01,60\nbob,acme,2026-01-02,60\n,solo,2026-01-03,200\n",
        "firms.csv": "firm,code\nacme,C25\nsolo,G47\n",
      },
      {
        orders: "orders.csv",
        map: "customer=who,company=firm,time=day,total=sum",
        companies: "firms.csv",
        "map-companies": "id=firm,industry=code",
        "as-of": "2026-02-01",
      },
    );
    expect(ran.json).toMatchObject({
      customers: 2,
      companies: 2,
      segments: { "large-account": 1, "large-buyer": 0 },
    });
    expect(ran.members.map(([id, , segment]) => [id, segment])).toEqual([["acme", "large-account"]]);
  });
});

describe("cut points", () => {
  test("given quantiles and shares, when a population is small, then scores are those of its type 7 quantiles", async () => {
    const definitions = `${metrics}
kind: scoring
id: card
recency: { since: last, of: order.placed, quantiles: 2 }
frequency: { metric: orders, quantiles: 4 }
---
kind: segment
id: best-half
when: { top: 50 percent, by: revenue }
---
kind: segment
id: worst-third
when: { bottom: 33.33 percent, by: revenue }
`;
    const rows = ["id,day,sum"];
    // a: 1 order of 10, on the 1st; b: 2 of 10, to the 2nd; c: 3 of 10, to the 3rd; d: 4 of 10, to the 4th.
    for (const [count, id] of ["a", "b", "c", "d"].entries())
      for (let day = 1; day <= count + 1; day += 1) rows.push(`${id},2026-01-0${day},10`);
    const ran = await runOn(
      { "definitions.yaml": definitions, "orders.csv": rows.join("\n") },
      { orders: "orders.csv", map: "customer=id,time=day,total=sum", "as-of": "2026-01-05" },
    );
    // Orders 1, 2, 3, 4: cuts at 1/4, 2/4, 3/4 are 1.75, 2.5, 3.25, so the scores are 1, 2, 3, 4.
    expect(metric(ran.metrics, "card.frequency").map(([, score]) => score)).toEqual(["1", "2", "3", "4"]);
    // Days since 4, 3, 2, 1: the cut is 2.5, so a and b are worse: 1, and c and d 2.
    expect(metric(ran.metrics, "card.recency").map(([, score]) => score)).toEqual(["1", "1", "2", "2"]);
    expect(metric(ran.metrics, "card.code").map(([, code]) => code)).toEqual(["11", "12", "23", "24"]);
    // Revenue 10, 20, 30, 40: the median is 25; the quantile at 0.3333 is 10 + 0.9999 x 10 = 19.999.
    expect(ran.json.segments).toEqual({ "best-half": 2, "worst-third": 1 });
  });
});

describe("rows that cannot be read", () => {
  test("given broken rows, when the file is read, then each is told with its line and all that is wrong, and the others count", async () => {
    const content = [
      "id,day,sum,born",
      "ann,2026-01-01,5,1990-01-01",
      "bob,2026-02-30,five,1990-01-01",
      "cem,2026-01-01",
      ",2026-01-01,1,1990-01-01",
      "",
      'dan,2026-01-01,"7,1990-01-01',
      "eve,2026-01-02,8,1990-13-01",
    ];
    const ran = await runOn(
      { "definitions.yaml": metrics, "orders.csv": content.join("\n") },
      {
        orders: "orders.csv",
        map: "customer=id,time=day,total=sum,born=born@yyyy-MM-dd",
        "as-of": "2026-02-01",
      },
    );
    expect(metric(ran.metrics, "revenue")).toEqual([
      ["ann", "5"],
      ["eve", "8"],
    ]);
    expect(ran.said).toEqual([
      "orders.csv: 4 rows cannot be read",
      "orders.csv: 1 value cannot be read",
      '  orders.csv:3: time: "2026-02-30" has the day 30, which that month has not; total: "five" is no number',
      "  orders.csv:4: has 2 cells where the header has 4",
      "  orders.csv:5: customer: is empty",
      "  orders.csv:7: has a quote that is never closed, or not doubled within quotes",
      '  orders.csv:8: born: "1990-13-01" has the month 13 (left out)',
    ]);
  });

  test("given many of them, when they are told, then the first twenty are, and how many more", async () => {
    const rows = Array.from({ length: 30 }, (_, row) => `c${row},soon,1`);
    const content = ["id,day,sum", ...rows, "ann,2026-01-01,1"].join("\n");
    const { said } = await runOn(
      { "definitions.yaml": metrics, "orders.csv": content },
      { orders: "orders.csv", map: "customer=id,time=day,total=sum", "as-of": "2026-02-01" },
    );
    expect(said).toHaveLength(22);
    expect(said[0]).toBe("orders.csv: 30 rows cannot be read");
    expect(said[20]).toMatch(/^ {2}orders\.csv:21: time: "soon" is no ISO 8601 date/);
    expect(said[21]).toBe("  ... and 10 more");
  });

  test("given no row that can be read, when the file is read, then it fails and says why", async () => {
    const running = runOn(
      { "definitions.yaml": metrics, "orders.csv": "id,day\nann,soon\n" },
      { orders: "orders.csv", map: "customer=id,time=day", "as-of": "2026-02-01" },
    );
    await expect(running).rejects.toThrow("No row can be read");
  });
});

describe("formats of files", () => {
  const rows = [
    { id: "ann", at: "2026-01-01 10:00", sum: 5.5 },
    { id: "bob", at: "2026-01-02 10:00", sum: 7 },
  ];
  const csv = ["id,at,sum", "ann,2026-01-01 10:00,5.5", "bob,2026-01-02 10:00,7"].join("\n");
  const ndjson = rows.map((row) => JSON.stringify(row)).join("\n");

  test.each([
    ["gzip", "o.csv", gzipSync(csv)],
    ["a byte order mark and Windows line ends", "o.csv", `\uFEFF${csv.replaceAll("\n", "\r\n")}\r\n`],
    ["UTF-16", "o.csv", Buffer.from(`\uFEFF${csv}`, "utf16le")],
    ["tabs", "o.tsv", csv.replaceAll(",", "\t")],
    ["semicolons", "o.txt", csv.replaceAll(",", ";")],
    ["bars, and blanks before the names", "o.csv", csv.replaceAll(",", " | ")],
    ["runs of blanks", "o.txt", csv.replaceAll(",", "   ").replaceAll(" 10:00", "T10:00")],
    ["objects a line", "o.ndjson", ndjson],
    ["objects a line, in gzip, with a name that says nothing", "o.dat", gzipSync(ndjson)],
  ])("given %s, when it is read, then it is the same", async (_, name, content) => {
    const ran = await runOn(
      { "definitions.yaml": metrics, [name]: content },
      { orders: name, map: "customer=id,time=at,total=sum", "as-of": "2026-02-01" },
    );
    expect(ran.said).toEqual([]);
    expect(metric(ran.metrics, "revenue")).toEqual([
      ["ann", "5.5"],
      ["bob", "7"],
    ]);
  });

  test("given no header, when columns are numbered, then they are found from either end", async () => {
    const ran = await runOn(
      { "definitions.yaml": metrics, "o.csv": csv.split("\n").slice(1).join("\n") },
      { orders: "o.csv", map: "customer=1,time=#2,total=#-1", "no-header": true, "as-of": "2026-02-01" },
    );
    expect(metric(ran.metrics, "revenue")).toEqual([
      ["ann", "5.5"],
      ["bob", "7"],
    ]);
  });

  test("given a delimiter that is named, when the first line would say another, then it is that", async () => {
    const content = "id^a,b^at^sum\nann^x,y,z^2026-01-01^5.5\n";
    const ran = await runOn(
      { "definitions.yaml": metrics, "o.csv": content },
      {
        orders: "o.csv",
        delimiter: "^",
        map: 'customer=id,time=at,total=sum,both="a,b"',
        "as-of": "2026-02-01",
      },
    );
    expect(metric(ran.metrics, "revenue")).toEqual([["ann", "5.5"]]);
  });

  test("given nested objects, when paths lead into them, then their values are typed as they stand", async () => {
    const definitions = `${metrics}
kind: segment
id: deep
when: { count: { event: order.placed, where: { all: [{ property: paid, is: true }, { property: items.kind, is: book }] } }, atLeast: 1 }
`;
    const content = JSON.stringify({
      order: { buyer: { id: 17 }, sum: "12.50", paid: true },
      lines: [{ kind: "book" }, { kind: "toy" }],
      at: 1_767_225_600_000,
    });
    const ran = await runOn(
      { "definitions.yaml": definitions, "o.ndjson": `${content}\n{"at": \n[1]\n` },
      {
        orders: "o.ndjson",
        map: "customer=order.buyer.id,time=at@epoch-ms,total=order.sum,paid=order.paid,items=lines",
        "as-of": "2026-02-01",
      },
    );
    expect(metric(ran.metrics, "revenue")).toEqual([["17", "12.5"]]);
    expect(ran.json.segments).toEqual({ deep: 1 });
    expect(ran.history.map(([, , , , , at]) => at)).toEqual(["2026-01-01T00:00:00.000Z"]);
    expect(ran.said[0]).toBe("o.ndjson: 2 rows cannot be read");
    expect(ran.said[1]).toMatch(/^ {2}o\.ndjson:2: is no JSON: /);
    expect(ran.said[2]).toBe("  o.ndjson:3: is no JSON object");
  });
});
