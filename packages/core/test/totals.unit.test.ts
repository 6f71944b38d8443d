/** Windowed totals and periods by hand: how instants become bins, what is taken back, and what is left out. */
import { describe, expect, it } from "vitest";
import { zoneCalendar } from "../src/calendar/zone.ts";
import { ByteReader, ByteWriter } from "../src/features/bytes.ts";
import type { FeatureShape } from "../src/features/feature.ts";
import { periodsFeature, periodsNewestFirst } from "../src/features/periods.ts";
import { type Bins, type Totals, totalsFeature } from "../src/features/totals.ts";
import type { TotalsColumnSpec } from "../src/features/totals-column.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const forever = Number.POSITIVE_INFINITY;
const instants: Bins = { type: "instants", retentionMs: forever };
const sum: TotalsColumnSpec = { slot: 3, path: ["total"], total: "sum" };
const least: TotalsColumnSpec = { slot: 4, path: ["total"], total: "minimum" };
const most: TotalsColumnSpec = { slot: 5, path: ["total"], total: "maximum" };

type Given = readonly [at: number, total?: unknown, sign?: 1 | -1];
function add<State>(shape: FeatureShape<State>, state: State, ...given: readonly Given[]): State {
  given.forEach(([occurredAt, total, sign = 1], offset) => {
    const properties = total === undefined ? {} : { total };
    shape.add(state, { occurredAt, partition: 0, offset, sign, remembered: sign > 0, properties });
  });
  return state;
}
const made = <State>(shape: FeatureShape<State>, ...given: readonly Given[]): State =>
  add(shape, shape.empty(), ...given);
const of = <Value>(running: readonly Value[]): number[] =>
  running.slice(1).map((value, place) => Number(value) - Number(running[place]));
/** Bins, how many of them are hours, and how many events each has. */
const binsOf = ({ at, hours, counts }: Totals) => ({ at, hours, counts: of(counts) });
function packed<State>(shape: FeatureShape<State>, state: State, before: Uint8Array | null = null) {
  const writer = new ByteWriter();
  shape.write(writer, state, before && new ByteReader(before));
  return writer.finish();
}
const read = <State>(shape: FeatureShape<State>, bytes: Uint8Array): State =>
  shape.read(new ByteReader(bytes));

