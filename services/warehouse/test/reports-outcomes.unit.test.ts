import type { CustomerEvent, SegmentChange } from "@tidemark/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  archiveChanges,
  archiveControl,
  archiveEvents,
  type ChdbWarehouse,
  chdbWarehouse,
} from "./chdb-warehouse.ts";

let warehouse: ChdbWarehouse;
const rows = <Row>(sql: string) => warehouse.rows<Row>(sql);
/** Of 2026, midnight where nothing else is said. */
const at = (month: number, day: number, hour = 0) => Date.UTC(2026, month - 1, day, hour);

let orders = 0;
const order = (subject: string, occurredAt: number, total: number): Partial<CustomerEvent> => {
  orders += 1;
  return {
    ...{ subject, occurredAt, name: "order.placed", properties: JSON.stringify({ total }) },
    order: { orderId: `o-${orders}`, action: "placed", version: null, refund: null },
  };
};
const enters = (definition: string, subject: string, effectiveAt: number): Partial<SegmentChange> => ({
  ...{ definition, subject, effectiveAt, from: "out", to: "in" },
});
const leaves = (definition: string, subject: string, effectiveAt: number): Partial<SegmentChange> => ({
  ...{ definition, subject, effectiveAt, from: "in", to: "out" },
});
const moves = (
  definition: string,
  subject: string,
  from: string | null,
  to: string,
  effectiveAt: number,
): Partial<SegmentChange> => ({
  ...{ definitionKind: "classification", definition, subject, from, to, effectiveAt },
});

/** 56 of 70 and 48 of 80: the first example of Newcombe, Interval estimation for the difference, 1998. */
const published = Array.from({ length: 150 }, (_, at) => ({
  subject: `p-${at}`,
  isHeld: at >= 70,
  ordered: at < 70 ? at < 56 : at < 70 + 48,
}));

beforeAll(async () => {
  warehouse = await chdbWarehouse();
  await archiveEvents(warehouse, [
    order("r1", at(5, 5), 100),
    order("r1", at(5, 10), 30), // at the very instant of entering: before
    order("r1", at(5, 12), 50),
    order("r2", at(4, 30), 500), // ten days before, to the millisecond: out
    order("r2", at(5, 20), 40), // ten days after, to the millisecond: in
    order("h1", at(5, 13), 20),
    order("nobody", at(5, 13), 99),
    { subject: "r1", occurredAt: at(5, 11), name: "feedback.given", properties: '{"score":8}' },
    { subject: "r1", occurredAt: at(5, 10, 12), name: "campaign.cost", properties: '{"cost":2}' },
    { subject: "r3", occurredAt: at(5, 9), name: "campaign.sent", properties: '{"cost":1.5}' },
    { subject: "r3", occurredAt: at(5, 9), name: "campaign.sent", properties: '{"campaign":"no cost"}' },
    ...published.filter(({ ordered }) => ordered).map(({ subject }) => order(subject, at(5, 12), 10)),
  ]);
  await archiveChanges(warehouse, [
    moves("group", "h1", null, "holdout", at(5, 1)),
    moves("group", "h2", null, "holdout", at(5, 1)),
    moves("group", "h3", null, "holdout", at(5, 1)),
    moves("group", "h3", "holdout", "email", at(5, 5)),
    enters("target", "h3", at(5, 8)),
    enters("target", "r1", at(5, 10)),
    enters("target", "r2", at(5, 10)),
    enters("target", "r3", at(5, 10)),
    enters("target", "h1", at(5, 11)),
    enters("target", "h2", at(5, 12)),
    leaves("target", "r3", at(5, 15)),
    enters("target", "r3", at(5, 18)), // again: the first time counts
    enters("target", "r4", at(6, 10)), // ten days after are not over
    ...published.map(({ subject, isHeld }) =>
      enters(isHeld ? "left-alone" : "written-to", subject, at(5, 10)),
    ),
    // Stages.
    enters("seen", "u5", at(4, 20)),
    enters("seen", "u1", at(5, 1)),
    enters("seen", "u2", at(5, 1)),
    enters("seen", "u6", at(5, 1)),
    enters("seen", "u3", at(5, 2)),
    moves("tier", "u2", null, "high", at(5, 2)),
    moves("tier", "u5", null, "low", at(5, 2)),
    moves("tier", "u1", null, "low", at(5, 3)),
    moves("tier", "u4", null, "low", at(5, 3)),
    moves("tier", "u2", "high", "low", at(5, 4)),
    moves("tier", "u1", "low", "high", at(5, 5)),
    moves("tier", "u6", null, "low", at(5, 20)),
  ]);
});
afterAll(() => warehouse.close());

