import { describe, expect, test } from "vitest";
import { buildPlan, emptyCustomer, fireTimer, foldEvent, parseDefinitions } from "../src/index.ts";

const hour = 3_600_000;

/** One order at hour 10; looked at until hour 100. */
function transitionsOf(forecasts: boolean) {
  const { definitions } = parseDefinitions([
    {
      kind: "segment",
      id: "recent",
      when: { count: "order.placed", during: { last: "5 hours" }, atLeast: 1 },
    },
  ]);
  const plan = buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: false })),
    { zone: "UTC", forecasts },
  );
  const customer = emptyCustomer("customer", "c");
  const contribution = {
    name: "order.placed",
    occurredAt: 10 * hour,
    sign: 1,
    properties: {},
    remembered: true,
  };
  return [
    ...foldEvent(plan, customer, {
      occurredAt: 10 * hour,
      partition: 0,
      offset: 0,
      contributions: [{ ...contribution, sign: 1 }],
    }),
    ...fireTimer(plan, customer, 100 * hour),
  ];
}

describe("forecasts", () => {
  test("given a plan without forecasts, when an event is folded and time passes, then the transitions are the same but for changesAt", () => {
    // In at hour 10, out 5 hours later: then there is nothing more to come.
    expect(transitionsOf(true).map(({ to, effectiveAt, changesAt }) => [to, effectiveAt, changesAt])).toEqual(
      [
        ["in", 10 * hour, 15 * hour],
        ["out", 15 * hour, null],
      ],
    );
    expect(transitionsOf(false)).toEqual(
      transitionsOf(true).map((transition) => ({ ...transition, changesAt: null })),
    );
  });
});