describe("bins of a window that rolls", () => {
  const shape = totalsFeature(instants, [sum], 3);

  it("given instants in any order and twice, then each is one bin", () => {
    expect(binsOf(made(shape, [30], [10], [20], [10], [20], [10]))).toEqual({
      at: [10, 20, 30],
      hours: 0,
      counts: [3, 2, 1],
    });
  });

  it("given more than are kept exactly, then the oldest go into their hours", () => {
    const state = made(shape, [hour + 1], [hour + 2], [hour + 3], [2 * hour + 4]);
    expect(binsOf(state)).toEqual({
      at: [hour, hour + 2, hour + 3, 2 * hour + 4],
      hours: 1,
      counts: [1, 1, 1, 1],
    });
    // The next of that hour joins it, one of the hour after begins another.
    add(shape, state, [2 * hour + 5], [2 * hour + 6], [2 * hour + 7]);
    expect(binsOf(state)).toEqual({
      at: [hour, 2 * hour, 2 * hour + 5, 2 * hour + 6, 2 * hour + 7],
      hours: 2,
      counts: [3, 1, 1, 1, 1],
    });
  });

  it("given an old instant while all exact ones are newer, then it goes into its hour, made where it was not there", () => {
    const state = made(shape, [5 * hour], [5 * hour + 1], [5 * hour + 2]);
    add(shape, state, [3 * hour + 7], [4 * hour + 8], [3 * hour + 9], [4 * hour - 1], [hour]);
    expect(binsOf(state)).toEqual({
      at: [hour, 3 * hour, 4 * hour, 5 * hour, 5 * hour + 1, 5 * hour + 2],
      hours: 3,
      counts: [1, 3, 1, 1, 1, 1],
    });
  });

  it("given an exact instant at the start of an hour that is there, then both stay", () => {
    const state = made(shape, [hour + 1], [hour + 2], [hour + 3], [hour + 4]);
    expect(binsOf(state)).toEqual({
      at: [hour, hour + 2, hour + 3, hour + 4],
      hours: 1,
      counts: [1, 1, 1, 1],
    });
    // As many are exact: an older one joins the hour, the oldest exact one is found again.
    add(shape, state, [hour], [hour + 2]);
    expect(binsOf(state)).toEqual({
      at: [hour, hour + 2, hour + 3, hour + 4],
      hours: 1,
      counts: [2, 2, 1, 1],
    });
  });

  it("given that all that was exact expired, then a new instant is exact though its hour is there no more", () => {
    const short = totalsFeature({ type: "instants", retentionMs: hour }, [sum], 2);
    const state = made(short, [10], [20], [30], [2 * hour]);
    expect(state.hours).toBe(1);
    short.trim(state, hour + 10);
    // At most an hour old: what was at 10 is in the hour 0, and goes.
    expect(binsOf(state)).toEqual({ at: [30, 2 * hour], hours: 0, counts: [1, 1] });
    short.trim(state, 9 * hour);
    expect(binsOf(state)).toEqual({ at: [], hours: 0, counts: [] });
    expect(binsOf(add(short, state, [9 * hour, 5]))).toEqual({ at: [9 * hour], hours: 0, counts: [1] });
    expect(of(state.columns[0]!.totals)).toEqual([50_000]);
  });

  it("given what lies at the edge of the window, then it is gone, and what is a millisecond younger is not", () => {
    const short = totalsFeature({ type: "instants", retentionMs: 100 }, [sum]);
    const state = made(short, [0, 1], [1, 2], [2, 4]);
    short.trim(state, 100);
    expect(binsOf(state)).toEqual({ at: [1, 2], hours: 0, counts: [1, 1] });
    expect(of(state.columns[0]!.totals)).toEqual([20_000, 40_000]);
    short.trim(state, 100);
    expect(state.at).toEqual([1, 2]);
  });
});

describe("bins of other windows", () => {
  it("given calendar windows, then quarters of an hour", () => {
    const shape = totalsFeature({ type: "quarters", retentionMs: day }, []);
    const state = made(shape, [0], [15 * minute - 1], [15 * minute], [-1], [hour + 7]);
    expect(binsOf(state)).toEqual({
      at: [-15 * minute, 0, 15 * minute, hour],
      hours: 0,
      counts: [1, 2, 1, 1],
    });
    shape.trim(state, day);
    expect(state.at).toEqual([15 * minute, hour]);
  });

  it("given a window between two instants, then one bin of what is in it, its beginning included and its end not", () => {
    const shape = totalsFeature({ type: "whole", from: 100, to: 200, loose: false }, []);
    expect(binsOf(made(shape, [99], [200], [201]))).toEqual({ at: [], hours: 0, counts: [] });
    const state = made(shape, [99], [100], [150], [199], [200]);
    expect(of(state.counts)).toEqual([3]);
    shape.trim(state, forever);
    expect(of(state.counts)).toEqual([3]);
  });

  it("given edges that are days of a zone that may change, then quarters of an hour up to 16 hours from them", () => {
    const [from, to] = [10 * day, 20 * day];
    const shape = totalsFeature({ type: "whole", from, to, loose: true }, []);
    const edge = 16 * hour;
    const state = made(
      shape,
      [from - edge - 1],
      [from - edge],
      [from + edge],
      [from + edge + 1],
      [to - edge - 1],
      [to - edge],
      [to + edge],
      [to + edge + 1],
    );
    expect(binsOf(state)).toEqual({
      at: [from - edge, from + edge, from + edge + 1, to - edge, to + edge],
      hours: 0,
      counts: [1, 1, 2, 1, 1],
    });
  });
});

