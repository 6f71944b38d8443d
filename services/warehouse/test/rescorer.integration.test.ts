import { expect, test } from "vitest";
import { readIds } from "../src/cuts/rescorer.ts";
import { controlRecordRow, customerEventRow } from "../src/rows.ts";
import { customerEvent } from "./samples.ts";
import { testWarehouse } from "./test-warehouse.ts";

const record = (partition: number, offset: number) => ({
  topic: "customer-events",
  partition,
  offset,
  timestamp: Date.UTC(2026, 4, 1),
  key: null,
  value: null,
  headers: [],
});

test("given archived events and merges, then the subjects of a partition come in order, each once, who took over others too", async () => {
  const { warehouse, remove } = await testWarehouse();
  try {
    const events = [
      [0, 1, "cid"],
      [0, 2, "ann"],
      [0, 3, "ann"],
      [1, 1, "eve"],
    ] as const;
    await warehouse.insert(
      "customer_events",
      events.map(([partition, offset, subject]) =>
        customerEventRow(record(partition, offset), customerEvent({ subject })),
      ),
      "events",
    );
    const absorb = { subject: "bob", subjectKind: "customer", from: "eve" };
    await warehouse.insert(
      "control_records",
      [controlRecordRow(record(0, 4), "tidemark.log.Absorb", absorb)],
      "controls",
    );
    expect(await readIds(warehouse, 0, "customer", "")).toEqual(["ann", "bob", "cid"]);
    expect(await readIds(warehouse, 0, "customer", "ann")).toEqual(["bob", "cid"]);
    expect(await readIds(warehouse, 0, "company", "")).toEqual([]);
    expect(await readIds(warehouse, 1, "customer", "")).toEqual(["eve"]);
  } finally {
    await remove();
  }
});
