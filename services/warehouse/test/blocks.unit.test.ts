import { firstCursor } from "@tidemark/contracts";
import type { LogRecord } from "@tidemark/runtime";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attributeValues } from "../src/attribute-values.ts";
import { cutBlock, encodeMetadata, parseMetadata, recordBytes } from "../src/block.ts";
import { dateTime, readableJson } from "../src/rows.ts";

const topic = "customer-events";
const newRecord = (offset: number, timestamp: number, bytes: number): LogRecord => ({
  topic,
  partition: 3,
  offset,
  timestamp,
  key: null,
  value: Buffer.alloc(bytes),
  headers: [],
});

/** Offsets with holes, append times around the turn of a month. */
const someRecords = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 3 }),
      ms: fc.integer({ min: 0, max: 5 }),
      bytes: fc.nat(300),
    }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map((steps) => {
    let offset = 10;
    let timestamp = Date.UTC(2026, 4, 31, 23, 59, 59, 950);
    return steps.map(({ gap, ms, bytes }) => {
      offset += gap;
      timestamp += ms;
      return newRecord(offset, timestamp, bytes);
    });
  });

describe("blocks", () => {
  test("W3: blocks cover the records without hole or overlap, each within its bounds and one month", () => {
    fc.assert(
      fc.property(someRecords, fc.integer({ min: 1, max: 20 }), (records, maxRecords) => {
        const bounds = { maxRecords, maxBytes: 600 };
        let rest: readonly LogRecord[] = records;
        let start = 5;
        while (rest.length > 0) {
          const { block, records: taken } = cutBlock(
            { topic, partition: 3 },
            start,
            firstCursor,
            rest,
            bounds,
          );
          expect(block.start).toBe(start);
          expect(block.end).toBe((taken.at(-1)?.offset ?? 0) + 1);
          expect(taken).toEqual(rest.slice(0, taken.length));
          expect(taken.length).toBeLessThanOrEqual(maxRecords);
          const bytes = taken.reduce((sum, record) => sum + recordBytes(record), 0);
          expect(taken.length === 1 || bytes <= 600).toBe(true);
          expect(new Set(taken.map(({ timestamp }) => new Date(timestamp).getUTCMonth())).size).toBe(1);
          rest = rest.slice(taken.length);
          start = block.end;
        }
      }),
    );
  });

  test("given what a commit carries, when it is read again, then it is the same", () => {
    for (const metadata of [
      { sequence: 4, epoch: 2, end: 100, token: "t" },
      { sequence: 0, epoch: 0 },
    ]) {
      expect(parseMetadata(encodeMetadata(metadata))).toEqual(metadata);
    }
  });

  test("given metadata of somebody else, then they are refused", () => {
    for (const text of ["", "null", "{}", "hello", '{"sequence":-2,"epoch":0}']) {
      expect(() => parseMetadata(text)).toThrow("not ours");
    }
  });
});

describe("values of rows", () => {
  test("given attributes, then each leaf stands under its path as JSON", () => {
    expect({ ...attributeValues('{"a":{"b":1,"c":{"d":null}},"e":[{"f":1}],"g":{},"h":"x"}') }).toEqual({
      "a.b": "1",
      "a.c.d": "null",
      e: '[{"f":1}]',
      "g.": "null",
      h: '"x"',
    });
    expect({ ...attributeValues(null) }).toEqual({});
    expect({ ...attributeValues("not json") }).toEqual({});
    expect(Object.keys(attributeValues('{"__proto__":{"x":1}}'))).toEqual(["__proto__.x"]);
  });

  test("given an instant, then it is text in UTC, bounded by what the column holds", () => {
    expect(dateTime(0)).toBe("1970-01-01 00:00:00.000");
    expect(dateTime(-1)).toBe("1969-12-31 23:59:59.999");
    expect(dateTime(Number.MAX_SAFE_INTEGER)).toBe("2299-12-31 23:59:59.999");
    expect(dateTime(-Number.MAX_SAFE_INTEGER)).toBe("1900-01-01 00:00:00.000");
  });
});

describe("properties as ClickHouse can read them", () => {
  test.each([
    ['{"a":"x\\ud800"}', '{"a":"x\\ufffd"}'],
    ['{"a":"\\udc00\\ud83d\\ude00\\ud800"}', '{"a":"\\ufffd\\ud83d\\ude00\\ufffd"}'],
    // A backslash and six letters are no surrogate.
    ['{"a":"\\\\ud800"}', '{"a":"\\\\ud800"}'],
    ['{"a":"\\\\\\ud800"}', '{"a":"\\\\\\ufffd"}'],
    ['{"a":"\\u00e4 ü 😀"}', '{"a":"\\u00e4 ü 😀"}'],
    // 64 bits hold -2^63 to 2^64 - 1.
    ['{"a":18446744073709551615}', '{"a":18446744073709551615}'],
    ['{"a":18446744073709551616,"b":[1]}', '{"a":18446744073709551616e0,"b":[1]}'],
    ["[-9223372036854775808,-9223372036854775809]", "[-9223372036854775808,-9223372036854775809e0]"],
    ['{"a":"\\"99999999999999999999"}', '{"a":"\\"99999999999999999999"}'],
    [
      '{"a":0.99999999999999999999,"b":99999999999999999999.5}',
      '{"a":0.99999999999999999999,"b":99999999999999999999.5}',
    ],
    [
      '{"a":1e-99999999999999999999,"b":99999999999999999999e1}',
      '{"a":1e-99999999999999999999,"b":99999999999999999999e1}',
    ],
  ])("given %s, then it is archived as %s", (given, expected) => {
    expect(readableJson(given)).toBe(expected);
  });
});