const scene = (more: Readonly<Record<string, string>> = {}) => {
  const given = {
    ...{ definition: "target", category: "in", days: "10", from: "2026-05-01", to: "2026-06-30" },
    ...{ as_of: "2026-06-15 00:00:00", holdout: "group", holdout_category: "holdout" },
    ...{ control: "", control_category: "", ...more },
  };
  return Object.entries(given)
    .map(([name, value]) => `${name} = '${value}'`)
    .join(", ");
};

describe("segment_outcomes", () => {
  test("given entries, then each group has what it did in the days before and after", async () => {
    const found = await rows<Readonly<Record<string, unknown>>>(
      `SELECT grouping, period, customers, converted, conversion_rate, orders, toFloat64(revenue) AS earned, average_order_value, revenue_per_customer, revenue_variance, feedback, feedback_score, toFloat64(cost) AS spent, cost_per_customer, cost_per_conversion
       FROM segment_outcomes(${scene()}) ORDER BY grouping DESC, period DESC`,
    );
    // Reached are r1, r2, r3 and h3, who had left the holdout. Revenue after: 50, 40, 0, 0, whose mean is 22.5 and
    // whose variance is (27.5^2 + 17.5^2 + 2 x 22.5^2) / 3 = 2075 / 3.
    expect(found).toEqual([
      {
        ...{ grouping: "reached", period: "before", customers: 4, converted: 1, conversion_rate: 0.25 },
        ...{ orders: 2, earned: 130, average_order_value: 65, revenue_per_customer: 32.5 },
        ...{ revenue_variance: 4225, feedback: 0, feedback_score: null },
        ...{ spent: 1.5, cost_per_customer: 0.375, cost_per_conversion: 1.5 },
      },
      {
        ...{ grouping: "reached", period: "after", customers: 4, converted: 2, conversion_rate: 0.5 },
        ...{ orders: 2, earned: 90, average_order_value: 45, revenue_per_customer: 22.5 },
        ...{ revenue_variance: expect.closeTo(2075 / 3, 9), feedback: 1, feedback_score: 8 },
        ...{ spent: 2, cost_per_customer: 0.5, cost_per_conversion: 1 },
      },
      {
        ...{ grouping: "holdout", period: "before", customers: 2, converted: 0, conversion_rate: 0 },
        ...{ orders: 0, earned: 0, average_order_value: null, revenue_per_customer: 0 },
        ...{ revenue_variance: 0, feedback: 0, feedback_score: null },
        ...{ spent: 0, cost_per_customer: 0, cost_per_conversion: null },
      },
      {
        ...{ grouping: "holdout", period: "after", customers: 2, converted: 1, conversion_rate: 0.5 },
        ...{ orders: 1, earned: 20, average_order_value: 20, revenue_per_customer: 10 },
        ...{ revenue_variance: 200, feedback: 0, feedback_score: null },
        ...{ spent: 0, cost_per_customer: 0, cost_per_conversion: 0 },
      },
    ]);
  });

  test("given no holdout, then all who entered were reached, and there is no lift", async () => {
    const none = scene({ holdout: "", holdout_category: "" });
    expect(
      await rows(`SELECT grouping, customers FROM segment_outcomes(${none}) WHERE period = 'after'`),
    ).toEqual([{ grouping: "reached", customers: 6 }]);
    expect(await rows(`SELECT * FROM segment_lift(${none})`)).toEqual([]);
  });
});

