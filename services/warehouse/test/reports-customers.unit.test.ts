import type { CustomerEvent } from "@tidemark/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { archiveControl, archiveEvents, type ChdbWarehouse, chdbWarehouse } from "./chdb-warehouse.ts";

let warehouse: ChdbWarehouse;

const at = (month: number, day: number, hour = 12) => Date.UTC(2026, month - 1, day, hour);
const rows = (sql: string) => warehouse.rows(sql);
type Action = "placed" | "updated" | "cancelled" | "refunded";

const order = (
  subject: string,
  orderId: string,
  occurredAt: number,
  total: number | null,
  action: Action = "placed",
  more: { refund?: number | null; channel?: string; version?: number } = {},
): Partial<CustomerEvent> => ({
  ...{ subject, occurredAt, name: `order.${action}` },
  properties: JSON.stringify({ total, channel: more.channel }),
  order: { orderId, action, version: more.version ?? null, refund: more.refund ?? null },
});
const profile = (subject: string, occurredAt: number, attributes: object): Partial<CustomerEvent> => ({
  ...{ subject, occurredAt, name: "profile.updated", attributes: JSON.stringify(attributes) },
});

beforeAll(async () => {
  warehouse = await chdbWarehouse();
  const offsets = await archiveEvents(warehouse, [
    profile("ann", at(1, 9), { registeredAt: "2026-01-10", source: "direct" }),
    profile("ann", at(1, 11), { source: "ads" }),
    // Two hours behind UTC: it is 2 February there.
    profile("cat", at(2, 3), { registeredAt: "2026-01-31T23:30:00-02:00" }),
    profile("fay", at(3, 3), { registeredAt: "2026-03-03", source: "ads" }),
    order("ann", "a1", at(1, 15), 100),
    order("ann", "a2", at(2, 2), 45),
    order("ann", "a2", at(2, 3), 50, "updated", { version: 99_999_999_999_999 }),
    order("ann", "a3", at(2, 20), 30, "placed", { channel: "app" }),
    order("bob", "b1", at(1, 20), 200, "placed", { channel: "store" }),
    order("bob", "b1", at(3, 1), null, "refunded", { refund: 50 }),
    order("bob", "b2", at(3, 3), 40),
    order("cat", "c1", at(2, 10), 80),
    order("cat", "c1", at(2, 11), null, "cancelled"),
    order("cat", "c2", at(3, 5), 60, "placed", { channel: "web" }),
    order("dan", "d1", at(2, 25), 20),
    order("eve", "e1", at(1, 3), 70, "placed", { channel: "web" }),
    order("eve", "e1", at(1, 4), null, "refunded", { refund: 10 }),
    // The same refund a second time, rejected below.
    order("eve", "e1", at(1, 4), null, "refunded", { refund: 10 }),
    // After the last day that is asked about.
    order("gil", "g1", at(4, 1), 5),
  ]);
  await warehouse.insert(
    "rejected_events",
    [
      {
        ...{ kafka_partition: 0, offset: 1, appended_at: "2026-01-04 12:00:00", event_partition: 0 },
        ...{ event_offset: offsets[17], source_id: "orders", source_partition: 0, source_offset: 1 },
        ...{ ordinal: 0, reason: "repeat" },
      },
    ],
    "rejected",
  );
  const merge = (subject: string, into: string) =>
    archiveControl(warehouse, "tidemark.log.Merge", { subject, subjectKind: "customer", into, mergedAt: 1 });
  await merge("dan", "dea");
  await merge("dea", "ann");
});
afterAll(() => warehouse.close());

