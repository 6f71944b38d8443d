/** The R package rfm: its own data, its own scores and named segments. */
import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { dataFile, expectAllEqual, hasData, metricOf } from "./backtest-published-support.ts";
import { runOn } from "./backtest-support.ts";

const isHere = hasData("rfm-r/rfm_data_orders.csv");

const rowsOf = (name: string): Record<string, string>[] =>
  parse(readFileSync(dataFile(`rfm-r/${name}`)), { columns: true });

/** The named segments of the package's own guide: lowest and highest recency, frequency and monetary score. */
const segments: readonly (readonly [name: string, ...bounds: number[]])[] = [
  ["Champions", 4, 5, 4, 5, 4, 5],
  ["Loyal Customers", 2, 5, 3, 5, 3, 5],
  ["Potential Loyalist", 3, 5, 1, 3, 1, 3],
  ["New Customers", 4, 5, 1, 1, 1, 1],
  ["Promising", 3, 4, 1, 1, 1, 1],
  ["Need Attention", 2, 3, 2, 3, 2, 3],
  ["About To Sleep", 2, 3, 1, 2, 1, 2],
  ["At Risk", 1, 2, 2, 5, 2, 5],
  ["Can't Lose Them", 1, 1, 4, 5, 4, 5],
  ["Lost", 1, 2, 1, 2, 1, 2],
];

const idOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]+/g, "-");

/** Lower bounds of the scores 2 to 5, as the package writes them. */
function thresholds(part: string): readonly number[] {
  return rowsOf("order_default_threshold.csv")
    .slice(1)
    .map((row) => Number(row[`${part}_lower`]));
}

function definitions(): string {
  const minutes = thresholds("recency").map((days) => `${Math.round(days * 1440)} minutes`);
  const categories = segments.map(
    ([name, rl, ru, fl, fu, ml, mu]) =>
      `  - id: ${idOf(name)}\n    when: { score: fixed, recency: { between: [${rl}, ${ru}] }, frequency: { between: [${fl}, ${fu}] }, monetary: { between: [${ml}, ${mu}] } }`,
  );
  return `
kind: metric
id: orders
count: order.placed
---
kind: metric
id: revenue
sum: total
of: order.placed
---
kind: scoring
id: fixed
recency: { since: last, of: order.placed, thresholds: [${minutes.join(", ")}] }
frequency: { metric: orders, thresholds: [${thresholds("frequency").join(", ")}] }
monetary: { metric: revenue, thresholds: [${thresholds("monetary").join(", ")}] }
---
kind: scoring
id: fifths
recency: { since: last, of: order.placed, quantiles: 5 }
frequency: { metric: orders, quantiles: 5 }
monetary: { metric: revenue, quantiles: 5 }
---
kind: classification
id: named
categories:
${categories.join("\n")}
otherwise: others
`;
}

const parts = ["recency", "frequency", "monetary"] as const;
const valueColumns = { recency: "recency_days", frequency: "transaction_count", monetary: "amount" };

describe.skipIf(!isHere)("the R package rfm", () => {
  test("given its orders, when they are scored by its thresholds and by our quantiles, then all scores and named segments are its own", async () => {
    const ran = await runOn(
      { "definitions.yaml": definitions() },
      {
        orders: dataFile("rfm-r/rfm_data_orders.csv"),
        map: "customer=customer_id,time=order_date,total=revenue",
        "as-of": "2006-12-31",
      },
    );
    const scores = rowsOf("order_default_rfm.csv");
    expect(scores).toHaveLength(995);
    expect(ran.json).toMatchObject({ asOf: "2006-12-31T00:00:00.000Z", customers: 995, events: 4906 });
    const published = (name: string) =>
      new Map(scores.map((row) => [String(row.customer_id), Number(row[name])]));
    for (const part of parts) {
      const [fixed, fifths] = ["fixed", "fifths"].map((card) => metricOf(ran, `${card}.${part}`));
      const own = published(`${part}_score`);
      expectAllEqual(`rfm-r ${part} by thresholds`, own, (id) => fixed?.get(id));
      // Its thresholds are the type 7 quantiles plus 1, ours the quantiles themselves: a value in between, such as 297
      // days at a quantile of 296.4, is above ours and below its own.
      const values = published(valueColumns[part]);
      const cuts = thresholds(part).map((bound) => Math.round((bound - 1) * 10_000) / 10_000);
      const scoreOf = (value: number): number => {
        const below = cuts.filter((cut) => cut < value).length;
        return part === "recency" ? 5 - below : 1 + below;
      };
      const expected = new Map([...values].map(([id, value]) => [id, scoreOf(value)]));
      expectAllEqual(`rfm-r ${part} by quantiles`, expected, (id) => fifths?.get(id));
      const same = [...own].filter(([id, score]) => fifths?.get(id) === score).length;
      process.stdout.write(
        `rfm-r ${part} by quantiles against its own scores: ${same} of ${own.size} equal\n`,
      );
    }
    const found = metricOf(ran, "fixed.code");
    expectAllEqual("rfm-r code", published("rfm_score"), (id) => found.get(id));
    const [orders, revenue] = [metricOf(ran, "orders"), metricOf(ran, "revenue")];
    expectAllEqual("rfm-r orders", published("transaction_count"), (id) => orders.get(id));
    expectAllEqual("rfm-r revenue", published("amount"), (id) => revenue.get(id));

    const named = new Map(ran.members.map(([id, , , category]) => [id, category]));
    const expected = new Map(
      rowsOf("order_tests_segments.csv").map((row) => [String(row.customer_id), idOf(String(row.segment))]),
    );
    expect(expected.size).toBe(995);
    expectAllEqual("rfm-r named segments", expected, (id) => named.get(id));
    const summary = rowsOf("order_tests_summary.csv");
    for (const { segment = "", customers } of summary)
      expect(ran.json.classifications.named?.[idOf(segment)]).toBe(Number(customers));
  });
});
