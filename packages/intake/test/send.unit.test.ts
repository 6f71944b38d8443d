import { maxBatchBytes, recordBytes } from "@tidemark/runtime";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutSends, type Prepared } from "../src/send.ts";

/** Source records with gaps between their offsets, each giving up to three records of any size. */
const stream = fc.array(
  fc.record({
    gap: fc.integer({ min: 1, max: 3 }),
    outgoing: fc.array(
      fc.record({ partition: fc.integer({ min: 0, max: 2 }), bytes: fc.integer({ min: 1, max: 300_000 }) }),
      { maxLength: 3 },
    ),
  }),
  { maxLength: 25 },
);

type Stream = typeof stream extends fc.Arbitrary<infer Value> ? Value : never;

function preparedOf(list: Stream): readonly Prepared[] {
  let offset = -1;
  return list.map(({ gap, outgoing }): Prepared => {
    offset += gap;
    return {
      offset,
      timestamp: 0,
      outgoing: outgoing.map(({ partition, bytes }, ordinal) => ({
        topic: "events",
        partition,
        record: { key: Buffer.from(`${offset}/${ordinal}`), value: Buffer.alloc(bytes) },
      })),
      events: outgoing.length,
      refused: null,
    };
  });
}

describe("given what the records of a source partition give", () => {
  it("sends hold all of it in order, one batch a target, below the limit, and none crosses the border", () => {
    fc.assert(
      fc.property(stream, fc.option(fc.integer({ min: 0, max: 60 })), (list, border) => {
        const prepared = preparedOf(list);
        const sends = [...cutSends(prepared, border)];
        const sent = sends.flatMap((send) => send.prepared);
        expect(sent.length === prepared.length && sent.every((one, at) => one === prepared[at])).toBe(true);
        for (const { prepared: part, batches, end } of sends) {
          const offsets = part.map(({ offset }) => offset);
          expect(end).toBe(Math.max(...offsets) + 1);
          if (border !== null) expect(new Set(offsets.map((offset) => offset < border)).size).toBe(1);
          expect(new Set(batches.map(({ partition }) => partition)).size).toBe(batches.length);
          for (const { partition, records } of batches) {
            const own = part.flatMap(({ outgoing }) =>
              outgoing.filter((target) => target.partition === partition),
            );
            expect(records.map(({ key }) => key?.toString())).toEqual(
              own.map(({ record }) => record.key?.toString()),
            );
            const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
            const sources = new Set(records.map(({ key }) => key?.toString().split("/")[0]));
            if (sources.size > 1) expect(bytes).toBeLessThanOrEqual(maxBatchBytes);
            else expect(bytes).toBeLessThan(1_048_576);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it("what fits goes out together", () => {
    const small = Array.from({ length: 500 }, (_, offset): Prepared => {
      const record = { key: null, value: Buffer.alloc(100) };
      return {
        offset,
        timestamp: 0,
        outgoing: [{ topic: "events", partition: 0, record }],
        events: 1,
        refused: null,
      };
    });
    expect([...cutSends(small, null)]).toHaveLength(1);
    expect([...cutSends(small, 200)].map(({ end }) => end)).toEqual([200, 500]);
    expect([...cutSends(small, 500)]).toHaveLength(1);
    expect([...cutSends([], null)]).toEqual([]);
  });
});
