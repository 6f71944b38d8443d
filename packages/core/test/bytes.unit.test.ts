import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../src/features/bytes.ts";

/** Bytes that a LEB128 varint of this number takes: seven bits each. */
const varintBytes: readonly (readonly [length: number, bytes: number])[] = [
  [0, 1],
  [127, 1],
  [128, 2],
  [16_383, 2],
  [16_384, 3],
  [2_097_151, 3],
  [2_097_152, 4],
];

describe("blocks", () => {
  it.each(varintBytes)(
    "given a block of %i bytes, then its length takes %i more and all is read back",
    (length, bytes) => {
      const content = Uint8Array.from({ length }, (_, at) => (at * 31) % 251);
      const writer = new ByteWriter();
      writer.text("before");
      writer.block(() => writer.raw(content));
      writer.text("after");
      const written = writer.finish();
      expect(written.length).toBe("before".length + 1 + bytes + length + "after".length + 1);
      const reader = new ByteReader(written);
      expect(reader.text()).toBe("before");
      expect(Buffer.compare(reader.block(), content)).toBe(0);
      expect(reader.text()).toBe("after");
    },
  );
});