describe("totals of properties", () => {
  const shape = totalsFeature(instants, [sum, least, most], 2);

  it("given numbers, text that is one, and none, then sums and extremes of those that are", () => {
    const { columns, counts } = made(shape, [5, 2], [5, "-0.5"], [5, "many"], [5], [6, 4], [6, 4]);
    expect(of(counts)).toEqual([4, 2]);
    const [total, minimum, maximum] = columns;
    expect([of(total!.counts), of(total!.totals), total!.negatives]).toEqual([[2, 2], [15_000, 80_000], 0]);
    expect([of(minimum!.counts), minimum!.totals]).toEqual([
      [2, 2],
      [-5_000, 40_000],
    ]);
    expect([of(maximum!.counts), maximum!.totals]).toEqual([
      [2, 2],
      [20_000, 40_000],
    ]);
  });

  it("given what is taken back, then sums and counts know, extremes do not, and bins below nothing are counted", () => {
    const state = made(shape, [5, 2], [6, 3], [5, 2, -1], [6, 4, -1], [6, 4, -1]);
    expect([of(state.counts), state.negatives]).toEqual([[0, -1], 1]);
    const [total, minimum] = state.columns;
    expect([of(total!.counts), of(total!.totals), total!.negatives]).toEqual([[0, -1], [0, -50_000], 1]);
    expect([of(minimum!.counts), minimum!.totals]).toEqual([
      [1, 1],
      [20_000, 30_000],
    ]);
    // Its hour takes in 0 and -1, and then one more.
    add(shape, state, [7, 1], [8, 1]);
    expect([state.at, state.hours, of(state.counts), state.negatives]).toEqual([[0, 7, 8], 1, [-1, 1, 1], 1]);
    expect([of(total!.totals), total!.negatives]).toEqual([[-50_000, 10_000, 10_000], 1]);
    expect(minimum!.totals).toEqual([20_000, 10_000, 10_000]);
    add(shape, state, [9, 1]);
    expect([of(state.counts), state.negatives]).toEqual([[0, 1, 1], 0]);
    add(shape, state, [10, 9], [11, 9], [12, 9]);
    // -5 + 1 + 1 + 1 + 9.
    expect([of(total!.totals), total!.negatives]).toEqual([[70_000, 90_000, 90_000], 0]);
  });

  it("given bins that expire, then what is below nothing among them is counted no more", () => {
    const short = totalsFeature({ type: "instants", retentionMs: 100 }, [sum, least]);
    const state = made(short, [0, 5, -1], [50, 7], [60, 9, -1]);
    expect([state.negatives, state.columns[0]!.negatives]).toEqual([2, 2]);
    short.trim(state, 120);
    expect(binsOf(state)).toEqual({ at: [50, 60], hours: 0, counts: [1, -1] });
    expect([state.negatives, state.columns[0]!.negatives]).toEqual([1, 1]);
    expect(of(state.columns[0]!.totals)).toEqual([70_000, -90_000]);
    expect(state.columns[1]!.totals).toEqual([70_000, 0]);
    short.trim(state, 200);
    expect([state.at, state.negatives, state.columns[0]!.negatives]).toEqual([[], 0, 0]);
  });

  it("given two parts, then merging adds bin by bin, hours to hours", () => {
    const a = made(shape, [hour + 1, 1], [hour + 2, 2], [2 * hour, 3]);
    const b = made(shape, [hour + 3, 4], [2 * hour, 5], [3 * hour, 6]);
    const merged = shape.merge(a, b);
    expect(binsOf(merged)).toEqual({
      at: [hour, 2 * hour, 3 * hour],
      hours: 1,
      counts: [3, 2, 1],
    });
    const [total, minimum, maximum] = merged.columns;
    expect(of(total!.totals)).toEqual([70_000, 80_000, 60_000]);
    expect(minimum!.totals).toEqual([10_000, 30_000, 60_000]);
    expect(maximum!.totals).toEqual([40_000, 50_000, 60_000]);
    expect(a.at).toEqual([hour, hour + 2, 2 * hour]);
  });
});

