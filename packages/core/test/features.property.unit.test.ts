import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zoneCalendar } from "../src/calendar/zone.ts";
import { ByteReader, ByteWriter } from "../src/features/bytes.ts";
import { distinctFeature } from "../src/features/distinct.ts";
import { edgeFeature } from "../src/features/edge.ts";
import type { FeatureItem, FeatureShape } from "../src/features/feature.ts";
import { periodsFeature } from "../src/features/periods.ts";
import { totalsFeature } from "../src/features/totals.ts";

const forever = Number.POSITIVE_INFINITY;
const columns = [
  { slot: 3, path: ["total"] },
  { slot: 4, path: ["items", "price"] },
];

/** Every shape, with caps low enough to be met. */
const shapes: Record<string, FeatureShape<unknown>> = Object.fromEntries(
  Object.entries({
    "rolling totals": totalsFeature({ type: "instants", retentionMs: forever }, columns, 4),
    "calendar totals": totalsFeature({ type: "quarters", retentionMs: forever }, columns),
    "a whole total": totalsFeature({ type: "whole", from: 0, to: 40 * 3_600_000, loose: false }, columns),
    "a whole total in the customer's zone": totalsFeature(
      { type: "whole", from: 100 * 3_600_000, to: 180 * 3_600_000, loose: true },
      columns,
    ),
    "the first event": edgeFeature("first", ["total"]),
    "the last event": edgeFeature("last", null),
    "newest values": distinctFeature(["items", "sku"], forever, 5),
    "days in Berlin": periodsFeature("day", zoneCalendar("Europe/Berlin")!, 3),
    "weeks in the customer's zone": periodsFeature("week", null, 2),
  }).map(([name, shape]) => [name, shape as FeatureShape<unknown>]),
);

const items = fc
  .array(
    fc.record({
      occurredAt: fc.oneof(
        fc.integer({ min: 0, max: 12 }).map((hours) => hours * 1_200_000),
        fc.integer({ min: 0, max: 300 }).map((hours) => hours * 3_600_000),
      ),
      sign: fc.constantFrom<1 | -1>(1, 1, 1, -1),
      properties: fc.record({
        total: fc.constantFrom(0.1, 0.2, -3, "12.5", "none", undefined),
        items: fc.array(
          fc.record({ price: fc.constantFrom(1.5, 2), sku: fc.constantFrom("x", "y", 7, true) }),
          { maxLength: 2 },
        ),
      }),
    }),
    { maxLength: 16 },
  )
  .map((list) => list.map((item, offset): FeatureItem => ({ ...item, partition: offset % 2, offset })));

function added(shape: FeatureShape<unknown>, list: readonly FeatureItem[]): unknown {
  const state = shape.empty();
  for (const item of list) shape.add(state, item);
  return state;
}

function bytes(shape: FeatureShape<unknown>, state: unknown): string {
  const writer = new ByteWriter();
  shape.write(writer, state);
  return [...writer.finish()].join(" ");
}

describe.each(Object.entries(shapes))("%s: a commutative monoid", (_, shape) => {
  it("given nothing to merge with, then nothing changes (identity)", () => {
    fc.assert(
      fc.property(items, (list) => {
        const state = added(shape, list);
        expect(shape.merge(shape.empty(), state)).toEqual(state);
        expect(shape.merge(state, shape.empty())).toEqual(state);
      }),
    );
  });

  it("given any split, then the merge is the whole, whichever way round (commutativity, homomorphism)", () => {
    fc.assert(
      fc.property(items, fc.array(fc.boolean(), { maxLength: 16 }), (list, sides) => {
        const left = added(
          shape,
          list.filter((__, index) => sides[index] === true),
        );
        const right = added(
          shape,
          list.filter((__, index) => sides[index] !== true),
        );
        const whole = added(shape, list);
        expect(shape.merge(left, right)).toEqual(whole);
        expect(shape.merge(right, left)).toEqual(whole);
      }),
    );
  });

  it("given three parts, then it does not matter which two are merged first (associativity)", () => {
    fc.assert(
      fc.property(items, items, items, (first, second, third) => {
        const [a, b, c] = [added(shape, first), added(shape, second), added(shape, third)];
        expect(shape.merge(shape.merge(a, b), c)).toEqual(shape.merge(a, shape.merge(b, c)));
      }),
    );
  });

  it("given any order of events, then the same is kept", () => {
    const shuffled = items.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(added(shape, other)).toEqual(added(shape, list));
      }),
    );
  });

  it("given a packed state, then reading gives it back", () => {
    fc.assert(
      fc.property(items, (list) => {
        const state = added(shape, list);
        const writer = new ByteWriter();
        shape.write(writer, state);
        const read = shape.read(new ByteReader(writer.finish()));
        expect(bytes(shape, read)).toEqual(bytes(shape, state));
        expect(shape.merge(read, shape.empty())).toEqual(read);
      }),
    );
  });
});
