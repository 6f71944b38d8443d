import { describe, expect, it } from "vitest";
import { hashSlot } from "../src/hash-slot.ts";

describe("the slot of a key", () => {
  // Redis Cluster specification, appendix A: the CRC16 of "123456789" is 0x31C3, below 16,384 it is itself.
  it("given the specification's example, then it is the one that stands there", () => {
    expect(hashSlot("123456789")).toBe(0x31c3);
  });

  // `CLUSTER KEYSLOT` of Redis 7.0.
  it.each([
    ["0", 13_907],
    ["1", 9_842],
    ["31", 14_004],
    ["foo", 12_182],
  ])("given %s, then it is what Redis says", (text, slot) => {
    expect(hashSlot(text)).toBe(slot);
  });
});
