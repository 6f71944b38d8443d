import { createLocalCodec, type SegmentChange, topicNames } from "@tidemark/contracts";
import { systemClock, type Warehouse } from "@tidemark/runtime";
import { createMemoryLog } from "@tidemark/testkit";
import { expect, it } from "vitest";
import { repairGaps } from "../src/repair.ts";

const topic = topicNames.segmentChanges;

it("given changes that are missing, when they are found in the topic, then those of who was erased since stay away", async () => {
  const log = createMemoryLog({ clock: systemClock });
  await log.ensureTopics([{ name: topic, partitions: 1, replicas: 1, settings: {} }]);
  const codec = createLocalCodec();
  await codec.prepare(topic, ["tidemark.changes.SegmentChange", "tidemark.changes.Erased"]);
  const change = (sequence: number, subject: string): SegmentChange => ({
    sequence,
    epoch: 1,
    changeId: `0-${sequence}`,
    subject,
    subjectKind: "customer",
    definitionKind: "segment",
    definition: "bought",
    definitionVersion: 1,
    from: "out",
    to: "in",
    effectiveAt: 1,
    detectedAt: 1,
    changesAt: null,
    historic: false,
    cause: "event",
    causeEvent: "order.placed",
    causeOffset: sequence,
    mark: null,
  });
  const told = {
    subject: "ann",
    subjectKind: "customer",
    erasedAt: 1,
    sequence: 3,
    epoch: 1,
    causeOffset: 9,
  };
  const values = [
    ...[change(1, "bob"), change(2, "ann"), change(3, "ann")].map((one) =>
      codec.encode("tidemark.changes.SegmentChange", one),
    ),
    codec.encode("tidemark.changes.Erased", told),
    // Of her who began anew.
    ...[change(4, "ann"), change(5, "bob")].map((one) => codec.encode("tidemark.changes.SegmentChange", one)),
  ];
  await log.append(
    topic,
    0,
    values.map((value) => ({ key: null, value })),
  );
  const inserted: unknown[] = [];
  const warehouse: Warehouse = {
    execute: async () => undefined,
    query: async () => [],
    insert: async (_table, rows) => void inserted.push(...rows),
    close: async () => undefined,
  };
  const gaps = [{ expected: 1, found: 5, offset: 5 }];
  expect(await repairGaps({ log, codec, warehouse }, { topic, partition: 0 }, gaps)).toEqual({
    repaired: 2,
    missing: 0,
  });
  expect(inserted).toMatchObject([
    { sequence: 1, subject: "bob" },
    { sequence: 4, subject: "ann" },
  ]);
});
