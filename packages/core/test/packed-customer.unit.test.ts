/** A customer as bytes: what was packed is read, under the same plan and under others. */
import { describe, expect, it } from "vitest";
import {
  buildPlan,
  type CustomerState,
  describeCustomer,
  emptyCustomer,
  evaluateDefinition,
  foldEvent,
  type Plan,
  packCustomer,
  parseDefinitions,
  rememberEventId,
  type Slots,
  seenEventId,
  sweepOf,
  unpackCustomer,
} from "../src/index.ts";
import { contents } from "./support/subject.ts";

const hour = 3_600_000;
const noon = Date.UTC(2026, 0, 10, 12);

function planOf(documents: readonly unknown[], slots: Slots = {}): Plan {
  const { definitions, faults } = parseDefinitions(documents);
  expect(faults).toEqual([]);
  return buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: false })),
    { zone: "UTC", slots },
  );
}
const recent = {
  kind: "segment",
  id: "recent",
  when: { count: "order", during: { last: "5 hours" }, atLeast: 1 },
};
const regular = { kind: "segment", id: "regular", when: { count: "order", atLeast: 2 } };
const tier = {
  kind: "classification",
  id: "tier",
  categories: [
    { id: "big", when: { metric: "revenue", atLeast: 30 } },
    { id: "middle", when: { metric: "revenue", atLeast: 20 } },
  ],
  otherwise: "small",
};
const revenue = { kind: "metric", id: "revenue", sum: "total", of: "order" };
const lastVisit = { kind: "segment", id: "seen", when: { since: "last", of: "visit", below: "3 hours" } };
const all = [recent, regular, tier, revenue, lastVisit];

let offset = 0;
function happen(plan: Plan, state: CustomerState, name: string, occurredAt: number, total = 0) {
  offset += 1;
  const contribution = { name, occurredAt, sign: 1, properties: { total }, remembered: true } as const;
  return foldEvent(plan, state, { occurredAt, partition: 0, offset, contributions: [contribution] });
}
function ann(plan: Plan): CustomerState {
  const state = emptyCustomer("customer", "ann");
  happen(plan, state, "order", noon, 20);
  happen(plan, state, "visit", noon + hour);
  return state;
}
const repacked = (plan: Plan, state: CustomerState, other = plan) =>
  unpackCustomer(other, packCustomer(plan, state), state.id);
const membershipsOf = (plan: Plan, { memberships }: CustomerState) =>
  [...memberships].map(([slot, { value, since }]) => [plan.nameAt(slot), value, (since - noon) / hour]);

describe("clock, timer and where it belongs", () => {
  const plan = planOf([]);

  it.each([null, -86_400_001, -2, -1, 0, 1, 2, noon])("given the clock %j, then it is read", (clock) => {
    const state = emptyCustomer("customer", "ann");
    state.clock = clock;
    expect(repacked(plan, state).clock).toBe(clock);
    expect(repacked(plan, state).timer).toBeNull();
  });

  it.each([
    [null, 0, 0],
    [null, 5, 5],
    [noon, noon, noon],
    [noon, noon + 1, noon + 1],
    [noon, noon + 9_000 * hour, noon + 9_000 * hour],
    [-10, -3, -3],
    [-10, 10, 10],
    // One that is behind fires at the clock.
    [noon, noon - 1, noon],
  ])("given the clock %j and the timer %d, then the timer read is %d", (clock, timer, expected) => {
    const state = emptyCustomer("customer", "ann");
    Object.assign(state, { clock, timer });
    const read = repacked(plan, state);
    expect([read.clock, read.timer, read.bounds]).toEqual([clock, expected, null]);
  });

  it.each([
    ["customer", 0],
    ["company", 0],
    ["customer", 1],
    ["company", 1],
    ["customer", 300],
    ["company", 301],
  ] as const)("given a %s that sweep %d has reached, then both are read", (kind, sweep) => {
    const state = emptyCustomer(kind, "ann");
    state.sweep = sweep;
    const bytes = packCustomer(plan, state);
    const read = unpackCustomer(plan, bytes, "ann");
    expect([read.kind, read.sweep, read.id]).toEqual([kind, sweep, "ann"]);
    expect(sweepOf(bytes)).toBe(sweep);
  });

  it("given several bounds, some at one instant, then each is read", () => {
    const state = emptyCustomer("customer", "ann");
    state.clock = noon;
    state.timer = noon + 100;
    const bounds = { indexes: [0, 2, 5, 6, 9], instants: [noon + 100, 300, 100, 300, 100] };
    bounds.instants = [noon + 300, noon + 100, noon + 300, noon + 100, noon + 301];
    state.bounds = bounds;
    expect(repacked(plan, state).bounds).toEqual(bounds);
  });
});

