import { type Absorb, createLocalCodec, firstCursor, type Merge, subjectHash } from "@tidemark/contracts";
import { expect, it } from "vitest";
import { blockRows } from "../src/block-rows.ts";

const noon = Date.UTC(2026, 4, 1, 12);
const types = ["tidemark.log.Erasure", "tidemark.log.Merge", "tidemark.log.Absorb"];
const source = (sourceOffset: number) => ({
  sourceId: "customer-events",
  sourcePartition: 0,
  sourceOffset,
  ordinal: 0,
});

/** The control records that are archived of these, in their order. */
async function archived(records: readonly (readonly [type: string, value: object])[]) {
  const codec = createLocalCodec();
  await codec.prepare("customer-events", types);
  const { tables } = await blockRows(
    codec,
    firstCursor,
    records.map(([type, value], offset) => ({
      topic: "customer-events",
      partition: 2,
      offset,
      timestamp: noon + offset,
      key: null,
      value: codec.encode(`tidemark.log.${type}`, value),
      headers: [],
    })),
  );
  return (tables.get("control_records") ?? []).map((row) => JSON.parse((row as { value: string }).value));
}

it("given merges behind an erasure and dated up to it, when they are archived, then they name nobody; one dated later does", async () => {
  const shared = { subjectKind: "customer" as const, subject: "ann" };
  const erasure = { ...shared, erasedAt: noon - 10, source: source(1) };
  const merge = (mergedAt: number, offset: number): Merge => ({
    ...shared,
    into: "bob",
    mergedAt,
    source: source(offset),
  });
  const absorb: Absorb = {
    ...shared,
    from: "dee",
    mergedAt: noon - 20,
    state: Buffer.from("planted"),
    slots: "{}",
    generation: 0,
    aliases: [{ id: "dee", mergedAt: noon - 20 }],
    orders: [],
    source: source(3),
  };
  const hash = subjectHash("customer", "ann");
  const rows = await archived([
    ["Merge", merge(noon - 30, 0)],
    ["Erasure", erasure],
    ["Absorb", absorb],
    ["Merge", merge(noon - 10, 4)],
    ["Merge", merge(noon - 9, 5)],
  ]);
  // The first is removed by the erasure once it is there.
  expect(rows[0]).toMatchObject({ subject: "ann" });
  expect(rows.slice(2)).toEqual([
    { subjectKind: "customer", subjectHash: hash, mergedAt: noon - 20, source: source(3) },
    { subjectKind: "customer", subjectHash: hash, mergedAt: noon - 10, source: source(4) },
    merge(noon - 9, 5),
  ]);
});
