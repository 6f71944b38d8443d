import type { DefinitionVersion } from "@tidemark/contracts";
import { definitionSets, type LogRecord, type Warehouse } from "@tidemark/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { erasureRow } from "../src/erasure/archived-erasure.ts";
import { controlRecordRow, customerEventRow, rejectedEventRow } from "../src/rows.ts";
import { countSubjects, readEventsOf, readSubjects } from "../src/sweep/archived-events.ts";
import { readIdentities } from "../src/sweep/identities.ts";
import type { SweptPartition } from "../src/sweep/swept-partition.ts";
import { customerEvent } from "./samples.ts";
import { testWarehouse } from "./test-warehouse.ts";

const at = Date.UTC(2026, 4, 1);
let warehouse: Warehouse;
let remove: () => Promise<void>;

const record = (partition: number, offset: number): LogRecord => ({
  topic: "customer-events",
  partition,
  offset,
  timestamp: at + offset,
  key: null,
  value: null,
  headers: [],
});

const sets = definitionSets("UTC");
const metric: DefinitionVersion = {
  kind: "metric",
  id: "orders",
  version: 1,
  filling: true,
  document: JSON.stringify({ kind: "metric", id: "orders", count: "order.placed" }),
};
const { history } = sets.fold(
  sets.apply(sets.unpack(null), [metric], true),
  [{ type: "sweep", offset: 10, sweep: { id: "s", generation: 1, definitions: [metric] } }],
  true,
);
/** Partition 0 below 10, partition 1 below 5. */
const partitions: SweptPartition[] =
  history === null
    ? []
    : [10, 5].map((fence, partition) => ({ partition, sweep: "s", fence, plan: history }));

beforeAll(async () => {
  ({ warehouse, remove } = await testWarehouse());
  const order = (orderId: string) => ({ orderId, action: "placed" as const, version: 3, refund: 2.5 });
  const events = [
    [0, 1, { subject: "ann", name: "page.viewed" }],
    [0, 2, { subject: "ann", name: "order.placed", order: order("a"), properties: '{"total":12.5}' }],
    [0, 3, { subject: "cid", name: "page.viewed" }],
    [0, 4, { subject: "dan", name: "order.placed", order: order("d") }],
    [0, 11, { subject: "eve", name: "order.placed", order: order("e") }],
    [1, 4, { subject: "bob", name: "order.cancelled", order: order("b") }],
    [1, 5, { subject: "bob", name: "order.placed", order: order("c") }],
    [2, 1, { subject: "fay", name: "order.placed", order: order("f") }],
  ] as const;
  await warehouse.insert(
    "customer_events",
    events.map(([partition, offset, more]) =>
      customerEventRow(record(partition, offset), customerEvent(more)),
    ),
    "events",
  );
  const { sourceId, sourcePartition, sourceOffset, ordinal } = customerEvent({});
  const source = { sourceId, sourcePartition, sourceOffset, ordinal };
  const rejected = { ...source, partition: 0, offset: 4, reason: "repeated-order" };
  await warehouse.insert("rejected_events", [rejectedEventRow(record(0, 1), rejected)], "rejected");
  const absorb = {
    subject: "ann",
    subjectKind: "customer",
    from: "bob",
    mergedAt: at,
    state: Buffer.from([1, 2, 3]),
    slots: "{}",
    aliases: [],
    orders: [{ orderId: "b", image: Buffer.from("an image") }],
    source: { sourceId: "customer-events", sourcePartition: 1, sourceOffset: 9, ordinal: 0 },
  };
  await warehouse.insert(
    "control_records",
    [
      controlRecordRow(record(0, 8), "tidemark.log.Absorb", absorb),
      controlRecordRow(record(1, 9), "tidemark.log.Merge", {
        subject: "bob",
        subjectKind: "customer",
        into: "ann",
      }),
      erasureRow(record(2, 3), {
        subject: "fay",
        subjectKind: "customer",
        erasedAt: null,
        source: null,
      }),
    ],
    "controls",
  );
});
afterAll(() => remove());

test("given archived events, then subjects come in the order of their ids with those events that a plan selects, admitted and below the fences", async () => {
  const found = await readSubjects(warehouse, partitions, "customer", "");
  expect(
    found.map(({ subject, partition, events }) => [subject, partition, events.map(({ offset }) => offset)]),
  ).toEqual([
    ["ann", 0, [2]],
    ["bob", 1, [4]],
    ["cid", 0, []],
  ]);
  expect(found[0]?.events[0]).toMatchObject({
    partition: 0,
    appendedAt: at + 2,
    name: "order.placed",
    properties: '{"total":12.5}',
    orderId: "a",
    orderAction: "placed",
    orderVersion: 3,
    orderRefund: 2.5,
  });
  expect(
    (await readSubjects(warehouse, partitions, "customer", "ann")).map(({ subject }) => subject),
  ).toEqual(["bob", "cid"]);
  expect(await readSubjects(warehouse, partitions, "customer", "cid")).toEqual([]);
  expect(await readSubjects(warehouse, partitions, "company", "")).toEqual([]);
  expect([...(await countSubjects(warehouse, partitions))].sort()).toEqual([
    [0, 2],
    [1, 1],
  ]);
});

test("given somebody who was merged, then all of its events are found, behind the fence too", async () => {
  const events = await readEventsOf(warehouse, partitions, "customer", ["bob", "nobody"]);
  expect([...events].map(([subject, own]) => [subject, own.map(({ offset }) => offset)])).toEqual([
    ["bob", [4, 5]],
  ]);
});

test("given records of merges and erasures, then they are read with the images of orders", async () => {
  const identities = await readIdentities(warehouse);
  expect(identities.absorbed("customer:ann")).toEqual([
    {
      offset: 8,
      from: "bob",
      orders: [{ orderId: "b", image: Buffer.from("an image") }],
    },
  ]);
  expect(identities.mergeOf("customer:bob")).toEqual({ partition: 1, offset: 9 });
  expect(identities.merged).toEqual([{ partition: 1, offset: 9, isTaken: true }]);
  expect(["fay", "ann"].map((subject) => identities.erasedBelow("customer", subject))).toEqual([3, 0]);
  expect(identities.owners).toEqual([{ kind: "customer", subject: "ann", partition: 0 }]);
});
