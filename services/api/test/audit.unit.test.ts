/** Audits over the workers of services/segments, in memory, and the warehouse's tables in ClickHouse's engine. */
import { parseDefinitions } from "@tidemark/core";
import type { Warehouse } from "@tidemark/runtime";
import { afterAll, describe, expect, it } from "vitest";
import { openArchive } from "../../../packages/sql/test/archive.ts";
import { archiveOf } from "../../../packages/sql/test/merged.ts";
import { cluster, day, noon } from "../../segments/test/cluster.ts";
import { type AuditOver, type AuditShown, createAudit } from "../src/audit/audit.ts";
import { logger } from "./scene.ts";

const partitions = 2;
const archive = openArchive(true);
afterAll(() => archive.close());

const documents = [
  { kind: "segment", id: "recent", when: { count: "page.viewed", during: { last: "2 days" }, atLeast: 1 } },
  {
    kind: "segment",
    id: "loyal",
    enter: { count: "page.viewed", atLeast: 3 },
    leave: { attribute: "left", is: true },
  },
  {
    kind: "classification",
    id: "tier",
    categories: [{ id: "some", when: { count: "order.placed", atLeast: 1 } }],
    otherwise: "none",
  },
  { kind: "segment", id: "waits", when: { count: "page.viewed", atLeast: 1 } },
];

/** `folds`: whether time goes on for the workers while the audit waits; `lost`: what the archive loses each time. */
async function scene({ folds = true, lost = "" } = {}) {
  const { definitions } = parseDefinitions(documents);
  const place = await cluster({ partitions, definitions: documents });
  let now = noon;
  const told: AuditOver[] = [];
  /** A second goes by: timers fire, all is folded and archived. */
  const goOn = async (): Promise<void> => {
    now += 10_000;
    place.at(now);
    if (!folds) return;
    await place.clock(now);
    await place.settle();
    const states = await Promise.all(Array.from({ length: partitions }, (_, one) => place.store.load(one)));
    await archiveOf(
      archive,
      place,
      states.map(({ position }) => position),
    );
    if (lost !== "")
      await archive.warehouse.execute(
        `ALTER TABLE segment_changes DELETE WHERE ${lost} SETTINGS mutations_sync = 2`,
      );
  };
  const audit = createAudit(
    {
      log: {
        ...place.log,
        committed: async (_, topic) =>
          (await place.log.endOffsets(topic)).map((offset) => ({ offset, metadata: "" })),
      },
      codec: place.codec,
      store: place.store,
      clock: { now: () => now, elapsedMs: () => now, sleep: goOn },
      logger,
      openWarehouse: async () => archive.warehouse as Warehouse,
      definitions: () => ({ parsed: definitions, waiting: ["segment/waits"] }),
      cuts: async () => ({}),
      observe: (over) => told.push(over),
    },
    { partitions, zone: "UTC", waitMs: 120_000 },
  );
  const finished = async (): Promise<AuditShown> => {
    audit.begin();
    while (audit.show().state === "running") await new Promise((resolve) => setTimeout(resolve, 5));
    return audit.show();
  };
  const at = (instant: number): void => {
    now = instant;
    place.at(instant);
  };
  return { place, finished, at, told };
}

describe("an audit", () => {
  it("given customers who came, left by time, held on, were merged and erased, then nobody differs", async () => {
    const { place, finished, at, told } = await scene();
    for (const subject of ["ann", "bea", "cem", "dan", "eve"])
      for (let count = 0; count < 3; count += 1) await place.event(subject);
    await place.order("cem", "o1", 10);
    await place.event("dan", { name: "profile.changed", attributes: '{"left":true}' });
    await place.settle();
    at(noon + 3 * day);
    // Late: it arms a timer in the past, which waits for 30 s.
    await place.event("ann", { occurredAt: noon + day });
    await place.event("bea");
    await place.merge("cem", "bea");
    await place.erase("eve");
    await place.settle();
    // ann, bea and dan, by three definitions.
    expect(await finished()).toMatchObject({
      state: "done",
      definitions: ["segment/recent", "segment/loyal", "classification/tier"],
      skipped: ["segment/waits"],
      ...{ subjects: 3, compared: 9, differences: 0, passing: 0, found: [] },
    });
    expect(told).toHaveLength(1);
  });

  it("given a change that was lost, then it is found with what both sides say and what they rest on", async () => {
    const { place, finished } = await scene({ lost: "subject = 'ann' AND definition = 'recent'" });
    await place.event("ann", { properties: '{"page":"a"}' });
    await place.event("bea");
    await place.settle();
    const audit = await finished();
    expect(audit).toMatchObject({ state: "done", subjects: 2, compared: 6, differences: 1, passing: 0 });
    expect((audit as AuditOver).found).toMatchObject([
      {
        ...{ kind: "customer", subject: "ann", definition: "segment/recent", stream: "out", sql: "in" },
        evidence: {
          partition: place.partitionOf("ann"),
          events: 1,
          newest: [{ name: "page.viewed", properties: '{"page":"a"}' }],
          changes: [],
        },
      },
    ]);
  });

  it("given a partition that is not folded, then the audit says so when it has waited long enough", async () => {
    const { place, finished, told } = await scene({ folds: false });
    await place.event("ann");
    expect(await finished()).toMatchObject({
      state: "failed",
      reason: "Partition 0 is not folded that far.",
    });
    expect(told).toEqual([]);
  });
});