describe("bytes that are none of a customer", () => {
  it("given another version, then it is named", () => {
    const plan = planOf(all);
    const bytes = packCustomer(plan, ann(plan)).slice();
    bytes[0] = 2;
    expect(() => unpackCustomer(plan, bytes, "ann")).toThrow(
      new RangeError("unknown version 2 of a packed customer"),
    );
  });

  it("given any beginning of them alone, then that is an error", () => {
    const plan = planOf(all);
    const bytes = packCustomer(plan, ann(plan));
    for (let end = 0; end < bytes.length; end += 1)
      expect(() => unpackCustomer(plan, bytes.subarray(0, end), "ann")).toThrow(RangeError);
  });
});

describe("memberships", () => {
  const plan = planOf(all);

  it("given members, those who left and categories, then each is read with since when", () => {
    const state = ann(plan);
    happen(plan, state, "other", noon + 6 * hour);
    const expected = [
      ["segment/recent", "out", 5],
      ["classification/tier", "middle", 0],
      ["segment/seen", "out", 4],
    ];
    expect(membershipsOf(plan, state)).toEqual(expected);
    const read = repacked(plan, state);
    expect(membershipsOf(plan, read)).toEqual(expected);
    // Once more without a change: they are copied.
    expect(membershipsOf(plan, repacked(plan, read))).toEqual(expected);
  });

  it("given a change after they were read, then that is what is packed", () => {
    const read = repacked(plan, ann(plan));
    happen(plan, read, "order", noon + 2 * hour, 10);
    const expected = [
      ["segment/recent", "in", 0],
      ["classification/tier", "big", 2],
      ["segment/seen", "in", 1],
      ["segment/regular", "in", 2],
    ];
    expect(membershipsOf(plan, repacked(plan, read)).toSorted()).toEqual(expected.toSorted());
  });

  it("given a category that is gone, then who is in it still is, until they are looked at", () => {
    const [big] = tier.categories;
    const fewer = planOf([recent, { ...tier, categories: [big] }, revenue], plan.slots);
    // A plan of before that never knew the category: it is kept by its name.
    const unknowing = planOf([{ ...tier, categories: [big] }, revenue]);
    const read = repacked(plan, ann(plan), fewer);
    expect(membershipsOf(fewer, read)).toContainEqual(["classification/tier", "middle", 0]);
    const state = emptyCustomer("customer", "ann");
    state.memberships.set(unknowing.slotOf("classification/tier") ?? -1, { value: "middle", since: noon });
    state.memberships.set(-1, { value: "in", since: noon });
    expect(membershipsOf(unknowing, repacked(unknowing, state))).toEqual([
      ["classification/tier", "middle", 0],
    ]);
    expect(happen(fewer, read, "other", noon + 2 * hour)).toMatchObject([
      { id: "tier", from: "middle", to: "small" },
    ]);
  });

  it("given a definition that is gone, then its memberships are not packed again", () => {
    const fewer = planOf([regular], plan.slots);
    const read = repacked(plan, ann(plan), fewer);
    expect(repacked(fewer, read).memberships.size).toBe(0);
  });
});

