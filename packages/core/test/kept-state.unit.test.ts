/** The sizes that docs/language.md states of what is kept for a customer, measured. */
import { describe, expect, it } from "vitest";
import { type KeptPart, readKeptState } from "../../../scripts/kept-state.ts";
import {
  buildPlan,
  type CustomerState,
  emptyCustomer,
  foldEvent,
  type Plan,
  packCustomer,
  parseDefinitions,
  rememberEventId,
  unpackCustomer,
} from "../src/index.ts";

const day = 86_400_000;
const start = Date.UTC(2024, 0, 1);
const unitsMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day };

function durationOf(text: string): number {
  const [count, unit = ""] = text.split(" ");
  return Number(count) * unitsMs[unit.replace(/s$/, "")]!;
}

function planOf(...documents: unknown[]): Plan {
  const { definitions, faults } = parseDefinitions(documents);
  expect(faults).toEqual([]);
  return buildPlan(
    definitions.map((definition) => ({ definition, version: 1, filling: false })),
    { zone: "Europe/Berlin" },
  );
}

const names = ["page.viewed", "cart.updated", "order.placed"];

/** Numbers from 0 to 1 that look random and are always the same: the generator of Numerical Recipes. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One event of each name at each instant, a second apart; `decimals` of the amounts. */
function fold(plan: Plan, instants: Iterable<number>, decimals: number): CustomerState {
  const state = emptyCustomer("customer", "ann");
  const random = numbers(7);
  let offset = 1_000_000;
  for (const instant of instants)
    names.forEach((name, place) => {
      offset += 1;
      const occurredAt = instant + place * 1_000;
      const total = Math.round(random() * 10 ** (decimals === 2 ? 4 : 10)) / 10 ** decimals;
      const properties = { total, code: `code-${Math.floor(random() * 1e6)}` };
      const contributions = [{ name, occurredAt, sign: 1 as const, properties, remembered: true }];
      foldEvent(plan, state, { occurredAt, partition: 3, offset, contributions });
    });
  return state;
}

/** 20 purchases in a year, at some second of the day. */
function* yearOfPurchases(): Generator<number> {
  const random = numbers(11);
  for (let order = 0; order < 20; order += 1)
    yield start + Math.floor(((order + random()) * 365 * 86_400) / 20) * 1_000;
}

function* flood(every: number, over: number): Generator<number> {
  const random = numbers(13);
  for (let at = start; at < start + over; at += every) yield at + Math.floor(random() * (every - 10_000));
}

function packedBytes(plan: Plan, state: CustomerState): number {
  return packCustomer(plan, state).length;
}

/** What is stated is true, and no idle boast of modesty either. */
function expectStated(measured: number, stated: number): void {
  expect(measured).toBeLessThanOrEqual(stated);
  expect(measured * 1.5).toBeGreaterThanOrEqual(stated);
}

const { features, besides } = readKeptState();

describe("what is kept for a customer", () => {
  it.each(features)("given 20 events in a year, then $what takes no more than is stated", (feature) => {
    const plan = planOf({ id: "measured", ...feature.definition });
    expectStated(packedBytes(plan, fold(plan, yearOfPurchases(), 2)), feature.typical);
  });

  it.each(features)("given far too many events, then $what stays within its bound", (feature) => {
    const plan = planOf({ id: "measured", ...feature.definition });
    const every = durationOf(feature.every);
    const over = durationOf(feature.over);
    const full = packedBytes(plan, fold(plan, flood(every, over), 4));
    expectStated(full, feature.most);
    // A fifth less of it is as much: it is the bound, not the events, that says how much.
    const fewer = packedBytes(plan, fold(plan, flood(every, over * 0.8), 4));
    expect(Math.abs(full - fewer)).toBeLessThan(full * 0.15 + 4);
  });

  it.each(besides)("given $what, then it takes no more than is stated", ({ part, bytes }) => {
    expectStated(partBytes[part](), bytes);
  });

  it("given a customer with a million events, then totals of all windows together stay within the sum of their bounds", () => {
    const totals = features.filter(({ definition }) => "sum" in definition || "maximum" in definition);
    const plan = planOf(
      ...totals.map(({ definition }, place) => ({ id: `measured-${place}`, ...definition })),
    );
    const state = emptyCustomer("customer", "ann");
    const random = numbers(17);
    for (let index = 0; index < 1_000_000; index += 1) {
      const occurredAt = start + index * 100_000 + Math.floor(random() * 100_000);
      const properties = { total: Math.round(random() * 1e10) / 1e4 };
      const order = { name: "order.placed", occurredAt, sign: 1 as const, properties, remembered: true };
      foldEvent(plan, state, { occurredAt, partition: 3, offset: index, contributions: [order] });
    }
    const bound = totals.reduce((sum, { most }) => sum + most, 0);
    expect(packedBytes(plan, state)).toBeLessThanOrEqual(bound);
  }, 300_000);

  it("given event ids without end, then 64 of them are kept", () => {
    const plan = planOf({ kind: "segment", id: "s", when: { all: [] } });
    const state = emptyCustomer("customer", "ann");
    for (let index = 0; index < 1_000; index += 1) rememberEventId(state, `event-${index}`, start + index);
    expect(unpackCustomer(plan, packCustomer(plan, state), "ann").eventIds).toHaveLength(64);
  });
});

const partBytes: Readonly<Record<KeptPart["part"], () => number>> = {
  itself: () => packedBytes(planOf(), fold(planOf(), yearOfPurchases(), 2)),
  membership: () => (sizeOf(20, 0, 0) - sizeOf(0, 0, 0)) / 20,
  attribute: () => (sizeOf(0, 20, 0) - sizeOf(0, 0, 0)) / 20,
  eventId: () => (sizeOf(0, 0, 64) - sizeOf(0, 0, 0)) / 64,
};

/** A customer with so many segments it is in, attributes each set by an event of its own, and event ids. */
function sizeOf(segments: number, attributes: number, eventIds: number): number {
  const plan = planOf(
    { kind: "segment", id: "s", when: { attribute: "other", exists: true } },
    ...Array.from({ length: segments }, (_, index) => ({
      kind: "segment",
      id: `since-${index}`,
      when: { date: "startedAt", withinLast: `${index + 1} days` },
    })),
  );
  const state = emptyCustomer("customer", "ann");
  const write = (place: number, values: Readonly<Record<string, unknown>>): void => {
    const occurredAt = start + place * day + 12_345;
    foldEvent(plan, state, {
      occurredAt,
      partition: 3,
      offset: 1_000_000 + place,
      attributes: values,
      contributions: [],
    });
  };
  write(0, { startedAt: "2023-12-31T23:00:00Z" });
  for (let index = 0; index < attributes; index += 1)
    write(index + 1, { [`attribute${index}`]: "a value of it" });
  for (let index = 0; index < eventIds; index += 1)
    rememberEventId(state, `event-${index}`, start + index * 60_000);
  return packCustomer(plan, state).length;
}
