import type { DefinitionVersion, Erasure, OrderChange } from "@tidemark/contracts";
import { applySweep, describeCustomer, emptyCustomer } from "@tidemark/core";
import { applyOrderChange, definitionSets, packOrderImage } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { erasureRow } from "../src/erasure/archived-erasure.ts";
import { controlRecordRow } from "../src/rows.ts";
import type { ArchivedEvent } from "../src/sweep/archived-events.ts";
import { familyOf, foldHistory, membersOf } from "../src/sweep/fold-history.ts";
import { identitiesOf } from "../src/sweep/identities.ts";

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);

const sets = definitionSets("UTC");
const metrics = [
  { kind: "metric", id: "orders", count: "order.placed" },
  { kind: "metric", id: "revenue", sum: "total", of: "order.placed" },
  { kind: "metric", id: "views", count: "page.viewed" },
].map((document, at): DefinitionVersion => {
  return { ...document, version: at + 1, filling: true, document: JSON.stringify(document) };
});
const swept = sets.fold(
  sets.apply(sets.unpack(null), metrics, true),
  [{ type: "sweep", offset: 100, sweep: { id: "s", generation: 3, definitions: metrics } }],
  true,
);

const event = (offset: number, more: Partial<ArchivedEvent> = {}): ArchivedEvent => ({
  partition: 0,
  offset,
  appendedAt: start + offset * day,
  name: "page.viewed",
  occurredAt: start + offset * day,
  properties: "{}",
  orderId: null,
  orderAction: null,
  orderVersion: null,
  orderRefund: null,
  ...more,
});
const order = (
  offset: number,
  orderId: string,
  orderAction: OrderChange["action"],
  total: number,
  more: Partial<ArchivedEvent> = {},
) =>
  event(offset, {
    name: `order.${orderAction}`,
    orderId,
    orderAction,
    properties: JSON.stringify({ total }),
    ...more,
  });

/** A control record as the archive answers it. */
function control(type: "Merge" | "Erasure" | "Absorb", offset: number, value: object, partition = 0) {
  const record = {
    topic: "customer-events",
    partition,
    offset,
    timestamp: 0,
    key: null,
    value: null,
    headers: [],
  };
  const row = (
    type === "Erasure"
      ? erasureRow(record, value as Erasure)
      : controlRecordRow(record, `tidemark.log.${type}`, value)
  ) as { readonly value: string };
  return { type, partition, offset, appendedAt: start + offset * day, value: row.value };
}

/** What the metrics of a subject say once its history below `fence` is folded. */
function filled(
  events: Readonly<Record<string, readonly ArchivedEvent[]>>,
  controls: Parameters<typeof identitiesOf>[0] = [],
  fence = 100,
  others: readonly (readonly [partition: number, fence: number])[] = [],
) {
  const fences = new Map([[0, fence], ...others]);
  const identities = identitiesOf(controls);
  const own = { kind: "customer", subject: "ann", partition: 0, events: events.ann ?? [] } as const;
  const members = membersOf(identities, own, fences);
  const eventsOf = new Map(members.map((id) => [id, events[id] ?? []]));
  const { plan: before, swept: after, history } = swept;
  if (after === null || history === null) throw new Error("no sweep is under way");
  const features = foldHistory(history, familyOf(identities, own, fences, eventsOf));
  const stored = emptyCustomer("customer", "ann");
  const { state } = applySweep({ number: 1, before, after, history }, stored, features, start + 200 * day);
  return describeCustomer(after, state, start + 200 * day).metrics;
}

/** The image of an order that was placed. */
function imageOf(offset: number, orderId: string, total: number): Buffer {
  const { name, occurredAt, appendedAt } = order(offset, orderId, "placed", total);
  const change = { name, occurredAt, order: { orderId, action: "placed", version: null, refund: null } };
  const outcome = applyOrderChange(null, change as never, { total }, appendedAt);
  if (outcome.outcome !== "folded") throw new Error("it was not folded");
  return packOrderImage(outcome.image);
}

const absorb = (offset: number, from: string, sourceOffset: number, orders: readonly object[] = []) =>
  control("Absorb", offset, {
    subject: "ann",
    subjectKind: "customer",
    from,
    orders,
    source: { sourceId: "customer-events", sourcePartition: 1, sourceOffset, ordinal: 0 },
  });
