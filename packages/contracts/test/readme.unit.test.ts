import { expect, it } from "vitest";
import { createLocalCodec, topicNames } from "../src/index.ts";

it("given a record, when it is encoded and decoded as the README does, then it is the same", async () => {
  const codec = createLocalCodec();
  await codec.prepare(topicNames.customerEvents, ["tidemark.log.Clock"]);
  const bytes = codec.encode("tidemark.log.Clock", { at: 1_000, max: 250 });
  // 0x00 and the schema's id as four bytes (Confluent's wire format), then two Avro longs: zigzag 2000 and 500.
  expect(bytes[0]).toBe(0);
  expect([...bytes.subarray(5)]).toEqual([0xd0, 0x0f, 0xf4, 0x03]);
  expect(codec.decodeSync(bytes)).toEqual({ type: "tidemark.log.Clock", value: { at: 1_000, max: 250 } });
});