describe("totals as bytes", () => {
  const all = [sum, least, most];
  // Whole seconds, cents and the like take shorter forms than what needs every digit.
  const histories: readonly (readonly [string, readonly Given[]])[] = [
    ["nothing", []],
    ["hours and whole numbers", Array.from({ length: 12 }, (_, place): Given => [place * hour, place])],
    [
      "quarters and cents",
      Array.from({ length: 12 }, (_, place): Given => [place * 15 * minute, place / 100]),
    ],
    ["minutes", Array.from({ length: 12 }, (_, place): Given => [place * 7 * minute, 1])],
    ["seconds", Array.from({ length: 12 }, (_, place): Given => [place * 1_000, 1])],
    ["milliseconds, units", Array.from({ length: 12 }, (_, place): Given => [place * 7, place + 0.0001])],
    ["numbers below 0", Array.from({ length: 12 }, (_, place): Given => [place * hour, -1 - place])],
    ["events without a number", Array.from({ length: 12 }, (_, place): Given => [place * hour, "none"])],
    ["two at an instant", Array.from({ length: 24 }, (_, place): Given => [(place >> 1) * hour, place])],
    ["before 1970", Array.from({ length: 12 }, (_, place): Given => [-place * hour - 1, place])],
  ];

  it.each(histories)("given %s, then all is read", (_, given) => {
    for (const kept of [4, 256]) {
      const shape = totalsFeature(instants, all, kept);
      const state = made(shape, ...given);
      expect(read(shape, packed(shape, state))).toEqual(state);
    }
  });

  it.each(histories)(
    "given %s, then what comes behind, before and between is packed beside the bytes",
    (_, given) => {
      for (const kept of [4, 256])
        for (const later of [
          [[40 * hour, 7]],
          [[40 * hour + 1, 7.0001]],
          [[40 * hour, -7]],
          [[40 * hour, "none"]],
          [[-40 * hour, 7]],
          [[5 * hour, 7]],
          [[5 * hour + minute, 7]],
          [
            [6 * hour, 7],
            [8 * hour, 1, -1],
            [41 * hour, 2],
          ],
        ] as Given[][]) {
          const shape = totalsFeature(instants, all, kept);
          const state = made(shape, ...given);
          const bytes = packed(shape, state);
          add(shape, state, ...later);
          const expected = add(shape, made(shape, ...given), ...later);
          expect(read(shape, packed(shape, state, bytes))).toEqual(read(shape, packed(shape, expected)));
          expect(read(shape, packed(shape, state))).toEqual(read(shape, packed(shape, expected)));
        }
    },
  );

  it("given columns that come, go and change places, then each is found, and a new one knows nothing of before", () => {
    const given = Array.from({ length: 12 }, (_, place): Given => [place * hour, place + 1]);
    const shape = totalsFeature(instants, [sum, most], 256);
    const bytes = packed(shape, made(shape, ...given));
    const whole = made(totalsFeature(instants, [sum, least, most]), ...given);
    const [total, , maximum] = whole.columns;
    const under = (...specs: readonly TotalsColumnSpec[]) => {
      const other = totalsFeature(instants, specs);
      const state = read(other, bytes);
      expect(state.at).toEqual(whole.at);
      expect(state.counts).toEqual(whole.counts);
      // What is packed beside those bytes is what is packed without them.
      const beside = packed(other, add(other, read(other, bytes), [50 * hour, 1]), bytes);
      const alone = packed(other, add(other, read(other, bytes), [50 * hour, 1]));
      expect(read(other, beside)).toEqual(read(other, alone));
      return state.columns;
    };
    expect(under(sum, most)).toEqual([total, maximum]);
    expect(under(most, sum)).toEqual([maximum, total]);
    expect(under(most)).toEqual([maximum]);
    expect(under(sum)).toEqual([total]);
    expect(under()).toEqual([]);
    const nothing = { counts: Array(13).fill(0), totals: Array(12).fill(0), negatives: 0 };
    expect(under(sum, least, most)).toEqual([total, nothing, maximum]);
    expect(under({ ...sum, slot: 9 }, most)).toEqual([{ ...nothing, totals: Array(13).fill(0) }, maximum]);
  });

  it("given twenty whole orders at whole hours, then a bin takes two bytes", () => {
    const shape = totalsFeature(instants, [sum]);
    const given = Array.from({ length: 20 }, (_, place): Given => [place * 5 * hour, place]);
    // Their number, no hours, the form, one column: its number and form. Then a step and a sum each.
    expect(packed(shape, made(shape, ...given))).toHaveLength(6 + 20 * 2);
    expect(packed(shape, shape.empty())).toHaveLength(1);
  });
});