describe("segment_lift", () => {
  test("given a published example, then the difference and the ratio have its intervals", async () => {
    const given = scene({
      ...{ definition: "written-to", holdout: "", holdout_category: "" },
      ...{ control: "left-alone", control_category: "in" },
    });
    const [conversion, revenue] = await rows<Readonly<Record<string, number>>>(
      `SELECT * EXCEPT (measure) FROM segment_lift(${given}) ORDER BY measure`,
    );
    // Newcombe, method 10: 0.0524 to 0.3339. Katz and others: 4/3 x exp(-/+ 1.959964 x 0.1091089).
    expect(conversion).toEqual({
      ...{ reached: 0.8, holdout: 0.6, difference: expect.closeTo(0.2, 9) },
      ...{ difference_low: expect.closeTo(0.0524, 4), difference_high: expect.closeTo(0.3339, 4) },
      ...{
        lift: expect.closeTo(1 / 3, 9),
        lift_low: expect.closeTo(0.07663, 4),
        lift_high: expect.closeTo(0.65125, 4),
      },
    });
    // 10 from each who ordered: the means are 8 and 6, the variances 100 x 0.16 x 70/69 and 100 x 0.24 x 80/79.
    const error = Math.sqrt(16 / 69 + 24 / 79);
    expect(revenue).toMatchObject({
      ...{ reached: 8, holdout: 6, difference: 2 },
      difference_low: expect.closeTo(2 - 1.959964 * error, 5),
      difference_high: expect.closeTo(2 + 1.959964 * error, 5),
      lift_low: expect.closeTo((8 / 6) * Math.exp(-1.959964 * Math.sqrt(16 / 69 / 64 + 24 / 79 / 36)) - 1, 5),
    });
  });

  test("given 2 of 4, then Wilson's interval is 0.1500 to 0.8500", async () => {
    expect(
      await rows(
        `SELECT conversion_low, conversion_high FROM segment_outcomes(${scene()}) WHERE grouping = 'reached' AND period = 'after'`,
      ),
    ).toEqual([{ conversion_low: expect.closeTo(0.15, 4), conversion_high: expect.closeTo(0.85, 4) }]);
  });
});

describe("stage_funnel", () => {
  test("given stages, then who came how far, in order and in time", async () => {
    // u1 all three; u2 was high before low; u3 and u6 (too late) only the first; u4 and u5 did not begin in May.
    expect(
      await rows(
        "SELECT * FROM stage_funnel(stages = ['seen', 'tier/low', 'tier/high'], days = 10, from = '2026-05-01', to = '2026-05-31') ORDER BY stage",
      ),
    ).toEqual([
      { stage: 1, name: "seen", reached: 4, share: 1, share_of_previous: 1, lost: 0 },
      { stage: 2, name: "tier/low", reached: 2, share: 0.5, share_of_previous: 0.5, lost: 2 },
      { stage: 3, name: "tier/high", reached: 1, share: 0.25, share_of_previous: 0.5, lost: 1 },
    ]);
  });
});

