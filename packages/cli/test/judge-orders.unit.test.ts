/** What an order counts for as it changes, and what of it is remembered. */
import { describe, expect, it } from "vitest";
import { type KnownChange, standingOrder } from "../src/judge/fold/order.ts";
import type { OrderChange } from "../src/judge/records.ts";
import type { PlainEvent } from "./judge-arbitraries.ts";
import { customerEvent, expectedFlips, holdsAt, instant, type Json } from "./judge-support.ts";

const day = 86_400_000;
const placedAt = instant("2026-05-01T12:00:00Z");

function change(
  action: OrderChange["action"],
  daysLater: number,
  given: Partial<OrderChange> = {},
  properties: Json = {},
): PlainEvent {
  return {
    name: `order.${action}`,
    at: placedAt + daysLater * day,
    properties,
    order: { orderId: "o-1", action, version: null, refund: null, ...given },
  };
}
const placed = change("placed", 0, {}, { total: 100, channel: "web" });

function standing(...changes: readonly PlainEvent[]): unknown {
  const known = changes.map((event, offset): KnownChange => {
    const whole = customerEvent(event, offset);
    return { event: { ...whole, order: whole.order! }, properties: event.properties ?? {} };
  });
  return standingOrder(known)?.properties.total ?? null;
}

describe("given an order of 100, when it is corrected", () => {
  it.each<[string, unknown, readonly PlainEvent[]]>([
    ["nothing came", 100, [placed]],
    ["30 are given back: 100 - 30", 70, [placed, change("refunded", 1, { refund: 30 })]],
    [
      "30 and 20.5 are given back: 100 - 50.5",
      49.5,
      [placed, change("refunded", 1, { refund: 30 }), change("refunded", 2, { refund: 20.5 })],
    ],
    [
      "all of it is given back bit by bit",
      null,
      [placed, change("refunded", 1, { refund: 60 }), change("refunded", 2, { refund: 40 })],
    ],
    ["a refund names no amount: all of it", null, [placed, change("refunded", 1)]],
    ["it is cancelled", null, [placed, change("cancelled", 1)]],
    [
      "it is cancelled and updated after that",
      null,
      [placed, change("cancelled", 1), change("updated", 2, {}, { total: 80 })],
    ],
    ["it is updated to 80", 80, [placed, change("updated", 1, {}, { total: 80 })]],
    [
      "a refund of 30 comes before an update to 80: 80 - 30",
      50,
      [placed, change("refunded", 1, { refund: 30 }), change("updated", 2, {}, { total: 80 })],
    ],
    [
      "updates come the wrong way round: the newer image stays",
      70,
      [
        change("placed", 0, { version: 1 }, { total: 100 }),
        change("updated", 2, { version: 3 }, { total: 70 }),
        change("updated", 1, { version: 2 }, { total: 80 }),
      ],
    ],
    ["a refund waits for its order: 100 - 30", 70, [change("refunded", 1, { refund: 30 }), placed]],
    ["a cancellation waits for its order", null, [change("cancelled", 1), placed]],
    ["only a refund is known", null, [change("refunded", 1, { refund: 30 })]],
    ["a refund 90 days after it still counts", 70, [placed, change("refunded", 90, { refund: 30 })]],
    [
      "one that waited and is more than 90 days after it does not",
      100,
      [change("refunded", 90.1, { refund: 30 }), placed],
    ],
    [
      "it is sent again with a newer version: 120",
      120,
      [
        change("placed", 0, { version: 1 }, { total: 100 }),
        change("placed", 0, { version: 2 }, { total: 120 }),
      ],
    ],
  ])("and %s, then it counts for %s", (_, total, changes) => {
    expect(standing(...changes)).toBe(total);
  });
});

describe("given an order of 100 that is cancelled the day after", () => {
  const events = [placed, change("cancelled", 1)];
  const later = placedAt + 5 * day;
  const last10 = { during: { last: "10 days" } };
  it.each<[Json, boolean, string]>([
    [{ sum: "total", of: "order.placed", ...last10, is: 0 }, true, "the sum is taken back"],
    [{ count: "order.placed", ...last10, is: 0 }, true, "so is the count"],
    [{ count: "order.cancelled", ...last10, is: 1 }, true, "the cancellation is an event of its own"],
    [
      { since: "last", of: "order.placed", between: ["5 days", "5 days"] },
      true,
      "that it was placed is remembered",
    ],
    [{ attribute: { last: "order.placed", take: "channel" }, is: "web" }, true, "and where"],
    [{ distinct: "channel", of: "order.placed", is: 1 }, true, "distinct values are remembered"],
    [{ rhythm: "regular", of: "order.placed", every: "month", times: 1 }, true, "so is rhythm"],
  ])("when %j is asked, then it holds: %s (%s)", (condition, holds) => {
    expect(holdsAt(condition, events, later)).toBe(holds);
  });

  it("when it still stood, then it counted, and it left at the cancellation's own time", () => {
    const documents = [
      { kind: "segment", id: "spent", when: { sum: "total", of: "order.placed", atLeast: 100 } },
    ];
    expect(expectedFlips(documents, events, later)).toEqual([
      { definition: "segment/spent", from: "out", to: "in", effectiveAt: placedAt, cause: "event" },
      { definition: "segment/spent", from: "in", to: "out", effectiveAt: placedAt + day, cause: "event" },
    ]);
  });
});

describe("given an order that a part of is refunded, when the window it is in ends", () => {
  it("then the rest leaves at the order's own time plus the window", () => {
    const documents = [
      {
        kind: "segment",
        id: "spent",
        when: { sum: "total", of: "order.placed", during: { last: "10 days" }, atLeast: 70 },
      },
    ];
    const events = [placed, change("refunded", 3, { refund: 30 })];
    expect(
      expectedFlips(documents, events, placedAt + 20 * day).map(({ to, effectiveAt, cause }) => [
        to,
        effectiveAt,
        cause,
      ]),
    ).toEqual([
      ["in", placedAt, "event"],
      ["out", placedAt + 10 * day, "time"],
    ]);
  });
});
