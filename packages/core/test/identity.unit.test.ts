/** A customer that ends, and one that becomes part of another: laws I1 to I3 of plan/identity.ts. */
import { describe, expect, it } from "vitest";
import {
  absorbCustomer,
  buildPlan,
  type CustomerState,
  describeCustomer,
  endCustomer,
  foldEvent,
  type Plan,
  packCustomer,
  parseDefinitions,
  portableSlots,
  rememberEventId,
  type Slots,
  seenEventId,
  unpackCustomer,
} from "../src/index.ts";
import { contents } from "./support/subject.ts";
import { after, type Happened } from "./support/whether.ts";

const documents = [
  { kind: "segment", id: "recent", when: { count: "order", during: { last: "5 hours" }, atLeast: 1 } },
  { kind: "segment", id: "buyers", when: { count: "order", atLeast: 1 } },
  { kind: "segment", id: "regulars", when: { count: "order", atLeast: 2 } },
  {
    kind: "classification",
    id: "tier",
    categories: [{ id: "big", when: { sum: "total", of: "order", atLeast: 30 } }],
    otherwise: "small",
  },
];
const orderAt = (at: string, total: number): Happened => ({ at, event: "order", properties: { total } });
const told = (
  transitions: readonly { id: string; from: string | null; to: string; effectiveAt: number; cause: string }[],
) =>
  transitions.map(({ id, from, to, effectiveAt, cause }) => [
    id,
    from,
    to,
    new Date(effectiveAt).toISOString().slice(0, 16),
    cause,
  ]);
const ann = () => after(documents, [orderAt("2026-01-10T12:00Z", 10)]);
const merge = (at: string) => ({ occurredAt: Date.parse(at), partition: 0, offset: 9, contributions: [] });

function planOf(given: readonly unknown[], slots: Slots = {}, filling: readonly string[] = []): Plan {
  return buildPlan(
    parseDefinitions(given).definitions.map((definition) => ({
      definition,
      version: 5,
      filling: filling.includes(definition.id),
    })),
    { zone: "UTC", slots },
  );
}
const under = (plan: Plan, { plan: before, customer }: { plan: Plan; customer: CustomerState }) =>
  unpackCustomer(plan, packCustomer(before, customer), "ann");

describe("a customer that ends", () => {
  it("given a timer at that very instant, then the end is why it leaves", () => {
    const { plan, customer } = ann();
    expect(told(endCustomer(plan, customer, Date.parse("2026-01-10T17:00Z"), "erased"))).toEqual([
      ["recent", "in", "out", "2026-01-10T17:00", "erased"],
      ["buyers", "in", "out", "2026-01-10T17:00", "erased"],
      ["tier", "small", "out", "2026-01-10T17:00", "erased"],
    ]);
    expect(customer.clock).toBe(Date.parse("2026-01-10T12:00Z"));
  });

  it("given versions, then each leave tells that of its definition, and 0 where it is not in force", () => {
    const given = ann();
    const plan = planOf(documents, given.plan.slots, ["buyers"]);
    const at = Date.parse("2026-01-10T13:00Z");
    const left = endCustomer(plan, under(plan, given), at, "erased");
    expect(left.map(({ kind, id, version, changesAt }) => [kind, id, version, changesAt])).toEqual([
      ["segment", "recent", 5, null],
      ["segment", "buyers", 0, null],
      ["classification", "tier", 5, null],
    ]);
  });

  it("given memberships of which the plan knows nothing, then nothing is told of them, and they are gone", () => {
    const state = under(planOf([]), ann());
    expect(state.memberships.size).toBeGreaterThan(0);
    expect(endCustomer(planOf([]), state, Date.parse("2026-01-10T13:00Z"), "erased")).toEqual([]);
    expect(state.memberships.size).toBe(0);
  });

  it("given that it is packed and read, then it is in nothing any more, and what it did is still there", () => {
    const { plan, customer } = ann();
    const read = unpackCustomer(plan, packCustomer(plan, customer), "ann");
    endCustomer(plan, read, Date.parse("2026-01-10T13:00Z"), "erased");
    const again = unpackCustomer(plan, packCustomer(plan, read), "ann");
    expect(again.memberships.size).toBe(0);
    expect(again.packed.features.length).toBe(customer.packed.features.length);
  });

  it("given what time alone changes before, then that is told first, and then all that it was in, once (I3)", () => {
    const { plan, customer } = ann();
    const at = Date.parse("2026-01-10T18:00Z");
    // The order is 5 hours old at 17:00.
    expect(told(endCustomer(plan, customer, at, "erased"))).toEqual([
      ["recent", "in", "out", "2026-01-10T17:00", "time"],
      ["buyers", "in", "out", "2026-01-10T18:00", "erased"],
      ["tier", "small", "out", "2026-01-10T18:00", "erased"],
    ]);
    expect(customer.memberships.size).toBe(0);
    expect(endCustomer(plan, customer, at, "erased")).toEqual([]);
  });

  it("given an end in the past, then nobody leaves before they came", () => {
    const { plan, customer } = ann();
    const transitions = endCustomer(plan, customer, Date.parse("2026-01-10T11:00Z"), "erased");
    expect(told(transitions)).toEqual([
      ["recent", "in", "out", "2026-01-10T12:00", "erased"],
      ["buyers", "in", "out", "2026-01-10T12:00", "erased"],
      ["tier", "small", "out", "2026-01-10T12:00", "erased"],
    ]);
  });
});

