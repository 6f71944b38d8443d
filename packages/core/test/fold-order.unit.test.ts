/** How an event and time change a customer: laws P1 to P4 of plan/fold.ts, by hand. */
import { describe, expect, it } from "vitest";
import {
  buildPlan,
  changesAt,
  describeCustomer,
  emptyCustomer,
  evaluateDefinition,
  type FoldEvent,
  fireTimer,
  foldEvent,
  packCustomer,
  parseDefinitions,
  populationValue,
  recut,
  type Transition,
  unpackCustomer,
} from "../src/index.ts";
import { contents } from "./support/subject.ts";
import { after } from "./support/whether.ts";

const hour = 3_600_000;
const noon = Date.UTC(2026, 0, 10, 12);

function planOf(documents: readonly unknown[], more = {}) {
  const { definitions, faults } = parseDefinitions(documents);
  expect(faults).toEqual([]);
  return buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: false })),
    { zone: "UTC", ...more },
  );
}
const recent = {
  kind: "segment",
  id: "recent",
  when: { count: "order", during: { last: "5 hours" }, atLeast: 1 },
};
const regular = { kind: "segment", id: "regular", when: { count: "order", atLeast: 2 } };
const revenue = { kind: "metric", id: "revenue", sum: "total", of: "order" };
const quiet = { kind: "segment", id: "quiet", when: { since: "last", of: "order", atLeast: "5 hours" } };

let offset = 0;
function order(occurredAt: number, total = 0, remembered = true, sign: 1 | -1 = 1): FoldEvent {
  offset += 1;
  const contribution = { name: "order", occurredAt, sign, properties: { total }, remembered };
  return { occurredAt, partition: 0, offset, contributions: [contribution] };
}
function patch(occurredAt: number, attributes: Record<string, unknown>): FoldEvent {
  offset += 1;
  return { occurredAt, partition: 0, offset, attributes, contributions: [] };
}
const told = (transitions: readonly Transition[]) =>
  transitions.map(({ id, from, to, effectiveAt, cause }) => [
    id,
    `${from}>${to}`,
    (effectiveAt - noon) / hour,
    cause,
  ]);

