import { createLocalCodec, topicNames } from "@tidemark/contracts";
import { type Clock, type Log, type Logger, systemClock, type Warehouse } from "@tidemark/runtime";
import { expect, test, vi } from "vitest";
import { archivedTopics, startArchiver } from "../src/index.ts";
import { scriptedLog } from "./scripted-log.ts";

test("given records that wait, when the clock is put back by a day, then they are archived all the same", async () => {
  const codec = createLocalCodec();
  await codec.prepare(topicNames.customerEvents, ["tidemark.log.Clock"]);
  const log = scriptedLog(archivedTopics, 1);
  let aheadMs = 86_400_000;
  const clock: Clock = {
    now: () => systemClock.now() + aheadMs,
    elapsedMs: systemClock.elapsedMs,
    after: systemClock.after,
    // Its first pause is behind the reading of the record.
    async sleep(delayMs) {
      await systemClock.sleep(delayMs);
      if (log.isRead()) aheadMs = 0;
    },
  };
  const tables: string[] = [];
  const archiver = await startArchiver(
    {
      log: log as unknown as Log,
      warehouse: {
        insert: async (table: string) => void tables.push(table),
        query: async () => [],
      } as unknown as Warehouse,
      codec,
      clock,
      logger: { info() {}, warn() {}, error() {} } as unknown as Logger,
      observe: { inserted: () => {}, failed: () => {}, buffered: () => {} },
    },
    {
      group: "test",
      topics: archivedTopics,
      flushDelayMs: 200,
      bounds: { maxRecords: 7, maxBytes: 1_000_000 },
      maxBufferedBytes: 1_000_000,
      concurrentInserts: 2,
      maxBatchRecords: 2_000,
      sessionTimeoutMs: 10_000,
    },
  );
  log.put(topicNames.customerEvents, 0, [codec.encode("tidemark.log.Clock", { at: 0, max: 250 })]);

  await vi.waitFor(() => expect(tables).toEqual(["control_records"]), 5_000);
  expect(aheadMs).toBe(0);
  await archiver.stop();
});
