/** Filling definitions from history, by hand: laws S1 and S2 of plan/sweep.ts. */
import { describe, expect, it } from "vitest";
import {
  addHistory,
  applySweep,
  buildHistoryPlan,
  buildPlan,
  type CustomerState,
  describeCustomer,
  emptyCustomer,
  evaluateDefinition,
  type FoldEvent,
  foldEvent,
  type Plan,
  packCustomer,
  packFeatures,
  parseDefinitions,
  sweepOf,
  type Transition,
  unpackCustomer,
} from "../src/index.ts";
import { contents } from "./support/subject.ts";

const hour = 3_600_000;
const noon = Date.UTC(2026, 0, 10, 12);

function inputsOf(documents: readonly unknown[], version: number, generation: number) {
  const { definitions, faults } = parseDefinitions(documents);
  expect(faults).toEqual([]);
  return definitions.map((definition) => ({ definition, version, filling: false, generation }));
}

/** There from the start: in for five hours after an order. */
const recent = {
  kind: "segment",
  id: "recent",
  when: { count: "order", during: { last: "5 hours" }, atLeast: 1 },
};
/** Comes later. */
const rich = { kind: "segment", id: "rich", when: { metric: "revenue", atLeast: 30 } };
const revenue = { kind: "metric", id: "revenue", sum: "total", of: "order" };
const busy = {
  kind: "segment",
  id: "busy",
  when: { count: "visit", during: { last: "20 hours" }, atLeast: 2 },
};

const there = inputsOf([recent], 1, 0);
const coming = inputsOf([rich, revenue, busy], 4, 1);
const beside = { inputs: coming, generation: 1 };
const before = buildPlan(there, { zone: "UTC", beside });
const after = buildPlan([...there, ...coming], { zone: "UTC", slots: before.slots });
const history = buildHistoryPlan(beside, "UTC");
const sweep = { number: 7, before, after, history };

let offset = 0;
function event(name: string, occurredAt: number, total = 0): FoldEvent {
  offset += 1;
  const contribution = { name, occurredAt, sign: 1, properties: { total }, remembered: true } as const;
  return { occurredAt, partition: 0, offset, contributions: [contribution] };
}
function customerOf(plan: Plan, events: readonly FoldEvent[]): CustomerState {
  const state = emptyCustomer("customer", "ann");
  for (const each of events) foldEvent(plan, state, each);
  return state;
}
const swept = (events: readonly FoldEvent[]) => packFeatures(history, customerOf(history, events));
const told = (transitions: readonly Transition[]) =>
  transitions.map(({ id, version, from, to, effectiveAt, cause }) => [
    id,
    version,
    `${from}>${to}`,
    (effectiveAt - noon) / hour,
    cause,
  ]);
const revenueOf = (state: CustomerState, plan = after) => describeCustomer(plan, state, noon).metrics.revenue;

