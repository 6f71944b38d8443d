import { expect, it } from "vitest";
import { createMemoryLog } from "../src/index.ts";

it("given a log in memory, when an answer is lost as the README says, then the record is there all the same", async () => {
  const log = createMemoryLog();
  await log.ensureTopics([{ name: "orders", partitions: 1, replicas: 1, settings: {} }]);
  await log.append("orders", 0, [{ key: null, value: Buffer.from("first") }]);
  log.failAppends(1, "ambiguous");
  const append = log.append("orders", 0, [{ key: null, value: Buffer.from("second") }]);
  await expect(append).rejects.toMatchObject({ kind: "ambiguous" });
  expect(log.records("orders", 0).map(({ value }) => String(value))).toEqual(["first", "second"]);
});
