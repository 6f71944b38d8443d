import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zoneCalendar } from "../src/calendar/zone.ts";
import { ByteReader, ByteWriter } from "../src/features/bytes.ts";
import { distinctFeature } from "../src/features/distinct.ts";
import { edgeFeature } from "../src/features/edge.ts";
import type { FeatureItem, FeatureShape } from "../src/features/feature.ts";
import { newestEventsFeature } from "../src/features/newest-events.ts";
import { periodsFeature } from "../src/features/periods.ts";
import { totalsFeature } from "../src/features/totals.ts";
import { holdsAlways, tellRuns } from "./support/runs.ts";

tellRuns();

const hour = 3_600_000;
const forever = Number.POSITIVE_INFINITY;
const columns = [
  { slot: 3, path: ["total"], total: "sum" as const },
  { slot: 4, path: ["items", "price"], total: "sum" as const },
  { slot: 5, path: ["total"], total: "minimum" as const },
  { slot: 6, path: ["items", "price"], total: "maximum" as const },
];
/** Caps low enough to be met. */
const [mostInstants, mostPairs, mostEvents] = [4, 5, 3];

const shapes: Record<string, FeatureShape<unknown>> = Object.fromEntries(
  Object.entries({
    "rolling totals": totalsFeature({ type: "instants", retentionMs: forever }, columns, mostInstants),
    "calendar totals": totalsFeature({ type: "quarters", retentionMs: forever }, columns),
    "a whole total": totalsFeature({ type: "whole", from: 0, to: 40 * hour, loose: false }, columns),
    "a whole total in the customer's zone": totalsFeature(
      { type: "whole", from: 100 * hour, to: 180 * hour, loose: true },
      columns,
    ),
    "totals of two days": totalsFeature(
      { type: "instants", retentionMs: 48 * hour },
      columns.slice(0, 3),
      mostInstants,
    ),
    "counts of nothing else": totalsFeature({ type: "instants", retentionMs: forever }, [], mostInstants),
    "the first event": edgeFeature("first", ["total"]),
    "the last event": edgeFeature("last", null),
    "the last of the items": edgeFeature("last", ["items", "sku"]),
    "newest values of two days": distinctFeature(["items", "sku"], 48 * hour, mostPairs),
    "newest values": distinctFeature(["items", "sku"], forever, mostPairs),
    "newest events": newestEventsFeature(mostEvents),
    "days in Berlin": periodsFeature("day", zoneCalendar("Europe/Berlin")!, 3),
    "weeks in the customer's zone": periodsFeature("week", null, 2),
  }).map(([name, shape]) => [name, shape as FeatureShape<unknown>]),
);

/** Events and what corrections take back and give anew, each with a place of its own in the log. */
const items: fc.Arbitrary<FeatureItem[]> = fc
  .array(
    fc.record({
      occurredAt: fc.oneof(
        fc.integer({ min: 0, max: 12 }).map((thirds) => thirds * 1_200_000),
        fc.integer({ min: -30, max: 300 }).map((hours) => hours * hour),
        fc.integer({ min: -1, max: 8 * hour }),
      ),
      given: fc.constantFrom(
        { sign: 1 as const, remembered: true },
        { sign: 1 as const, remembered: true },
        { sign: 1 as const, remembered: false },
        { sign: -1 as const, remembered: false },
      ),
      properties: fc.record({
        total: fc.constantFrom(0.1, 0.2, -3, "12.5", 0, "none", undefined),
        items: fc.array(
          fc.record({
            price: fc.constantFrom(1.5, 2, -7, null),
            sku: fc.constantFrom<unknown>("x", "y", "\ud800", "\ud801", 7, true, ["x", "z"]),
          }),
          { maxLength: 2 },
        ),
      }),
    }),
    { maxLength: 16, size: "max" },
  )
  .map((list) =>
    list.map(
      ({ given, ...item }, offset): FeatureItem => ({ ...item, ...given, partition: offset % 2, offset }),
    ),
  );

function added(shape: FeatureShape<unknown>, list: readonly FeatureItem[]): unknown {
  const state = shape.empty();
  for (const item of list) shape.add(state, item);
  return state;
}

function packed(shape: FeatureShape<unknown>, state: unknown): Uint8Array {
  const writer = new ByteWriter();
  shape.write(writer, state, null);
  return writer.finish();
}