describe("customer_orders", () => {
  test("given corrections, a repeat and merges, then each order stands once, as it is now, with who has it now", async () => {
    expect(
      await rows(
        "SELECT subject, toString(toDate(placed_at)) AS day, toFloat64(total) AS total, toFloat64(net) AS net, cancelled FROM customer_orders ORDER BY placed_at",
      ),
    ).toEqual([
      { subject: "eve", day: "2026-01-03", total: 70, net: 60, cancelled: false },
      { subject: "ann", day: "2026-01-15", total: 100, net: 100, cancelled: false },
      { subject: "bob", day: "2026-01-20", total: 200, net: 150, cancelled: false },
      { subject: "ann", day: "2026-02-02", total: 50, net: 50, cancelled: false },
      { subject: "cat", day: "2026-02-10", total: 80, net: 0, cancelled: true },
      { subject: "ann", day: "2026-02-20", total: 30, net: 30, cancelled: false },
      { subject: "ann", day: "2026-02-25", total: 20, net: 20, cancelled: false },
      { subject: "bob", day: "2026-03-03", total: 40, net: 40, cancelled: false },
      { subject: "cat", day: "2026-03-05", total: 60, net: 60, cancelled: false },
      { subject: "gil", day: "2026-04-01", total: 5, net: 5, cancelled: false },
    ]);
  });

  test("given orders without merges and repeats, then orders and customer_orders say the same of each", async () => {
    const columns =
      "toString(placed_at) AS placed_at, toString(total) AS total, toString(net) AS net, cancelled";
    const where = "WHERE subject NOT IN ('dan', 'eve', 'ann') ORDER BY placed_at";
    expect(await rows(`SELECT subject, ${columns} FROM customer_orders ${where}`)).toEqual(
      await rows(`SELECT subject, ${columns} FROM orders ${where}`),
    );
  });
});

describe("order_cohorts", () => {
  const cohorts = (basis: string, source: string) =>
    rows(`
      SELECT toString(cohort) AS cohort, source, period, customers, active, orders, toFloat64(revenue) AS revenue, toFloat64(cumulative_revenue) AS total
      FROM order_cohorts(basis = '${basis}', source = '${source}', until = '2026-03-31') ORDER BY ALL`);

  test("given first orders, then each month says who of its cohort ordered, and for how much", async () => {
    expect(await cohorts("first-order", "")).toEqual([
      // ann 100, bob 150, eve 60; in February ann 50 + 30 and dan's 20; in March bob 40.
      {
        cohort: "2026-01-01",
        source: "",
        period: 0,
        customers: 3,
        active: 3,
        orders: 3,
        revenue: 310,
        total: 310,
      },
      {
        cohort: "2026-01-01",
        source: "",
        period: 1,
        customers: 3,
        active: 1,
        orders: 3,
        revenue: 100,
        total: 410,
      },
      {
        cohort: "2026-01-01",
        source: "",
        period: 2,
        customers: 3,
        active: 1,
        orders: 1,
        revenue: 40,
        total: 450,
      },
      {
        cohort: "2026-03-01",
        source: "",
        period: 0,
        customers: 1,
        active: 1,
        orders: 1,
        revenue: 60,
        total: 60,
      },
    ]);
    expect(
      await rows(
        "SELECT retention, revenue_per_customer FROM order_cohorts(basis = 'first-order', source = '', until = '2026-03-31') WHERE cohort = '2026-01-01' ORDER BY period",
      ),
    ).toEqual([
      { retention: 1, revenue_per_customer: 310 / 3 },
      { retention: 1 / 3, revenue_per_customer: 410 / 3 },
      { retention: 1 / 3, revenue_per_customer: 150 },
    ]);
  });

  test("given sources, then cohorts are split by the last one noted, else by the channel of the first order", async () => {
    const found = (await cohorts("first-order", "source")) as readonly Record<string, unknown>[];
    expect(
      found
        .filter(({ period }) => period === 0)
        .map((row) => [row.cohort, row.source, row.customers, row.revenue]),
    ).toEqual([
      ["2026-01-01", "ads", 1, 100],
      ["2026-01-01", "store", 1, 150],
      ["2026-01-01", "web", 1, 60],
      ["2026-03-01", "web", 1, 60],
    ]);
  });

  test("given registrations, then those who never ordered count in their cohort, in the month of UTC", async () => {
    expect(await cohorts("registeredAt", "")).toEqual([
      {
        cohort: "2026-01-01",
        source: "",
        period: 0,
        customers: 1,
        active: 1,
        orders: 1,
        revenue: 100,
        total: 100,
      },
      {
        cohort: "2026-01-01",
        source: "",
        period: 1,
        customers: 1,
        active: 1,
        orders: 3,
        revenue: 100,
        total: 200,
      },
      {
        cohort: "2026-01-01",
        source: "",
        period: 2,
        customers: 1,
        active: 0,
        orders: 0,
        revenue: 0,
        total: 200,
      },
      {
        cohort: "2026-02-01",
        source: "",
        period: 0,
        customers: 1,
        active: 0,
        orders: 0,
        revenue: 0,
        total: 0,
      },
      {
        cohort: "2026-02-01",
        source: "",
        period: 1,
        customers: 1,
        active: 1,
        orders: 1,
        revenue: 60,
        total: 60,
      },
      {
        cohort: "2026-03-01",
        source: "",
        period: 0,
        customers: 1,
        active: 0,
        orders: 0,
        revenue: 0,
        total: 0,
      },
    ]);
  });
});

