import { describe, expect, it } from "vitest";
import type { Condition, Definition, Segment } from "../src/definition/definition.ts";
import {
  buildPlan,
  changesAt,
  describeCustomer,
  emptyCustomer,
  type FoldEvent,
  fireTimer,
  foldEvent,
  packCustomer,
  unpackCustomer,
} from "../src/index.ts";

const hour = 3_600_000;
const day = 24 * hour;
const noon = Date.UTC(2026, 4, 1, 12);

function segment(id: string, when: Condition, zone: Segment["zone"] = "workspace"): Segment {
  return { kind: "segment", id, name: id, tags: [], subject: "customer", zone, when };
}

function planOf(...definitions: Definition[]) {
  return buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: false })),
    { zone: "UTC" },
  );
}

let offset = 0;
function order(occurredAt: number, total = 10): FoldEvent {
  offset += 1;
  return {
    occurredAt,
    partition: 0,
    offset,
    contributions: [{ name: "order.placed", occurredAt, sign: 1, properties: { total }, remembered: true }],
  };
}

const recent = segment("recent", {
  op: "aggregate",
  aggregate: {
    function: "count",
    of: { event: "order.placed" },
    during: { type: "rolling", lastMs: 60 * day, endingBeforeMs: 0 },
  },
  compare: { op: "atLeast", value: 1 },
});

describe("a segment over a rolling window", () => {
  it("given one order, when its window has passed, then the customer leaves to the millisecond", () => {
    const plan = planOf(recent);
    const state = emptyCustomer("customer", "ann");
    const entered = foldEvent(plan, state, order(noon));
    expect(entered).toEqual([
      {
        kind: "segment",
        id: "recent",
        version: 1,
        from: "out",
        to: "in",
        effectiveAt: noon,
        cause: "event",
        changesAt: noon + 60 * day,
      },
    ]);
    expect(state.timer).toBe(noon + 60 * day);
    expect(changesAt(plan, state, "segment", "recent", noon)).toBe(noon + 60 * day);
    const again = unpackCustomer(plan, packCustomer(plan, state), "ann");
    const left = fireTimer(plan, again, noon + 60 * day);
    expect(
      left.map(({ from, to, effectiveAt, cause, changesAt: next }) => [from, to, effectiveAt, cause, next]),
    ).toEqual([["in", "out", noon + 60 * day, "time", null]]);
    expect(again.timer).toBeNull();
    expect(describeCustomer(plan, again, noon + 61 * day).segments).toEqual([]);
  });

  it("given a gap longer than the window, when the next order comes, then the leave is told first, at its own instant", () => {
    const plan = planOf(recent);
    const state = emptyCustomer("customer", "ann");
    foldEvent(plan, state, order(noon));
    const later = foldEvent(plan, state, order(noon + 100 * day));
    expect(later.map(({ to, effectiveAt, cause }) => [to, effectiveAt, cause])).toEqual([
      ["out", noon + 60 * day, "time"],
      ["in", noon + 100 * day, "event"],
    ]);
  });
});
