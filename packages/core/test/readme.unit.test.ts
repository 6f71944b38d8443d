import { expect, it } from "vitest";
import type { Segment } from "../src/definition/definition.ts";
import { buildPlan, emptyCustomer, type FoldEvent, fireTimer, foldEvent } from "../src/index.ts";

const day = 86_400_000;
const noon = Date.UTC(2026, 4, 1, 12);
const recentBuyers: Segment = {
  kind: "segment",
  id: "recent-buyers",
  name: "Bought in the last 60 days",
  tags: [],
  subject: "customer",
  zone: "workspace",
  when: {
    op: "aggregate",
    aggregate: {
      function: "count",
      of: { event: "order.placed" },
      during: { type: "rolling", lastMs: 60 * day, endingBeforeMs: 0 },
    },
    compare: { op: "atLeast", value: 1 },
  },
};

function ordered(occurredAt: number): FoldEvent {
  const order = {
    name: "order.placed",
    occurredAt,
    sign: 1,
    properties: { total: 10 },
    remembered: true,
  } as const;
  return { occurredAt, partition: 0, offset: 0, contributions: [order] };
}

it("the README's example: given an order, when 60 days pass, then the customer leaves to the millisecond", () => {
  const plan = buildPlan([{ definition: recentBuyers, version: 1, filling: false }], {
    zone: "Europe/Berlin",
  });
  const customer = emptyCustomer("customer", "ann");
  const [entered] = foldEvent(plan, customer, ordered(noon));
  expect(entered).toMatchObject({ from: "out", to: "in", effectiveAt: noon, changesAt: noon + 60 * day });
  const [left] = fireTimer(plan, customer, noon + 60 * day);
  expect(left).toMatchObject({ from: "in", to: "out", effectiveAt: noon + 60 * day, cause: "time" });
});
