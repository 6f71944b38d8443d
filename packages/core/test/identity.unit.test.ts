/** A customer that ends, and one that becomes part of another: laws I1 to I3 of plan/identity.ts. */
import { describe, expect, it } from "vitest";
import { absorbCustomer, endCustomer, packCustomer, unpackCustomer } from "../src/index.ts";
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

describe("a customer that ends", () => {
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
});
