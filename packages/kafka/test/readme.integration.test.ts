import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { createLog } from "../src/index.ts";
import { brokers, quietLogger as logger } from "./real-broker.ts";

it("the README's example: given a greeting appended, then it is read and its position is committed", async () => {
  const [topic, group] = [`readme-${randomUUID()}`, `group-${randomUUID()}`];
  const greetings: string[] = [];

  const log = await createLog({ client: "platformatic", brokers: brokers(), clientId: "example", logger });
  await log.ensureTopics([{ name: topic, partitions: 4, replicas: 1, settings: {} }]);
  const key = Buffer.from("customer:1");
  const partition = log.partitionFor(key, 4);
  const { baseOffset } = await log.append(topic, partition, [{ key, value: Buffer.from("hello") }]);

  const consumption = await log.consume({
    group,
    topics: [topic],
    maxBatchRecords: 500,
    sessionTimeoutMs: 10_000,
    onAssigned: async (gained) => gained.map((place) => ({ ...place, offset: 0 })),
    onRevoked: async (lost) => logger.info({ lost }, "given up"),
    onBatch: async (place, records) => {
      for (const { value } of records) greetings.push(String(value));
      const offset = (records.at(-1)?.offset ?? 0) + 1;
      await consumption.commit([{ ...place, offset, metadata: "anything" }]);
    },
  });

  await expect
    .poll(async () => (await log.committed(group, topic))[partition], { timeout: 30_000 })
    .toEqual({ offset: 1, metadata: "anything" });
  expect(baseOffset).toBe(0);
  expect(greetings).toEqual(["hello"]);
  await consumption.stop();
  await log.close();
});