const merge = (offset: number, subject: string) =>
  control("Merge", offset, { subject, subjectKind: "customer", into: "ann", mergedAt: 0 }, 1);

describe("the history of a subject", () => {
  it("given orders that are corrected, refunded and cancelled, then they count for what is left of them", () => {
    const ann = [
      event(1),
      order(2, "a", "placed", 10),
      order(3, "b", "placed", 20),
      order(4, "a", "updated", 7),
      order(5, "b", "refunded", 0, { orderRefund: 5 }),
      order(6, "c", "placed", 40),
      order(7, "c", "cancelled", 0),
    ];
    // a: 7, b: 20 - 5, c: gone.
    expect(filled({ ann })).toEqual({ orders: 2, revenue: 22, views: 1 });
  });

  it("given a correction that came before its order, then it counts", () => {
    expect(
      filled({ ann: [order(2, "a", "refunded", 0, { orderRefund: 4 }), order(3, "a", "placed", 10)] }),
    ).toEqual({
      orders: 1,
      revenue: 6,
      views: 0,
    });
  });

  it("given somebody who was merged into it, then what both did counts, an order that both had once", () => {
    const events = {
      ann: [event(1), order(2, "a", "placed", 10)],
      bob: [
        event(3, { partition: 1 }),
        order(4, "a", "placed", 10, { partition: 1 }),
        order(5, "b", "placed", 3, { partition: 1 }),
      ],
    };
    const orders = [
      { orderId: "a", image: imageOf(4, "a", 10) },
      { orderId: "b", image: imageOf(5, "b", 3) },
    ];
    const controls = [absorb(50, "bob", 6, orders), merge(6, "bob")];
    expect(filled(events, controls)).toEqual({ orders: 2, revenue: 13, views: 2 });
    // Behind the fence it is the partition's own affair.
    expect(filled(events, controls, 50)).toEqual({ orders: 1, revenue: 10, views: 1 });
  });

  it("given a merge before the sweep began where it was merged, and its absorption behind that where it went, then what both did counts; what both had is taken back there", () => {
    const events = {
      ann: [event(1), order(2, "a", "placed", 10)],
      bob: [event(3, { partition: 1 }), order(4, "a", "placed", 10, { partition: 1 })],
    };
    const orders = [{ orderId: "a", image: imageOf(4, "a", 10) }];
    const controls = [absorb(50, "bob", 6, orders), merge(6, "bob")];
    expect(filled(events, controls, 50, [[1, 7]])).toEqual({ orders: 2, revenue: 20, views: 2 });
    expect(filled(events, controls, 50, [[1, 6]])).toEqual({ orders: 1, revenue: 10, views: 1 });
  });

  it("given an order of somebody who was merged, when it is cancelled then, then it does not count", () => {
    const events = {
      ann: [order(60, "b", "cancelled", 0)],
      bob: [order(5, "b", "placed", 3, { partition: 1 })],
    };
    const controls = [absorb(50, "bob", 6, [{ orderId: "b", image: imageOf(5, "b", 3) }]), merge(6, "bob")];
    expect(filled(events, controls)).toEqual({ orders: 0, revenue: 0, views: 0 });
  });

  it("given somebody who had taken over another before, then that one counts too", () => {
    const events = { ann: [], bob: [event(3, { partition: 1 })], cid: [event(4, { partition: 2 })] };
    const toBob = control(
      "Absorb",
      5,
      { subject: "bob", subjectKind: "customer", from: "cid", orders: [], source: null },
      1,
    );
    expect(filled(events, [absorb(50, "bob", 6), toBob, merge(6, "bob")])).toMatchObject({ views: 2 });
  });

  it("given an erasure, then only what came behind it counts, and nobody who had been merged into it", () => {
    const erasure = control("Erasure", 60, {
      subject: "ann",
      subjectKind: "customer",
      erasedAt: null,
      source: null,
    });
    const events = { ann: [event(1), event(61), event(62)], bob: [event(3, { partition: 1 })] };
    expect(filled(events, [absorb(50, "bob", 6), erasure, merge(6, "bob")])).toMatchObject({ views: 2 });
  });
});