describe("rfm", () => {
  test("given five customers, then their fifths are those of linear interpolation", async () => {
    // On 1 April, 12:00: days since the last order ann 35, bob 29, cat 27, eve 88, gil 0. Sorted 0 27 29 35 88: the cuts
    // lie at 0 + 0.8 x 27 = 21.6, 27 + 0.6 x 2 = 28.2, 29 + 0.4 x 6 = 31.4 and 35 + 0.2 x 53 = 45.6.
    // Orders 4, 2, 1, 1, 1: sorted 1 1 1 2 4, cuts 1, 1, 1.4, 2.4; together: 1 is 1, 2 is 4, 4 is 5.
    // Worth 200, 190, 60, 60, 5: sorted 5 60 60 190 200, cuts 49, 60, 112, 192.
    const scores = (ties: string) =>
      rows(
        `SELECT subject, recency, frequency, toFloat64(monetary) AS monetary, concat(toString(recency_score), toString(frequency_score), toString(monetary_score)) AS code FROM rfm_scores(as_of = '2026-04-01 12:00:00', unit = 86400, ties = '${ties}') ORDER BY subject`,
      );
    expect(await scores("together")).toEqual([
      { subject: "ann", recency: 35, frequency: 4, monetary: 200, code: "255" },
      { subject: "bob", recency: 29, frequency: 2, monetary: 190, code: "344" },
      { subject: "cat", recency: 27, frequency: 1, monetary: 60, code: "412" },
      { subject: "eve", recency: 88, frequency: 1, monetary: 60, code: "112" },
      { subject: "gil", recency: 0, frequency: 1, monetary: 5, code: "511" },
    ]);
    // Apart: cat, eve, gil, bob, ann are ranks 1 to 5; the cuts lie at 1.8, 2.6, 3.4 and 4.2.
    const apart = (await scores("apart")) as readonly { subject: string; code: string }[];
    expect(apart.map(({ subject, code }) => [subject, code])).toEqual([
      ["ann", "255"],
      ["bob", "344"],
      ["cat", "412"],
      ["eve", "122"],
      ["gil", "531"],
    ]);
  });

  test("given the grid, then each cell has its customers, their revenue and its name", async () => {
    expect(
      await rows(
        "SELECT recency_score, frequency_score, segment, customers, share, toFloat64(revenue) AS revenue FROM rfm_grid(as_of = '2026-04-01 12:00:00', unit = 86400, ties = 'together') ORDER BY ALL",
      ),
    ).toEqual([
      { recency_score: 1, frequency_score: 1, segment: "hibernating", customers: 1, share: 0.2, revenue: 60 },
      {
        recency_score: 2,
        frequency_score: 5,
        segment: "cannot-lose-them",
        customers: 1,
        share: 0.2,
        revenue: 200,
      },
      {
        recency_score: 3,
        frequency_score: 4,
        segment: "loyal-customers",
        customers: 1,
        share: 0.2,
        revenue: 190,
      },
      { recency_score: 4, frequency_score: 1, segment: "promising", customers: 1, share: 0.2, revenue: 60 },
      {
        recency_score: 5,
        frequency_score: 1,
        segment: "new-customers",
        customers: 1,
        share: 0.2,
        revenue: 5,
      },
    ]);
  });
});
