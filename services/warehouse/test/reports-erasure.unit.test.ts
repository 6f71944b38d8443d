import { subjectHash } from "@tidemark/contracts";
import { systemClock } from "@tidemark/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ArchivedErasure } from "../src/erasure/archived-erasure.ts";
import { removeErased } from "../src/erasure/remove-erased.ts";
import { archiveChanges, archiveEvents, type ChdbWarehouse, chdbWarehouse } from "./chdb-warehouse.ts";

let warehouse: ChdbWarehouse;
beforeAll(async () => {
  warehouse = await chdbWarehouse();
});
afterAll(() => warehouse.close());

const narrow = ["order_events", "outcome_events", "attribute_writes", "sampled_events", "segment_steps"];
/** Both are in the sample of one in 64. */
const [ann, bob] = ["c66", "c156"] as const;

test("given somebody who is erased, then no table that reports read knows the key, and others stay", async () => {
  const order = (orderId: string) => ({ orderId, action: "placed", version: null, refund: null }) as const;
  const everything = (subject: string) => [
    { subject, name: "order.placed", order: order(`o-${subject}`), properties: '{"total":5}' },
    { subject, name: "feedback.given", properties: '{"score":5}' },
    { subject, name: "profile.updated", attributes: '{"source":"direct"}' },
  ];
  const offsets = await archiveEvents(warehouse, [...everything(ann), ...everything(bob)]);
  await archiveChanges(warehouse, [
    { subject: ann, from: "out", to: "in" },
    { subject: bob, from: "out", to: "in" },
    { subject: ann, from: "in", to: "out", cause: "erased" },
  ]);
  const erasure = (part: "events" | "changes", upTo: number): ArchivedErasure => ({
    ...{ part, partition: 0, offset: 99, hash: subjectHash("customer", ann), upTo },
    ...{ subject: { kind: "customer", id: ann }, erasedAt: 1, appendedAt: 1 },
  });
  const counts = async () =>
    Object.fromEntries(
      await Promise.all(
        narrow.map(async (table) => {
          const found = await warehouse.rows<{ subject: string; rows: number }>(
            `SELECT if(subject_key = sipHash64('customer', '${ann}'), 'ann', 'bob') AS subject, count() AS rows FROM ${table} FINAL GROUP BY subject ORDER BY subject`,
          );
          return [table, Object.fromEntries(found.map(({ subject, rows }) => [subject, rows]))];
        }),
      ),
    );
  expect(await counts()).toEqual({
    order_events: { ann: 1, bob: 1 },
    outcome_events: { ann: 1, bob: 1 },
    attribute_writes: { ann: 1, bob: 1 },
    sampled_events: { ann: 3, bob: 3 },
    segment_steps: { ann: 2, bob: 1 },
  });
  const last = Math.max(...offsets);
  const removing = [erasure("events", last + 1), erasure("changes", 3)];
  await removeErased({ warehouse, clock: systemClock }, removing);
  expect(await counts()).toEqual({
    ...Object.fromEntries(narrow.map((table) => [table, { bob: 1 }])),
    sampled_events: { bob: 3 },
  });
  // Nobody is named: who came and went stays counted.
  expect(
    await warehouse.rows("SELECT entered, left FROM segment_flow_by_day WHERE definition = 'loyal'"),
  ).toEqual([{ entered: 2, left: 1 }]);
  expect(await warehouse.rows("SELECT members FROM segment_sizes WHERE definition = 'loyal'")).toEqual([
    { members: 1 },
  ]);
});
