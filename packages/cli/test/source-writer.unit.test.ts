import { systemClock } from "@tidemark/runtime";
import { createMemoryLog } from "@tidemark/testkit";
import { describe, expect, test } from "vitest";
import { type SourceRecord, writeSource } from "../src/load/source-writer.ts";

const clock = { ...systemClock, sleep: async () => {} };
const topic = "orders";

const records = (count: number): SourceRecord[] =>
  Array.from({ length: count }, (_, at) => ({ key: `c${at % 17}`, value: Buffer.from(String(at)) }));

const openLog = async () => {
  const log = createMemoryLog();
  await log.ensureTopics([{ name: topic, partitions: 3, replicas: 1, settings: {} }]);
  const valuesOf = (): number[][] =>
    [0, 1, 2].map((partition) => log.records(topic, partition).map(({ value }) => Number(value?.toString())));
  return { log, valuesOf };
};

describe("filling a source topic", () => {
  test("given many records, when they are written, then each is there once and every customer's are in order", async () => {
    const { log, valuesOf } = await openLog();
    let written = 0;
    await writeSource({ log, clock }, topic, records(5_000), (count) => {
      written = count;
    });
    expect(written).toBe(5_000);
    const values = valuesOf();
    expect(values.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 5_000 }, (_, at) => at));
    for (const partition of values) expect(partition).toEqual([...partition].sort((a, b) => a - b));
  });

  test("given a load that was cut off anywhere, when the same records are written again, then the topic is as if nothing had happened", async () => {
    const whole = await openLog();
    await writeSource({ log: whole.log, clock }, topic, records(5_000));
    for (const cut of [1, 999, 2_500, 5_000]) {
      const { log, valuesOf } = await openLog();
      await writeSource({ log, clock }, topic, records(5_000).slice(0, cut));
      await writeSource({ log, clock }, topic, records(5_000));
      expect(valuesOf()).toEqual(whole.valuesOf());
    }
  });

  test.each(["retry", "ambiguous"] as const)(
    "given appends that fail (%s), when they are tried again, then nothing is lost and nothing comes twice",
    async (kind) => {
      const { log, valuesOf } = await openLog();
      log.failAppends(2, kind);
      await writeSource({ log, clock }, topic, records(100));
      expect(valuesOf().flat()).toHaveLength(100);
    },
  );

  test("given an append that cannot succeed, when it fails, then the load fails", async () => {
    const { log } = await openLog();
    log.failAppends(1, "fatal");
    await expect(writeSource({ log, clock }, topic, records(100))).rejects.toThrow(
      "failed as the test wanted",
    );
  });
});