describe("an event at, before and after the clock", () => {
  it.each([
    // The second order.
    [noon + hour, [["regular", "out>in", 1, "event"]], 1],
    [noon, [["regular", "out>in", 0, "late"]], 0],
    [noon - hour, [["regular", "out>in", -1, "late"]], 0],
  ])("given a second order at %d, then %j, and the clock is at hour %d", (at, expected, clock) => {
    const plan = planOf([recent, regular]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(plan, state, order(noon));
    expect(told(foldEvent(plan, state, order(at)))).toEqual(expected);
    expect((Number(state.clock) - noon) / hour).toBe(clock);
  });

  it("given an event at the instant of a timer, then its own instant is told once, as of the event", () => {
    const plan = planOf([recent, quiet]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(plan, state, order(noon));
    const other = { ...order(noon + 5 * hour), contributions: [] };
    expect(told(foldEvent(plan, state, other))).toEqual([
      ["recent", "in>out", 5, "event"],
      ["quiet", "out>in", 5, "event"],
    ]);
    expect(state.timer).toBeNull();
  });

  it("given a late event that changes what became so later, then it is told as of when that was", () => {
    const plan = planOf([regular]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(plan, state, order(noon));
    foldEvent(plan, state, order(noon + 2 * hour));
    const back = { ...order(noon + hour, 0, false, -1), occurredAt: noon + hour };
    expect(told(foldEvent(plan, state, back))).toEqual([["regular", "in>out", 2, "late"]]);
  });
});

describe("a timer", () => {
  it("given an instant before it, then nothing happens; given one at or after it, then one instant is handled", () => {
    const plan = planOf([recent, quiet]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(plan, state, order(noon));
    expect(fireTimer(plan, state, noon + 5 * hour - 1)).toEqual([]);
    expect([state.clock, state.timer]).toEqual([noon, noon + 5 * hour]);
    expect(told(fireTimer(plan, state, noon + 9 * hour))).toEqual([
      ["recent", "in>out", 5, "time"],
      ["quiet", "out>in", 5, "time"],
    ]);
    expect([state.clock, state.timer]).toEqual([noon + 5 * hour, null]);
    expect(fireTimer(plan, state, noon + 9 * hour)).toEqual([]);
  });

  it("given only a timer and no bounds of single definitions, then all are looked at, and the next is armed", () => {
    const plan = planOf([recent, quiet]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(plan, state, order(noon));
    state.bounds = null;
    state.timer = noon + hour;
    // A safe bound: nothing changes, and the clock stays.
    expect(fireTimer(plan, state, noon + hour)).toEqual([]);
    expect([state.clock, state.timer]).toEqual([noon, noon + 5 * hour]);
    expect(state.bounds).toEqual({ indexes: [0, 1], instants: [noon + 5 * hour, noon + 5 * hour] });
  });
});

describe("what a customer is asked at an instant", () => {
  it("given that time has passed, then the description says since when, and the customer is as it was", () => {
    const plan = planOf([recent, quiet, revenue]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(plan, state, order(noon, 7));
    const at = (instant: number) => describeCustomer(plan, state, instant).segments;
    expect(at(noon + 5 * hour - 1)).toEqual([{ id: "recent", since: noon, changesAt: noon + 5 * hour }]);
    for (const later of [5 * hour, 9 * hour])
      expect(at(noon + later)).toEqual([{ id: "quiet", since: noon + 5 * hour, changesAt: null }]);
    // Before its clock it is asked at its clock.
    expect(at(noon - hour)).toEqual(at(noon));
    expect([state.clock, state.timer, state.memberships.size]).toEqual([noon, noon + 5 * hour, 1]);
  });

  it("given a definition, then its answer and until when it stays; given none, then none", () => {
    const plan = planOf([recent, regular]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(plan, state, order(noon));
    const answer = (id: string, now: number) => evaluateDefinition(plan, state, "segment", id, now);
    expect(answer("recent", noon)).toEqual({ value: "in", until: noon + 5 * hour });
    expect(answer("recent", noon - hour)).toEqual({ value: "in", until: noon + 5 * hour });
    expect(answer("recent", noon + 5 * hour)).toEqual({ value: "out", until: null });
    expect(answer("regular", noon)).toEqual({ value: "out", until: null });
    expect(answer("nobody", noon)).toBeUndefined();
    expect(evaluateDefinition(plan, state, "classification", "recent", noon)).toBeUndefined();
    expect(changesAt(plan, state, "segment", "recent", noon)).toBe(noon + 5 * hour);
    expect(changesAt(plan, state, "segment", "regular", noon)).toBeNull();
    expect(changesAt(plan, state, "segment", "nobody", noon)).toBeNull();
    expect(changesAt(plan, state, "classification", "recent", noon)).toBeNull();
    // Nothing happened yet: asked at the instant itself.
    const nobody = emptyCustomer("customer", "bob");
    expect(evaluateDefinition(plan, nobody, "segment", "recent", noon)).toEqual({
      value: "out",
      until: null,
    });
  });

  it("given a latch, then a look ahead knows when it lets go", () => {
    const stays = { ...recent, id: "stays", stay: "8 hours" };
    const over = { kind: "segment", id: "over", when: { not: { segment: "stays" } } };
    const { plan, customer } = after([stays, over], [{ at: "2026-01-10T12:00Z", event: "order" }]);
    const value = (id: string, now: number) => evaluateDefinition(plan, customer, "segment", id, now)?.value;
    for (const [hours, held, free] of [
      [0, "in", "out"],
      [5, "in", "out"],
      [7.9, "in", "out"],
      [8, "out", "in"],
      [20, "out", "in"],
    ] as const)
      expect([value("stays", noon + hours * hour), value("over", noon + hours * hour)]).toEqual([held, free]);
    expect(changesAt(plan, customer, "segment", "stays", noon)).toBe(noon + 8 * hour);
    expect(changesAt(plan, customer, "segment", "over", noon)).toBe(noon + 8 * hour);
    expect(changesAt(plan, customer, "segment", "over", noon + 8 * hour)).toBeNull();
  });
});

describe("the population and its cuts", () => {
  const top = { kind: "segment", id: "top", when: { top: "20 percent", by: "revenue" } };

  it("given a request, then what the customer adds to it; given an unknown one, then nothing", () => {
    const plan = planOf([top, revenue]);
    expect(plan.cutRequests).toEqual([{ key: "metric/revenue/0.8", subject: "customer", shares: [0.8] }]);
    const state = emptyCustomer("customer", "ann");
    expect(populationValue(plan, state, "metric/revenue/0.8", noon)).toBeUndefined();
    foldEvent(plan, state, order(noon, 12.5));
    // In units of 1/10,000.
    expect(populationValue(plan, state, "metric/revenue/0.8", noon)).toBe(125_000);
    expect(populationValue(plan, state, "metric/revenue/0.5", noon)).toBeUndefined();
  });

  it("given new cuts, then the difference is told, at the clock where that is later, and the clock moves with it", () => {
    const before = planOf([top, revenue]);
    const cuts = (cut: number) =>
      planOf([top, revenue], { slots: before.slots, cuts: { "metric/revenue/0.8": [cut] } });
    const state = emptyCustomer("customer", "ann");
    foldEvent(before, state, order(noon, 12.5));
    const under = (plan: ReturnType<typeof cuts>) => unpackCustomer(plan, packCustomer(before, state), "ann");
    const low = under(cuts(100_000));
    expect(told(recut(cuts(100_000), low, noon + hour))).toEqual([["top", "out>in", 1, "cuts"]]);
    expect(low.clock).toBe(noon + hour);
    const past = under(cuts(100_000));
    expect(told(recut(cuts(100_000), past, noon - hour))).toEqual([["top", "out>in", 0, "cuts"]]);
    const high = under(cuts(200_000));
    expect(recut(cuts(200_000), high, noon + hour)).toEqual([]);
    expect(high.clock).toBe(noon);
  });
});

describe("what is kept while events come", () => {
  it("given orders that no window reaches any more, then they are left out", () => {
    const plan = planOf([recent]);
    const state = emptyCustomer("customer", "ann");
    for (const at of [0, 1, 4, 7]) foldEvent(plan, state, order(noon + at * hour));
    const { features } = contents({ plan, state }) as { features: { at: number[] }[] };
    expect(features[0]?.at.map((at) => (at - noon) / hour)).toEqual([4, 7]);
  });

  it("given a correction, then sums know of it, and what remembers does not", () => {
    const plan = planOf([regular, quiet, revenue]);
    const state = emptyCustomer("customer", "ann");
    foldEvent(plan, state, order(noon, 10));
    foldEvent(plan, state, order(noon + hour, 5, false));
    expect(describeCustomer(plan, state, noon + hour).metrics).toEqual({ revenue: 15 });
    // The last order is still the one at noon.
    expect(state.timer).toBe(noon + 5 * hour);
    expect(describeCustomer(plan, state, noon + 5 * hour).segments.map(({ id }) => id)).toEqual([
      "regular",
      "quiet",
    ]);
  });

  it("given properties with dots and without, then each is its own", () => {
    const deep = (id: string, path: string, name = "sum") => ({
      kind: "metric",
      id,
      [name]: path,
      of: "order",
    });
    const ids = ["a.b", "ab", "a"].flatMap((path) =>
      ["sum", "maximum", "distinct"].map((name) => deep(`${name}-${path.replace(".", "-")}`, path, name)),
    );
    const took = (id: string, take: string) => ({
      kind: "segment",
      id,
      when: { attribute: { last: "order", take }, is: 5 },
    });
    const plan = planOf([...ids, took("deep", "a.b"), took("flat", "ab")]);
    const state = emptyCustomer("customer", "ann");
    for (const properties of [{ ab: 9 }, { a: { b: 5 }, ab: 7 }])
      foldEvent(plan, state, {
        ...order(noon),
        contributions: [{ name: "order", occurredAt: noon, sign: 1, properties, remembered: true }],
      });
    const { metrics, segments } = describeCustomer(plan, state, noon);
    expect(metrics).toEqual({
      "sum-a-b": 5,
      "sum-ab": 16,
      "sum-a": 0,
      "maximum-a-b": 5,
      "maximum-ab": 9,
      "maximum-a": null,
      "distinct-a-b": 1,
      "distinct-ab": 2,
      "distinct-a": 0,
    });
    expect(segments.map(({ id }) => id)).toEqual(["deep"]);
  });
});

describe("an attribute that changes", () => {
  const near = {
    kind: "segment",
    id: "near",
    when: { near: { attribute: "home.place", of: [52.5, 13.4], within: "5 km" } },
  };
  const fair = { kind: "segment", id: "fair", when: { list: "fair" } };
  const list = { kind: "list", id: "fair" };
  const level = { kind: "segment", id: "level", when: { attribute: "plan.level", is: 3 } };

  it("given that it changes later on, then those who read it, below or above, are looked at", () => {
    const plan = planOf([near, fair, list, level]);
    const state = emptyCustomer("customer", "ann");
    expect(foldEvent(plan, state, patch(noon, { name: "Ann" }))).toEqual([]);
    const rows = [
      patch(noon + hour, { home: { place: [52.5, 13.4] } }),
      patch(noon + 2 * hour, { lists: { fair: true } }),
      patch(noon + 3 * hour, { plan: { level: 3 } }),
      patch(noon + 4 * hour, { plan: null }),
      patch(noon + 5 * hour, { home: { place: { lat: 0, lon: 0 } } }),
    ].map((event) => told(foldEvent(plan, state, event)));
    expect(rows).toEqual([
      [["near", "out>in", 1, "event"]],
      [["fair", "out>in", 2, "event"]],
      [["level", "out>in", 3, "event"]],
      [["level", "in>out", 4, "event"]],
      [["near", "in>out", 5, "event"]],
    ]);
  });
});