describe("another plan", () => {
  const plan = planOf(all);

  it("given that another packed it, then it is stale, packed again too, until it has been looked at", () => {
    const other = planOf([regular, recent], plan.slots);
    const read = repacked(plan, ann(plan), other);
    expect([read.stale, read.bounds]).toEqual([true, null]);
    const again = repacked(other, read);
    expect(again.stale).toBe(true);
    happen(other, again, "other", noon + hour);
    expect(again.stale).toBe(false);
    expect(repacked(other, again).stale).toBe(false);
    expect(repacked(plan, ann(plan)).stale).toBe(false);
    // An event at the clock or behind it looks at all of it as well.
    const late = repacked(plan, ann(plan), other);
    happen(other, late, "other", noon);
    expect(late.stale).toBe(false);
  });

  it("given its features in another order, and some that it does not ask for, then each is found", () => {
    const state = ann(plan);
    const turned = planOf([lastVisit, revenue, regular, recent], plan.slots);
    const read = repacked(plan, state, turned);
    expect(describeCustomer(turned, read, noon + hour).metrics).toEqual({ revenue: 20 });
    for (const now of [read, repacked(turned, read)]) {
      expect(evaluateDefinition(turned, now, "segment", "recent", noon + hour)).toEqual({
        value: "in",
        until: noon + 5 * hour,
      });
      expect(evaluateDefinition(turned, now, "segment", "seen", noon + hour)).toEqual({
        value: "in",
        until: noon + 4 * hour,
      });
      expect(evaluateDefinition(turned, now, "segment", "regular", noon + hour)).toEqual({
        value: "out",
        until: null,
      });
    }
    const fewer = planOf([lastVisit], plan.slots);
    const few = repacked(plan, state, fewer);
    expect(repacked(fewer, few).packed.features).toHaveLength(1);
    expect(evaluateDefinition(fewer, few, "segment", "seen", noon + hour)?.value).toBe("in");
    // What was left out is not there when it is asked for again.
    const back = repacked(fewer, few, plan);
    expect(describeCustomer(plan, back, noon + hour).metrics).toEqual({ revenue: 0 });
  });
});

describe("what an event did not touch", () => {
  const plan = planOf(all);

  it("given that nothing changed, then the same bytes come out, however often", () => {
    const bytes = packCustomer(plan, ann(plan));
    const read = unpackCustomer(plan, bytes, "ann");
    expect([...packCustomer(plan, read)]).toEqual([...bytes]);
    expect([...packCustomer(plan, read)]).toEqual([...bytes]);
  });

  it("given that attributes, features and memberships change in turn, packed each time, then all is there", () => {
    const [often, once] = [emptyCustomer("customer", "ann"), emptyCustomer("customer", "ann")];
    let state = often;
    for (let step = 0; step < 12; step += 1) {
      const occurredAt = noon + step * hour;
      const contribution = (name: string) =>
        ({ name, occurredAt, sign: 1, properties: { total: step }, remembered: true }) as const;
      const event = {
        occurredAt,
        partition: 0,
        offset: 1_000 + step,
        contributions: [[contribution("order")], [contribution("visit")], []][step % 3] ?? [],
        ...(step % 4 === 0 ? { attributes: { step, place: { name: `at ${step}` } } } : {}),
      };
      foldEvent(plan, once, event);
      state = repacked(plan, state);
      foldEvent(plan, state, event);
      packCustomer(plan, state);
      expect(contents({ plan, state })).toEqual(contents({ plan, state: once }));
    }
    // 0 + 3 + 6 + 9.
    const { metrics, attributes } = describeCustomer(plan, state, noon + 11 * hour);
    expect(metrics).toEqual({ revenue: 18 });
    expect(attributes).toEqual({ step: 8, place: { name: "at 8" } });
  });

  it("given event ids, then all are read, oldest first", () => {
    const state = emptyCustomer("customer", "ann");
    for (const [id, at] of [
      ["a", noon],
      ["b", noon + 5_000],
      ["c", noon + 4_000],
    ] as const)
      rememberEventId(state, id, at);
    const read = repacked(plan, state);
    expect(read.eventIds).toEqual(state.eventIds);
    expect(read.eventIds.map(({ appendedAt }) => appendedAt - noon / 1_000)).toEqual([0, 5, 4]);
    expect(["a", "b", "c", "d"].map((id) => seenEventId(read, id, noon + hour))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});
