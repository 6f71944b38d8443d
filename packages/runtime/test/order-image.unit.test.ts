import type { CustomerEvent, OrderChange } from "@tidemark/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyOrderChange,
  type OrderImage,
  orderHorizonMs,
  packOrderImage,
  unpackOrderImage,
} from "../src/order-image.ts";

const day = 86_400_000;
const placedAt = Date.UTC(2026, 0, 10);

function orderEvent(
  action: OrderChange["action"],
  at: number,
  more: Partial<OrderChange> = {},
): CustomerEvent & { order: OrderChange } {
  return {
    subject: "c1",
    subjectKind: "customer",
    name: `order.${action}`,
    occurredAt: at,
    eventId: null,
    sourceId: "orders",
    sourcePartition: 0,
    sourceOffset: 0,
    ordinal: 0,
    count: 1,
    attributes: null,
    properties: "{}",
    order: { orderId: "o1", action, version: null, refund: null, ...more },
  };
}

function apply(
  image: OrderImage | null,
  event: CustomerEvent & { order: OrderChange },
  total?: number,
  appendedAt = placedAt,
) {
  return applyOrderChange(image, event, total === undefined ? {} : { total }, appendedAt);
}

/** Net sum of `total` and count that contributions leave on order.placed. */
function net(
  contributions: readonly { name: string; sign: number; properties: Readonly<Record<string, unknown>> }[],
) {
  let count = 0;
  let sum = 0;
  for (const { name, sign, properties } of contributions) {
    if (name !== "order.placed") continue;
    count += sign;
    sum += sign * Number(properties.total ?? 0);
  }
  return { count, sum };
}

function placed(total: number): OrderImage {
  const outcome = apply(null, orderEvent("placed", placedAt), total);
  if (outcome.outcome !== "folded") throw new Error(outcome.reason);
  return outcome.image;
}

describe("an order that changes", () => {
  it("given an order of 100, when 30 is refunded, then 30 is taken back at the order's own time", () => {
    const outcome = apply(placed(100), orderEvent("refunded", placedAt + day, { refund: 30 }), 0);
    expect(outcome.outcome).toBe("folded");
    if (outcome.outcome !== "folded") return;
    // -100 + 70 = -30; one order still stands: -1 + 1 = 0.
    expect(net(outcome.contributions)).toEqual({ count: 0, sum: -30 });
    expect(
      outcome.contributions.filter(({ name }) => name === "order.placed").map((c) => c.occurredAt),
    ).toEqual([placedAt, placedAt]);
  });

  it("given an order of 100, when it is cancelled, then it is taken back whole, and a second cancellation takes nothing", () => {
    const first = apply(placed(100), orderEvent("cancelled", placedAt + day));
    if (first.outcome !== "folded") throw new Error(first.reason);
    expect(net(first.contributions)).toEqual({ count: -1, sum: -100 });
    const second = apply(first.image, orderEvent("cancelled", placedAt + 2 * day));
    if (second.outcome !== "folded") throw new Error(second.reason);
    expect(net(second.contributions)).toEqual({ count: 0, sum: 0 });
  });

  it("given refunds of 60 and 40 on 100, then nothing of the order is left", () => {
    const first = apply(placed(100), orderEvent("refunded", placedAt + day, { refund: 60 }));
    if (first.outcome !== "folded") throw new Error(first.reason);
    const second = apply(first.image, orderEvent("refunded", placedAt + 2 * day, { refund: 40 }));
    if (second.outcome !== "folded") throw new Error(second.reason);
    expect(net([...first.contributions, ...second.contributions])).toEqual({ count: -1, sum: -100 });
  });

  it("given version 2, when version 1 comes after it, then it is rejected as stale", () => {
    const second = apply(placed(100), orderEvent("updated", placedAt + day, { version: placedAt + 2 }), 80);
    if (second.outcome !== "folded") throw new Error(second.reason);
    expect(apply(second.image, orderEvent("updated", placedAt + day, { version: placedAt + 1 }), 90)).toEqual(
      {
        outcome: "rejected",
        reason: "stale-order-version",
      },
    );
  });

  it("given a correction past the horizon, then it is a dead letter; on its very edge it is folded", () => {
    const late = (at: number) =>
      apply(placed(100), orderEvent("cancelled", at), undefined, placedAt + day).outcome;
    expect(late(placedAt + orderHorizonMs)).toBe("folded");
    expect(late(placedAt + orderHorizonMs + 1)).toBe("dead-letter");
  });

  it("law: the net contribution does not depend on the order in which an order and its corrections come", () => {
    const change = fc.oneof(
      fc.record({ action: fc.constant("refunded" as const), refund: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ action: fc.constant("cancelled" as const) }),
      fc.record({
        action: fc.constant("updated" as const),
        version: fc.integer({ min: 1, max: 9 }),
        total: fc.integer({ min: 1, max: 200 }),
      }),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(change, { maxLength: 5, selector: (c) => ("version" in c ? c.version : {}) }),
        fc.integer(),
        (changes, seed) => {
          const events = [
            { event: orderEvent("placed", placedAt, { version: 0 }), total: 100 },
            ...changes.map((c, at) => ({
              event: orderEvent(
                c.action,
                placedAt + (at + 1) * day,
                "refund" in c ? { refund: c.refund } : "version" in c ? { version: c.version } : {},
              ),
              total: "total" in c ? c.total : 0,
            })),
          ];
          const shuffled = events
            .map((entry, at) => ({ entry, rank: Math.imul(at + 1, seed | 1) >>> 0 }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ entry }) => entry);
          const run = (list: typeof events) => {
            let image: OrderImage | null = null;
            const all = [];
            for (const { event, total } of list) {
              const outcome = apply(
                image === null ? null : unpackOrderImage(packOrderImage(image)),
                event,
                total,
              );
              if (outcome.outcome !== "folded") continue;
              image = outcome.image;
              all.push(...outcome.contributions);
            }
            return net(all);
          };
          expect(run(shuffled)).toEqual(run(events));
        },
      ),
    );
  });
});
