import { compatibilityPartitioner, murmur2 as platformaticMurmur2 } from "@platformatic/kafka";
import { murmur2, partitionFor } from "@tidemark/runtime";
import fc from "fast-check";
import { Partitioners } from "kafkajs";
import { describe, expect, it } from "vitest";

/** Apache Kafka's clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java, testMurmur2. */
const published: readonly (readonly [key: string, hash: number])[] = [
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
];

const keys = fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes));
const counts = fc.integer({ min: 1, max: 1_000 });
const javaPartitioner = Partitioners.DefaultPartitioner();

describe("the partition of a key", () => {
  it("given keys whose hash Apache Kafka publishes, then murmur2 is that hash", () => {
    for (const [key, hash] of published) expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it("given any key, then both clients choose the same partition", () => {
    fc.assert(
      fc.property(keys, counts, (key, partitions) => {
        const chosen = partitionFor(key, partitions);
        const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
          partitionErrorCode: 0,
          partitionId,
          leader: 0,
          replicas: [],
          isr: [],
        }));
        expect(murmur2(key)).toBe(platformaticMurmur2(key));
        expect(chosen).toBe(compatibilityPartitioner({ topic: "t", value: key }, key) % partitions);
        expect(chosen).toBe(
          javaPartitioner({ topic: "t", partitionMetadata, message: { key, value: null } }),
        );
      }),
    );
  });
});
