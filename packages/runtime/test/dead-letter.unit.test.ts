import { describe, expect, it } from "vitest";
import { deadLetterRecord, type LogRecord, maxBatchBytes, recordBatches, recordBytes } from "../src/index.ts";

const original: LogRecord = {
  topic: "orders",
  partition: 3,
  offset: 41,
  timestamp: 1_700_000_000_000,
  key: Buffer.from("anything"),
  value: Buffer.from([0xff, 0x00, 0x7b]),
  headers: [
    ["trace", Buffer.from("abc")],
    ["trace", Buffer.from([0xfe])],
  ],
};
const faults = [{ path: "total", found: '"ten"', expected: "a number" }];

function headersOf(record: ReturnType<typeof deadLetterRecord>): Record<string, string> {
  return Object.fromEntries((record.headers ?? []).map(([name, value]) => [name, value.toString()]));
}

describe("a dead letter", () => {
  it("keeps the original's bytes and headers and says where it came from and what is wrong", () => {
    const letter = deadLetterRecord({ record: original, reason: "invalid", faults }, "orders");
    expect(letter.key?.toString()).toBe("orders/3/41");
    expect(letter.value).toEqual(Buffer.from([0xff, 0x00, 0x7b]));
    expect(letter.headers?.slice(0, 2)).toEqual(original.headers);
    expect(headersOf(letter)).toMatchObject({
      "tidemark-topic": "orders",
      "tidemark-partition": "3",
      "tidemark-offset": "41",
      "tidemark-timestamp": "1700000000000",
      "tidemark-reason": "invalid",
      "tidemark-faults": '[{"path":"total","found":"\\"ten\\"","expected":"a number"}]',
      "tidemark-service": "orders",
    });
  });

  it("keeps a record without a value as one without a value", () => {
    const letter = deadLetterRecord({ record: { ...original, value: null }, reason: "x", faults }, "orders");
    expect(letter.value).toBeNull();
  });

  it("is cut, and says so, where the original would not fit into a message", () => {
    const value = Buffer.alloc(5_000_000, 7);
    const letter = deadLetterRecord({ record: { ...original, value }, reason: "x", faults }, "orders");
    expect(recordBytes(letter)).toBeLessThan(1_048_576);
    expect(headersOf(letter)["tidemark-truncated"]).toBe("5000000");
  });

  it("stays small where the original has more headers than a message may", () => {
    const headers = [["big", Buffer.alloc(1_040_000)]] as const;
    const letter = deadLetterRecord({ record: { ...original, headers }, reason: "x", faults }, "orders");
    expect(recordBytes(letter)).toBeLessThan(10_000);
    expect(letter.value).toEqual(original.value);
  });

  it("lists a hundred faults and says how many more there are", () => {
    const many = Array.from({ length: 130 }, (_, at) => ({
      path: `items[${at}]`,
      found: "x",
      expected: "y",
    }));
    const letter = deadLetterRecord({ record: original, reason: "x", faults: many }, "orders");
    const listed = JSON.parse(headersOf(letter)["tidemark-faults"] ?? "[]");
    expect(listed).toHaveLength(101);
    expect(listed[100]).toEqual({ path: "", found: "30 more faults", expected: "none" });
  });
});

describe("record batches", () => {
  it("hold every record once, in order, each batch below the limit", () => {
    const sizes = [10, 300_000, 300_000, 300_000, 900_000, 5];
    const records = sizes.map((size, at) => ({ key: Buffer.from(String(at)), value: Buffer.alloc(size) }));
    const batches = [...recordBatches(records)];
    expect(batches.map((batch) => batch.map(({ key }) => Number(key)))).toEqual([[0, 1, 2], [3], [4], [5]]);
    for (const batch of batches.filter(({ length }) => length > 1)) {
      expect(batch.reduce((sum, record) => sum + recordBytes(record), 0)).toBeLessThanOrEqual(maxBatchBytes);
    }
  });
});
