import { randomUUID } from "node:crypto";
import { createLocalCodec, topicNames } from "@tidemark/contracts";
import { createLog } from "@tidemark/kafka";
import { type Log, type Logger, type RunningService, systemClock } from "@tidemark/runtime";
import { expect, test } from "vitest";
import { startArchiver } from "../src/index.ts";
import { customerEvent } from "./samples.ts";
import { testWarehouse } from "./test-warehouse.ts";

const brokers = (process.env.KAFKA_BROKERS ?? "127.0.0.1:9092").split(",");
const partitions = 4;
const silent = () => {};
const logger = {
  info: silent,
  warn: silent,
  error: silent,
  debug: silent,
  trace: silent,
  fatal: silent,
} as unknown as Logger;

test("given members that come and go on a real broker, then every record is a row exactly once", async () => {
  const codec = createLocalCodec();
  await codec.prepare(topicNames.customerEvents, ["tidemark.log.CustomerEvent"]);
  const { warehouse, remove } = await testWarehouse();
  const topic = `archived-${randomUUID()}`;
  const group = `group-${randomUUID()}`;
  const newLog = () => createLog({ client: "platformatic", brokers, clientId: "test", logger });
  const log = await newLog();
  await log.ensureTopics([
    { name: topic, partitions, replicas: 1, settings: { "message.timestamp.type": "LogAppendTime" } },
  ]);

  const start = async (): Promise<{ service: RunningService; log: Log }> => {
    const own = await newLog();
    const service = await startArchiver(
      {
        log: own,
        warehouse,
        codec,
        clock: systemClock,
        logger,
        observe: { inserted: silent, failed: silent, buffered: silent },
      },
      {
        group,
        topics: [topic],
        flushDelayMs: 20,
        bounds: { maxRecords: 40, maxBytes: 1_000_000 },
        maxBufferedBytes: 100_000,
        sessionTimeoutMs: 6_000,
        concurrentInserts: 2,
        maxBatchRecords: 2_000,
      },
    );
    return { service, log: own };
  };
  let sent = 0;
  const produce = async (rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      for (let partition = 0; partition < partitions; partition += 1) {
        const values = Array.from({ length: 25 }, () =>
          codec.encode("tidemark.log.CustomerEvent", customerEvent({ sourceOffset: sent++ })),
        );
        await log.append(
          topic,
          partition,
          values.map((value) => ({ key: null, value })),
        );
      }
    }
  };

  const first = await start();
  await produce(10);
  const second = await start();
  await produce(10);
  await first.service.stop();
  await produce(10);
  const ends = await log.endOffsets(topic);
  for (;;) {
    const committed = await log.committed(group, topic);
    const isDrained = committed.every(
      (position, partition) =>
        position?.offset === ends[partition] && JSON.parse(position?.metadata ?? "{}").end === undefined,
    );
    if (isDrained) break;
    await systemClock.sleep(100);
  }
  await second.service.stop();

  expect(ends).toEqual([750, 750, 750, 750]);
  expect(
    await warehouse.query(
      "SELECT count() AS rows, uniqExact(kafka_partition, offset) AS places, uniqExact(source_offset) AS sources FROM customer_events",
    ),
  ).toEqual([{ rows: 3_000, places: 3_000, sources: 3_000 }]);
  for (const opened of [first.log, second.log, log]) await opened.close();
  await remove();
});