describe("overlap and review", () => {
  beforeAll(async () => {
    warehouse.close();
    warehouse = await chdbWarehouse();
    const names = ["one", "two", "three", "four"];
    const define = (kind: string, id: string) =>
      archiveControl(warehouse, "tidemark.log.DefinitionVersion", {
        ...{ kind, id, version: 1, filling: false, document: "{}" },
      });
    for (const id of ["a", "b", "a-again", "empty", "quiet"]) await define("segment", id);
    await define("classification", "tier");
    await archiveChanges(warehouse, [
      ...["one", "two", "three"].map((name) => enters("a", name, at(5, 20))),
      ...["one", "two", "three"].map((name) => enters("a-again", name, at(5, 20))),
      ...["two", "three", "four"].map((name) => enters("b", name, at(5, 20))),
      enters("quiet", "one", at(1, 1)),
      enters("b", "ten", at(5, 1)),
      leaves("b", "ten", at(5, 2)),
      // On 30 April five are low and five high, on 30 May eight and two.
      ...Array.from({ length: 10 }, (_, at_) =>
        moves("tier", `t-${at_}`, null, at_ < 5 ? "low" : "high", at(4, 1)),
      ),
      ...[5, 6, 7].map((name) => moves("tier", `t-${name}`, "high", "low", at(5, 10))),
      ...names.map((name) => enters("gone", name, at(5, 1))),
      ...names.map((name) => leaves("gone", name, at(5, 2))),
    ]);
  });

  test("given members, then pairs have their common share", async () => {
    const pairs = await rows<{ one: string; other: string; both: number; jaccard: number; overlap: number }>(
      "SELECT one, other, one_members, other_members, both, jaccard, overlap FROM segment_overlap ORDER BY one, other",
    );
    expect(pairs).toEqual([
      { one: "a", other: "a-again", one_members: 3, other_members: 3, both: 3, jaccard: 1, overlap: 1 },
      { one: "a", other: "b", one_members: 3, other_members: 3, both: 2, jaccard: 0.5, overlap: 2 / 3 },
      { one: "a", other: "quiet", one_members: 3, other_members: 1, both: 1, jaccard: 1 / 3, overlap: 1 },
      { one: "a-again", other: "b", one_members: 3, other_members: 3, both: 2, jaccard: 0.5, overlap: 2 / 3 },
      {
        one: "a-again",
        other: "quiet",
        one_members: 3,
        other_members: 1,
        both: 1,
        jaccard: 1 / 3,
        overlap: 1,
      },
    ]);
  });

  test("given definitions, then the review names the empty, the stale, the doubled and those that drift", async () => {
    const found = await rows<Readonly<Record<string, unknown>>>(
      "SELECT definition, members, members_before, entered, left, toString(last_change_on) AS last, drift, same_as, is_empty, is_stale, is_drifting, is_duplicate FROM definition_review(day = '2026-05-30', days = 30) ORDER BY definition",
    );
    const shown = found.map(({ definition, members, members_before, entered, left }) => [
      definition,
      ...[members, members_before, entered, left],
    ]);
    expect(shown).toEqual([
      ["a", 3, 0, 3, 0],
      ["a-again", 3, 0, 3, 0],
      ["b", 3, 0, 4, 1],
      ["empty", 0, 0, 0, 0],
      ["quiet", 1, 1, 0, 0],
      ["tier", 10, 10, 3, 3],
    ]);
    const named = (column: string) => found.filter((row) => row[column]).map(({ definition }) => definition);
    expect(named("is_empty")).toEqual(["empty"]);
    expect(named("is_stale")).toEqual(["empty", "quiet"]);
    expect(named("is_duplicate")).toEqual(["a", "a-again"]);
    expect(found.find(({ definition }) => definition === "a")?.same_as).toEqual(["a-again"]);
    // 0.3 ln(0.8 / 0.5) - 0.3 ln(0.2 / 0.5).
    expect(found.find(({ definition }) => definition === "tier")).toMatchObject({
      ...{ drift: expect.closeTo(0.415888, 5), last: "2026-05-10", is_drifting: true },
    });
    // One of the 11 who were known, then one of 15: 0.0242 x ln(0.733) and the like, far below 0.25.
    const quiet =
      (1 / 15 - 1 / 11) * Math.log(11 / 15) + (14 / 15 - 10 / 11) * Math.log((14 * 11) / (15 * 10));
    expect(found.find(({ definition }) => definition === "quiet")).toMatchObject({
      ...{ drift: expect.closeTo(quiet, 9), last: "2026-01-01", is_drifting: false },
    });
  });
});