describe("calendar periods", () => {
  const berlin = zoneCalendar("Europe/Berlin")!;
  const [noon, everyDay] = [12 * hour, [0, 1, 2, 3, 4, 5, 6, 7]];

  it("given more periods than are kept in a zone that stays, then the newest are, whatever the order", () => {
    const shape = periodsFeature("day", berlin, 3);
    const twice: Given[] = everyDay.flatMap((each): Given[] => [[each * day + noon], [each * day]]);
    expect(made(shape, ...twice).marks).toEqual([5, 6, 7]);
    expect(made(shape, ...twice.toReversed()).marks).toEqual([5, 6, 7]);
    // In Berlin (+01:00) the day begins at 23:00 UTC.
    expect(made(shape, [23 * hour - 1], [23 * hour]).marks).toEqual([0, 1]);
    const [one, other] = [made(shape, [0], [2 * day], [4 * day]), made(shape, [day], [3 * day])];
    expect(shape.merge(one, other).marks).toEqual([2, 3, 4]);
  });

  it("given a zone that may change, then days of UTC twice as many, and quarters where a zone may say otherwise", () => {
    const shape = periodsFeature("week", null, 2);
    // 1970 began on a Thursday: weeks begin on the 5th, 12th, 19th, 26th ...
    const monday = 4 * day;
    const middle = (week: number): number => monday + (7 * week + 3) * day;
    const inner = (week: number): number => monday + 7 * week * day + 16 * hour;
    const state = made(shape, ...everyDay.map((week): Given => [middle(week)]));
    expect(state.marks).toEqual([4, 5, 6, 7].map(inner));
    const edges = made(
      shape,
      [monday - 1],
      [monday + 16 * hour],
      [monday + 16 * hour + 1],
      [monday + 7 * day - 16 * hour - 1],
      [monday + 7 * day - 16 * hour],
      [monday + 7 * day - 7],
    );
    expect(edges.marks).toEqual([
      monday - 15 * minute,
      monday + 16 * hour,
      monday + 7 * day - 16 * hour,
      monday + 7 * day - 15 * minute,
    ]);
    expect(read(shape, packed(shape, edges))).toEqual(edges);
    const utc = zoneCalendar("UTC")!;
    // The first is of the week before.
    expect(periodsNewestFirst(edges, "week", utc, true)).toHaveLength(2);
    expect(periodsNewestFirst({ marks: [3, 4, 6] }, "week", utc, false)).toEqual([6, 4, 3]);
  });

  it("given what a correction takes back, then it is remembered all the same", () => {
    const shape = periodsFeature("day", berlin, 3);
    expect(made(shape, [0], [day, 0, -1]).marks).toEqual([0]);
    shape.trim(shape.empty(), forever);
    expect(read(shape, packed(shape, made(shape, [0], [5 * day]))).marks).toEqual([0, 5]);
  });
});
