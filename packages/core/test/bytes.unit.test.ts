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
      const start = writer.beginBlock();
      writer.raw(content);
      expect(writer.endBlock(start)).toBe(length);
      writer.text("after");
      const written = writer.finish();
      expect(written.length).toBe("before".length + 1 + bytes + length + "after".length + 1);
      const reader = new ByteReader(written);
      expect(reader.text()).toBe("before");
      expect(Buffer.compare(reader.raw(reader.unsigned()), content)).toBe(0);
      expect(reader.text()).toBe("after");
    },
  );
});

describe("signed numbers", () => {
  const edges = [
    0,
    63,
    64,
    8_191,
    8_192,
    2 ** 30 - 1,
    2 ** 30,
    2 ** 31,
    2 ** 52 - 1,
    2 ** 52,
    Number.MAX_SAFE_INTEGER,
  ];
  it.each([...edges, ...edges.map((edge) => -edge - 1), -6e15, Number.MIN_SAFE_INTEGER])(
    "given %d, then it is read back",
    (value) => {
      const writer = new ByteWriter();
      writer.signed(value);
      writer.text("after");
      const reader = new ByteReader(writer.finish());
      expect(reader.signed()).toBe(value);
      expect(reader.text()).toBe("after");
    },
  );

  it.each([
    [63, 1],
    [-64, 1],
    [64, 2],
    [2 ** 30 - 1, 5],
    [2 ** 30, 5],
    [-(2 ** 34), 5],
    [2 ** 34, 6],
  ])("given %d, then it takes %i bytes: seven bits each, one of them the sign", (value, bytes) => {
    const writer = new ByteWriter();
    writer.signed(value);
    expect(writer.finish().length).toBe(bytes);
  });
});

describe("values of JSON", () => {
  // Twice 12.5 is a whole number, but 12.5 is none.
  const numbers = [0, 7, -7, 0.5, 12.5, -12.5, 12.4999, 1e300, Number.MAX_SAFE_INTEGER];
  it.each([null, true, false, "", "12.5", [1.5, "a"], { a: [null] }, ...numbers])(
    "given %j, then it is read back",
    (value) => {
      const writer = new ByteWriter();
      writer.value(value);
      writer.text("after");
      const reader = new ByteReader(writer.finish());
      expect(reader.value()).toEqual(value);
      expect(reader.text()).toBe("after");
    },
  );
});