describe("a customer that becomes part of another", () => {
  it.each([false, true])("given both packed: %s, then it is as if they had been one (I1, I2)", (packed) => {
    const { plan, customer } = ann();
    const bob = after(documents, [orderAt("2026-01-10T14:00Z", 20)]);
    const state = packed ? unpackCustomer(plan, packCustomer(plan, customer), "ann") : customer;
    const other = packed
      ? unpackCustomer(bob.plan, packCustomer(bob.plan, bob.customer), "bob")
      : bob.customer;
    const at = "2026-01-10T18:00Z";
    // Ann's order is out of the window at 17:00, Bob's is in it until 19:00. Two orders of 30 together.
    const [first, ...rest] = told(absorbCustomer(plan, state, { state: other, plan: bob.plan }, merge(at)));
    expect(first).toEqual(["recent", "in", "out", "2026-01-10T17:00", "time"]);
    expect(rest.toSorted()).toEqual([
      ["recent", "out", "in", "2026-01-10T18:00", "merge"],
      ["regulars", "out", "in", "2026-01-10T18:00", "merge"],
      ["tier", "small", "big", "2026-01-10T18:00", "merge"],
    ]);
    const again = unpackCustomer(plan, packCustomer(plan, state), "ann");
    expect(again.timer).toBe(Date.parse("2026-01-10T19:00Z"));
    expect(
      told(endCustomer(plan, again, Date.parse("2026-01-10T20:00Z"), "erased")).map(([id]) => id),
    ).toEqual(["recent", "buyers", "regulars", "tier"]);
  });

  it("given nothing of the other, then only what the event gives comes to it", () => {
    const { plan, customer } = ann();
    const order = { name: "order", sign: 1, properties: { total: 5 }, remembered: true } as const;
    const event = merge("2026-01-10T13:00Z");
    const transitions = absorbCustomer(plan, customer, null, {
      ...event,
      contributions: [{ ...order, occurredAt: event.occurredAt }],
    });
    expect(told(transitions)).toEqual([["regulars", "out", "in", "2026-01-10T13:00", "merge"]]);
  });

  it("given a merge that happened before either clock, then it is told as of then, and clocks stay", () => {
    const { plan, customer } = ann();
    const bob = after(documents, [orderAt("2026-01-10T11:00Z", 20)]);
    const absorbed = { state: bob.customer, plan: bob.plan };
    const transitions = absorbCustomer(plan, customer, absorbed, merge("2026-01-10T09:00Z"));
    expect(told(transitions).toSorted()).toEqual([
      ["regulars", "out", "in", "2026-01-10T09:00", "merge"],
      // Nobody leaves a category before they came.
      ["tier", "small", "big", "2026-01-10T12:00", "merge"],
    ]);
    expect(customer.clock).toBe(Date.parse("2026-01-10T12:00Z"));
  });

  it("given that the other's clock is ahead, then both are at it", () => {
    const { plan, customer } = ann();
    const bob = after(documents, [orderAt("2026-01-10T16:30Z", 20)]);
    const absorbed = { state: bob.customer, plan: bob.plan };
    const transitions = absorbCustomer(plan, customer, absorbed, merge("2026-01-10T13:00Z"));
    expect(customer.clock).toBe(Date.parse("2026-01-10T16:30Z"));
    expect(told(transitions).toSorted()).toEqual([
      ["regulars", "out", "in", "2026-01-10T13:00", "merge"],
      ["tier", "small", "big", "2026-01-10T13:00", "merge"],
    ]);
    expect(customer.timer).toBe(Date.parse("2026-01-10T21:30Z"));
  });

  it("given a timer at the instant of the merge, then the net change is all that is told of it", () => {
    const { plan, customer } = ann();
    const bob = after(documents, [orderAt("2026-01-10T14:00Z", 5)]);
    const transitions = absorbCustomer(
      plan,
      customer,
      { state: bob.customer, plan: bob.plan },
      merge("2026-01-10T17:00Z"),
    );
    // Ann's order is out of the window at 17:00, Bob's keeps her in.
    expect(told(transitions)).toEqual([["regulars", "out", "in", "2026-01-10T17:00", "merge"]]);
  });

  it("given what the other had, then attributes, event ids and totals come over, and what no window reaches goes", () => {
    const { plan, customer } = ann();
    const bob = after(documents, [
      orderAt("2026-01-10T05:00Z", 7),
      { at: "2026-01-10T06:00Z", attributes: { name: "Bob", city: "Rome" } },
    ]);
    foldEvent(plan, customer, {
      ...merge("2026-01-10T12:30Z"),
      offset: 1,
      attributes: { name: "Ann" },
    });
    const seenAt = Date.parse("2026-01-10T13:00Z");
    rememberEventId(customer, "of ann", seenAt);
    rememberEventId(bob.customer, "of bob", seenAt - 1_000);
    const read = unpackCustomer(plan, packCustomer(plan, customer), "ann");
    absorbCustomer(plan, read, { state: bob.customer, plan: bob.plan }, merge("2026-01-10T13:00Z"));
    for (const state of [read, unpackCustomer(plan, packCustomer(plan, read), "ann")]) {
      expect(describeCustomer(plan, state, seenAt).attributes).toEqual({ name: "Ann", city: "Rome" });
      expect(["of ann", "of bob", "of none"].map((id) => seenEventId(state, id, seenAt))).toEqual([
        true,
        true,
        false,
      ]);
      const { features } = contents({ plan, state }) as { features: { at: readonly number[] }[] };
      const instants = plan.subjects.customer.features.map(({ name, index }) => [
        name.includes("instants"),
        features[index]?.at.map((at) => new Date(at).toISOString().slice(0, 16)),
      ]);
      // Of five hours; of all time there is one total.
      expect(instants).toContainEqual([true, ["2026-01-10T12:00"]]);
      expect(features).toHaveLength(2);
    }
  });

  it("given nothing of the other, and an event of the past, then the customer's clock stays", () => {
    const { plan, customer } = ann();
    expect(absorbCustomer(plan, customer, null, merge("2026-01-10T09:00Z"))).toEqual([]);
    expect(customer.clock).toBe(Date.parse("2026-01-10T12:00Z"));
    const nobody = after(documents, []);
    absorbCustomer(nobody.plan, nobody.customer, null, merge("2026-01-10T09:00Z"));
    expect(nobody.customer.clock).toBe(Date.parse("2026-01-10T09:00Z"));
  });
});