describe.each(Object.entries(shapes))("%s: a commutative monoid", (_, shape) => {
  it("given nothing to merge with, then nothing changes (identity)", () => {
    holdsAlways(
      fc.property(items, (list) => {
        const state = added(shape, list);
        expect(shape.merge(shape.empty(), state)).toEqual(state);
        expect(shape.merge(state, shape.empty())).toEqual(state);
      }),
      100,
    );
  });

  it("given two parts, then it does not matter which is merged into which, and neither changes (commutativity)", () => {
    holdsAlways(
      fc.property(items, fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }), (list, sides) => {
        const part = (side: boolean) =>
          added(
            shape,
            list.filter((__, index) => sides[index] === side),
          );
        const [left, right] = [part(true), part(false)];
        expect(shape.merge(left, right)).toEqual(added(shape, list));
        expect(shape.merge(right, left)).toEqual(added(shape, list));
        expect([left, right]).toEqual([part(true), part(false)]);
      }),
      150,
    );
  });

  it("given three parts, then it does not matter which two are merged first (associativity)", () => {
    holdsAlways(
      fc.property(items, fc.array(fc.nat(2), { minLength: 16, maxLength: 16 }), (list, places) => {
        const [a, b, c] = [0, 1, 2].map((part) =>
          added(
            shape,
            list.filter((__, index) => places[index] === part),
          ),
        );
        expect(shape.merge(shape.merge(a, b), c)).toEqual(shape.merge(a, shape.merge(b, c)));
      }),
      150,
    );
  });

  it("given any order and any split into parts, packed on the way, then merging them is adding one by one", () => {
    const shuffled = items.chain((list) =>
      fc.record({
        list: fc.constant(list),
        other: fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
        ends: fc.array(fc.nat(list.length), { maxLength: 5 }).map((ends) => [...ends].sort((a, b) => a - b)),
      }),
    );
    holdsAlways(
      fc.property(shuffled, ({ list, other, ends }) => {
        const parts = [...ends, other.length].map((end, index) => other.slice(ends[index - 1] ?? 0, end));
        const merged = parts
          .map((part) => shape.read(new ByteReader(packed(shape, added(shape, part)))))
          .reduce((whole, part) => shape.merge(whole, part), shape.empty());
        expect(merged).toEqual(added(shape, list));
        expect(packed(shape, merged)).toEqual(packed(shape, added(shape, list)));
      }),
      200,
    );
  });

  it("given changes after it was packed, then packing it beside those bytes says what packing it whole does", () => {
    holdsAlways(
      fc.property(items, fc.array(fc.nat(3), { minLength: 16, maxLength: 16 }), (list, packs) => {
        const [often, once] = [shape.empty(), shape.empty()];
        let bytes: Uint8Array | null = null;
        const repack = (): void => {
          const writer = new ByteWriter();
          shape.write(writer, often, bytes && new ByteReader(bytes));
          bytes = writer.finish();
        };
        const inOrder = [...list].sort((a, b) => (packs[0] === 0 ? a.occurredAt - b.occurredAt : 0));
        inOrder.forEach((item, place) => {
          shape.add(often, item);
          shape.add(once, item);
          if (packs[place] === 0) repack();
          if (packs[place] === 1) for (const state of [often, once]) shape.trim(state, item.occurredAt);
        });
        repack();
        expect(shape.read(new ByteReader(bytes!))).toEqual(shape.read(new ByteReader(packed(shape, once))));
      }),
      400,
    );
  });

  it("given what is packed, then reading gives it back, and going on from there is going on from before", () => {
    holdsAlways(
      fc.property(items, fc.nat(16), (list, place) => {
        const [before, after] = [list.slice(0, place), list.slice(place)];
        const state = added(shape, before);
        const read = shape.read(new ByteReader(packed(shape, state)));
        expect(read).toEqual(state);
        for (const item of after) {
          shape.add(read, item);
          shape.add(state, item);
        }
        expect(read).toEqual(state);
      }),
      100,
    );
  });
});

describe("the caps of features", () => {
  const newest = <Value>(values: readonly Value[], most: number): Value[] =>
    values.slice(Math.max(0, values.length - most));
  const ascending = (instants: Iterable<number>): number[] => [...new Set(instants)].sort((a, b) => a - b);
  const instantsOf = (name: string, list: readonly FeatureItem[]) =>
    (added(shapes[name]!, list) as { readonly at: readonly number[] }).at;

  it("given more instants than are kept exactly, then the newest are, and older ones are the hours they were in", () => {
    holdsAlways(
      fc.property(items, (list) => {
        const all = ascending(list.map(({ occurredAt }) => occurredAt));
        const exact = newest(all, mostInstants);
        const hours = ascending(
          all.slice(0, all.length - exact.length).map((at) => Math.floor(at / hour) * hour),
        );
        expect(instantsOf("rolling totals", list)).toEqual([...hours, ...exact]);
      }),
      200,
    );
  });

  it("given more events of a step than are kept, then the newest are, by instant and place in the log", () => {
    holdsAlways(
      fc.property(items, (list) => {
        const events = list
          .filter(({ sign }) => sign > 0)
          .sort((a, b) => a.occurredAt - b.occurredAt || a.partition - b.partition || a.offset - b.offset);
        const { stamps } = added(shapes["newest events"]!, list) as { readonly stamps: readonly unknown[] };
        expect(stamps).toEqual(
          newest(events, mostEvents).map(({ occurredAt, partition, offset }) => ({
            occurredAt,
            partition,
            offset,
          })),
        );
      }),
      200,
    );
  });

  it("given more pairs of value and instant than are kept, then the newest are, each pair once", () => {
    holdsAlways(
      fc.property(items, (list) => {
        const pairs = list
          .filter(({ sign }) => sign > 0)
          .flatMap((item) =>
            (item.properties.items as { sku: unknown }[])
              .flatMap(({ sku }) => sku)
              // Half a surrogate pair is no letter.
              .map((sku) => ({ ...item, value: `${typeof sku} ${sku}`.toWellFormed() })),
          );
        const later = (a: FeatureItem, b: FeatureItem): number =>
          a.occurredAt - b.occurredAt || a.partition - b.partition || a.offset - b.offset;
        const last = new Map<string, (typeof pairs)[number]>();
        for (const pair of [...pairs].sort(later)) last.set(`${pair.occurredAt} ${pair.value}`, pair);
        const kept = newest([...last.values()].sort(later), mostPairs);
        expect(instantsOf("newest values", list)).toEqual(kept.map(({ occurredAt }) => occurredAt));
      }),
      200,
    );
  });
});