describe("a sweep that reaches a customer", () => {
  it("given 20 swept and 10 beside, then both are in the sum, once, and what changes by it is told as of then (S1, S2)", () => {
    const state = customerOf(before, [event("order", noon, 10)]);
    const applied = applySweep(sweep, state, swept([event("order", noon - hour, 20)]), noon + hour);
    expect(revenueOf(applied.state)).toBe(30);
    expect(told(applied.transitions)).toEqual([["rich", 4, "out>in", 1, "definition"]]);
    expect(applied.state.clock).toBe(noon + hour);
    expect(applied.state.sweep).toBe(7);
    expect(sweepOf(packCustomer(after, applied.state))).toBe(7);
    // The next order goes into what was filled.
    expect(told(foldEvent(after, applied.state, event("order", noon + 2 * hour, -1)))).toEqual([
      ["rich", 4, "in>out", 2, "event"],
    ]);
  });

  it("given that it is applied, packed and read again, then all of it is there", () => {
    const state = customerOf(before, [event("order", noon, 10)]);
    const applied = applySweep(sweep, state, swept([event("order", noon - hour, 20)]), noon);
    const subject = { plan: after, state: applied.state };
    const first = contents(subject);
    expect(contents(subject)).toEqual(first);
    expect(revenueOf(unpackCustomer(after, packCustomer(after, applied.state), "ann"))).toBe(30);
  });

  it("given nothing that changes, then nothing is told and the clock is at the instant of the sweep (S3)", () => {
    const state = customerOf(before, [event("order", noon, 10)]);
    const applied = applySweep(sweep, state, swept([event("order", noon - hour, 1)]), noon + hour);
    expect(applied.transitions).toEqual([]);
    expect(applied.state.clock).toBe(noon + hour);
    expect(revenueOf(applied.state)).toBe(11);
  });

  it("given a latch that would have closed at the clock and does not at the sweep, then what is described is what is told: out (S3)", () => {
    const visited = { count: "visit", during: { last: "5 hours" }, atLeast: 1 };
    const latch = { kind: "segment", id: "latch", enter: visited, leave: { count: "order", atLeast: 1 } };
    const inputs = inputsOf([latch], 4, 1);
    const with_ = { inputs, generation: 1 };
    const plan = buildPlan(there, { zone: "UTC", beside: with_ });
    const filled = {
      ...{ number: 7, before: plan, history: buildHistoryPlan(with_, "UTC") },
      after: buildPlan([...there, ...inputs], { zone: "UTC", slots: plan.slots }),
    };
    const visit = event("visit", noon);
    const features = packFeatures(filled.history, customerOf(filled.history, [visit]));
    const segmentsAt = (state: CustomerState, at: number) =>
      describeCustomer(filled.after, state, at).segments.map(({ id }) => id);

    // The clock is at noon: by then the latch would be closed, and stay so.
    const late = applySweep(filled, customerOf(plan, [visit]), features, noon + 6 * hour);
    expect(late.transitions).toEqual([]);
    expect(segmentsAt(late.state, noon + 6 * hour)).toEqual([]);
    expect(segmentsAt(late.state, noon + 9 * hour)).toEqual([]);
    const again = unpackCustomer(filled.after, packCustomer(filled.after, late.state), "ann");
    expect(segmentsAt(again, noon + 7 * hour)).toEqual([]);
    expect(evaluateDefinition(filled.after, again, "segment", "latch", noon + 7 * hour)?.value).toBe("out");

    const soon = applySweep(filled, customerOf(plan, [visit]), features, noon + 4 * hour);
    expect(told(soon.transitions)).toEqual([["latch", 4, "out>in", 4, "definition"]]);
    expect(segmentsAt(soon.state, noon + 9 * hour)).toEqual(["latch"]);
  });

  it("given timers that are due, then those before the instant fire first and one at it belongs to the net change", () => {
    const rows = [noon + 6 * hour, noon + 5 * hour].map((at) => {
      const state = customerOf(before, [event("order", noon, 10)]);
      return told(applySweep(sweep, state, swept([event("order", noon - hour, 20)]), at).transitions);
    });
    expect(rows).toEqual([
      [
        ["recent", 1, "in>out", 5, "time"],
        ["rich", 4, "out>in", 6, "definition"],
      ],
      [
        ["recent", 1, "in>out", 5, "definition"],
        ["rich", 4, "out>in", 5, "definition"],
      ],
    ]);
  });

  it("given an instant before the customer's clock, then it is applied at its clock", () => {
    const state = customerOf(before, [event("order", noon, 10)]);
    const applied = applySweep(sweep, state, swept([event("order", noon - hour, 20)]), noon - 9 * hour);
    expect(told(applied.transitions)).toEqual([["rich", 4, "out>in", 0, "definition"]]);
    expect(applied.state.clock).toBe(noon);
  });

  it("given a customer of whom nothing came since, then all is what was swept", () => {
    const state = emptyCustomer("customer", "ann");
    const applied = applySweep(
      sweep,
      state,
      swept([event("order", noon - hour, 30), event("visit", noon - 2 * hour)]),
      noon,
    );
    expect(told(applied.transitions)).toEqual([["rich", 4, "out>in", 0, "definition"]]);
    expect(revenueOf(applied.state)).toBe(30);
    expect(applied.state.clock).toBe(noon);
  });

  it("given what no window reaches any more, then it is not kept", () => {
    const visits = (state: CustomerState) => {
      const { features } = contents({ plan: after, state }) as { features: { at: number[] }[] };
      const place = after.subjects.customer.features.findIndex(({ name }) => name.includes('"visit"'));
      return features[place]?.at.map((at) => (at - noon) / hour);
    };
    const old = swept([event("visit", noon - 30 * hour), event("visit", noon - 19 * hour)]);
    const state = customerOf(before, [event("order", noon, 10), event("visit", noon)]);
    // In 20 hours up to noon there are two.
    const applied = applySweep(sweep, state, old, noon);
    expect(visits(applied.state)).toEqual([-19, 0]);
    expect(told(applied.transitions)).toEqual([["busy", 4, "out>in", 0, "definition"]]);
  });

  it("given features that nobody asks for any more, then they are left out and the others are not", () => {
    const fewer = buildPlan([...there, ...coming.slice(0, 2)], { zone: "UTC", slots: before.slots });
    const state = customerOf(before, [event("order", noon, 10)]);
    const features = swept([event("visit", noon - hour), event("order", noon - hour, 20)]);
    const applied = applySweep({ ...sweep, after: fewer }, state, features, noon);
    expect(revenueOf(applied.state, fewer)).toBe(30);
    expect(applied.state.packed.features).toHaveLength(2);
  });

  it("given features that are cut off anywhere, then that is an error, and the customer is as it was", () => {
    const whole = swept([event("order", noon - hour, 20), event("visit", noon - hour)]);
    expect(whole.length).toBeGreaterThan(10);
    const state = customerOf(before, [event("order", noon, 10)]);
    const ends: number[] = [];
    for (let end = 1; end < whole.length; end += 1)
      try {
        applySweep(sweep, state, whole.subarray(0, end), noon);
        ends.push(end);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    // One may end where a feature does.
    expect(ends.length).toBeLessThanOrEqual(1);
    expect(state.sweep).toBe(0);
  });

  it("given no event, then there is nothing to send", () => {
    expect(swept([])).toHaveLength(0);
    expect(swept([event("other", noon)])).toHaveLength(0);
  });
});

describe("history of somebody who was taken over before a sweep reached them", () => {
  const features = () => swept([event("order", noon - hour, 20)]);

  it("given that the sweep has reached who took over, then what changes is told, and what came before by time too", () => {
    const state = customerOf(after, [event("order", noon, 10)]);
    const transitions = addHistory(after, history, state, {
      features: features(),
      at: noon + 6 * hour,
      isReached: true,
    });
    expect(told(transitions)).toEqual([
      ["recent", 1, "in>out", 5, "time"],
      ["rich", 4, "out>in", 6, "definition"],
    ]);
    expect(revenueOf(state)).toBe(30);
    expect(state.clock).toBe(noon + 6 * hour);
  });

  it("given an instant before the clock, then it is told as of the clock; a timer due at it belongs to the net change", () => {
    const past = customerOf(after, [event("order", noon, 10)]);
    const at = (state: CustomerState, instant: number) =>
      told(addHistory(after, history, state, { features: features(), at: instant, isReached: true }));
    expect(at(past, noon - 8 * hour)).toEqual([["rich", 4, "out>in", 0, "definition"]]);
    expect(at(customerOf(after, [event("order", noon, 10)]), noon + 5 * hour)).toEqual([
      ["recent", 1, "in>out", 5, "definition"],
      ["rich", 4, "out>in", 5, "definition"],
    ]);
  });

  it("given that it has not, then nothing is told, no timer fires, and the sweep finds it later", () => {
    const state = customerOf(before, [event("order", noon, 4)]);
    const quiet = addHistory(before, history, state, {
      features: features(),
      at: noon + 6 * hour,
      isReached: false,
    });
    expect(quiet).toEqual([]);
    expect([state.clock, state.timer]).toEqual([noon, noon + 5 * hour]);
    const applied = applySweep(sweep, state, swept([event("order", noon - 2 * hour, 6)]), noon + hour);
    // 4 beside, 20 of the other, 6 swept.
    expect(revenueOf(applied.state)).toBe(30);
    expect(told(applied.transitions)).toEqual([["rich", 4, "out>in", 1, "definition"]]);
  });

  it("given a customer without a clock, then it is at the instant", () => {
    const state = emptyCustomer("customer", "ann");
    const transitions = addHistory(after, history, state, {
      features: swept([event("order", noon - hour, 30)]),
      at: noon,
      isReached: true,
    });
    expect(told(transitions)).toEqual([["rich", 4, "out>in", 0, "definition"]]);
  });
});

describe("features of two generations", () => {
  it("given the same aggregate in both, then they share nothing, and one that is kept for who is not swept stays", () => {
    const same = { ...recent, id: "again" };
    const inputs = inputsOf([same], 2, 1);
    const both = buildPlan([...there, ...inputs], { zone: "UTC" });
    expect(both.subjects.customer.features).toHaveLength(2);
    const kept = buildPlan(there, { zone: "UTC", keep: inputs });
    expect(kept.subjects.customer.features.map(({ name }) => name)).toEqual(
      both.subjects.customer.features.map(({ name }) => name),
    );
    // Nothing looks at what is only kept.
    expect(kept.subjects.customer.features.map(({ readers }) => readers)).toEqual([[0], []]);
    expect(kept.subjects.customer.definitions).toHaveLength(1);
    // The history plan keeps that of its generation alone.
    const past = buildHistoryPlan({ inputs: [...there, ...inputs], generation: 1 }, "UTC");
    expect(past.subjects.customer.features).toHaveLength(1);
    expect(past.subjects.customer.definitions).toEqual([]);
    expect(past.forecasts).toBe(false);
  });
});