describe("what the numbers in a packed customer stand for", () => {
  const more = [
    ...documents,
    { kind: "segment", id: "visitor", when: { count: "visit", atLeast: 1 } },
    { kind: "segment", id: "wide", when: { maximum: "size.width", of: "visit", atLeast: 1 } },
  ];

  it("given slots of features that the customer has, then they, what columns are called and nothing else are kept", () => {
    const { plan, customer } = after(more, [orderAt("2026-01-10T12:00Z", 10)]);
    const read = unpackCustomer(plan, packCustomer(plan, customer), "ann");
    const names = Object.keys(portableSlots(plan, read));
    expect(
      names.filter((name) => name.startsWith("feature/")).every((name) => name.includes('"order"')),
    ).toBe(true);
    expect(names.filter((name) => name.startsWith("feature/"))).toHaveLength(2);
    expect(names.filter((name) => !name.startsWith("feature/")).toSorted()).toEqual([
      "maximum/size.width",
      "property/total",
    ]);
    for (const [name, slot] of Object.entries(portableSlots(plan, read)))
      expect(plan.slotOf(name)).toBe(slot);
  });

  it("given a plan built anew with them, then it reads the customer's features, and takes them over", () => {
    const { plan, customer } = after(more, [orderAt("2026-01-10T12:00Z", 30)]);
    const bytes = packCustomer(plan, customer);
    const slots = portableSlots(plan, unpackCustomer(plan, bytes, "ann"));
    const anew = planOf(more, JSON.parse(JSON.stringify(slots)));
    const other = unpackCustomer(anew, bytes, "ann");
    const carl = after(more, []);
    const transitions = absorbCustomer(
      carl.plan,
      carl.customer,
      { state: other, plan: anew },
      merge("2026-01-10T13:00Z"),
    );
    expect(
      told(transitions)
        .map(([id, , to]) => [id, to])
        .toSorted(),
    ).toEqual([
      ["buyers", "in"],
      ["recent", "in"],
      ["tier", "big"],
    ]);
  });
});
