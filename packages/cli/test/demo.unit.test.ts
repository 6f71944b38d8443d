import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { SourceEvents } from "../src/demo/events.ts";
import { demoHistory } from "../src/demo/history.ts";
import { readSuperstore } from "../src/demo/superstore.ts";
import { trickle } from "../src/demo/trickle.ts";

const now = Date.UTC(2026, 5, 1, 12);
const store = await readSuperstore();
const digest = (events: SourceEvents): string =>
  createHash("sha256").update(JSON.stringify(events)).digest("hex");

describe("the demo", () => {
  test("given the data set, when it is read, then it is the one that is known: 5,009 orders of 793 customers for 2,297,200.86", () => {
    expect(store.orders).toHaveLength(5_009);
    expect(store.customers).toHaveLength(793);
    expect(store.orders.flatMap(({ items }) => items)).toHaveLength(9_994);
    expect(store.orders.reduce((sum, { total }) => sum + total, 0)).toBeCloseTo(2_297_200.86, 2);
  });

  test("given a seed and an instant, when the past is made twice, then it is the same to the byte, and another with another seed", () => {
    const first = digest(demoHistory(store, { seed: 7, now }));
    expect(digest(demoHistory(store, { seed: 7, now }))).toBe(first);
    expect(digest(demoHistory(store, { seed: 8, now }))).not.toBe(first);
  });

  test("given the past, when it is looked at, then it ends with an order now, each topic in order of time", () => {
    const { orders, interactions, lifecycle } = demoHistory(store, { seed: 1, now });
    const placed = orders.filter(({ type }) => type === "order.placed");
    expect(placed).toHaveLength(5_009);
    expect(Math.max(...placed.map(({ occurredAt }) => occurredAt))).toBe(now);
    for (const events of [orders, interactions, lifecycle]) {
      const times = events.map(({ occurredAt }) => occurredAt);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.at(-1)).toBeLessThanOrEqual(now);
    }
  });

  test("given the customers, when their profiles are made, then each has one, with a birthday and a zone of the US", () => {
    const { lifecycle } = demoHistory(store, { seed: 1, now });
    const profiles = lifecycle.filter(({ name }) => name === "profile.updated");
    expect(new Set(profiles.map(({ customerId }) => customerId)).size).toBe(793);
    for (const { attributes } of profiles) {
      const { birthDate, zone } = JSON.parse(attributes ?? "");
      expect(birthDate).toMatch(/^19\d\d-\d\d-\d\d$|^200\d-\d\d-\d\d$/);
      expect(zone).toMatch(/^America\//);
    }
  });

  test("given subscriptions, when their ends are looked at, then some end within the first two hours, or are then a fortnight from it", () => {
    const { lifecycle } = demoHistory(store, { seed: 1, now });
    const latest = new Map<string | null, number>();
    for (const { customerId, attributes } of lifecycle) {
      const endsAt = JSON.parse(attributes ?? "").subscription?.endsAt;
      if (endsAt) latest.set(customerId, Date.parse(endsAt));
    }
    const soon = [...latest.values()].filter((end) => {
      const away = end - now;
      return [0, 14 * 86_400_000].some((edge) => away > edge && away <= edge + 7_200_000);
    });
    expect(soon.length).toBeGreaterThan(30);
  });

  test("given a correction, when it is made, then its order was placed before it", () => {
    const { orders } = demoHistory(store, { seed: 1, now });
    const placedAt = new Map<string, number>();
    let corrections = 0;
    for (const { type, orderId, occurredAt } of orders) {
      if (type === "order.placed") placedAt.set(orderId, occurredAt);
      else {
        corrections += 1;
        expect(placedAt.get(orderId)).toBeLessThan(occurredAt);
      }
    }
    expect(corrections).toBeGreaterThan(0);
  });

  test("given a seed, when events trickle in two runs, then they are of the same customers, and no order id is used twice", () => {
    const run = (name: string) => Array.from({ length: 200 }, (_, at) => at).map(trickleOf(name));
    const [first, second] = [run("a"), run("b")];
    expect(first.map(({ event }) => event.customerId)).toEqual(second.map(({ event }) => event.customerId));
    const ids = [...first, ...second].flatMap((live) =>
      live.topic === "orders" ? [live.event.orderId] : [],
    );
    expect(ids.length).toBeGreaterThan(50);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

function trickleOf(run: string) {
  const next = trickle(store, 1, run);
  return () => next(now);
}
