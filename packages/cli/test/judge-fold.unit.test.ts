/** The judge's fold on logs in which events come late and timers fire, by hand. */
import { describe, expect, it } from "vitest";
import { type Fired, foldSubject } from "../src/judge/fold/fold-subject.ts";
import type { LifeEntry } from "../src/judge/identity/lives.ts";
import type { PlainEvent } from "./judge-arbitraries.ts";
import { instant, lifeOf, reading } from "./judge-support.ts";

const day = 86_400_000;
const noon = instant("2026-05-01T12:00:00Z");
const order = (days: number): PlainEvent => ({ name: "order.placed", at: noon + days * day });
const view = (days: number): PlainEvent => ({ name: "page.viewed", at: noon + days * day });
const documents = [
  { kind: "segment", id: "bought", when: { count: "order.placed", during: { last: "10 days" }, atLeast: 1 } },
  { kind: "segment", id: "twice", when: { count: "order.placed", during: { last: "10 days" }, atLeast: 2 } },
  {
    kind: "classification",
    id: "who",
    categories: [{ id: "buyer", when: { segment: "bought" } }],
    otherwise: "visitor",
  },
];

/** Changes as [what, to, days after noon, cause]. Event n of the log has the offset n. */
function changes(events: readonly PlainEvent[], asOf: number, fired: readonly Fired[] = []) {
  const folded = foldSubject(reading(documents), lifeOf(events), fired, noon + asOf * day);
  return folded.changes.map(({ definition, to, effectiveAt, cause }) => [
    definition.split("/")[1],
    to,
    (effectiveAt - noon) / day,
    cause,
  ]);
}

describe("given a log of one customer, when it is folded", () => {
  it("then a window that empties is a change at its own instant, and what rests on it goes with it", () => {
    expect(changes([order(0)], 30)).toEqual([
      ["bought", "in", 0, "event"],
      ["who", "buyer", 0, "event"],
      ["bought", "out", 10, "time"],
      ["who", "visitor", 10, "time"],
    ]);
  });

  it("then what is due after the instant that is judged is not expected yet", () => {
    expect(changes([order(0)], 9.9).length).toBe(2);
    expect(changes([order(0)], 10).length).toBe(4);
  });

  it("then an event first brings what time brought before it, and its own instant once", () => {
    // At day 10 the first order leaves and the second comes: the net is nothing.
    expect(changes([order(0), order(10)], 15)).toEqual([
      ["bought", "in", 0, "event"],
      ["who", "buyer", 0, "event"],
    ]);
  });

  it("then a late event is the net difference, at its own time", () => {
    expect(changes([view(5), order(2)], 6)).toEqual([
      ["who", "visitor", 5, "event"],
      ["bought", "in", 2, "late"],
      // Not before it last changed, on day 5.
      ["who", "buyer", 5, "late"],
    ]);
  });

  it("then a late event whose time is over already changes nothing", () => {
    expect(changes([view(15), order(2)], 20)).toEqual([["who", "visitor", 15, "event"]]);
  });

  it("then an event is late where a timer had moved the clock on before it came", () => {
    const events = [order(0), order(9)];
    const fired = [{ effectiveAt: noon + 10 * day, causeOffset: 0.5, isJudged: true }];
    expect(changes(events, 15, fired)).toEqual([
      ["bought", "in", 0, "event"],
      ["who", "buyer", 0, "event"],
      ["bought", "out", 10, "time"],
      ["who", "visitor", 10, "time"],
      ["bought", "in", 10, "late"],
      ["who", "buyer", 10, "late"],
    ]);
    // In order: the second order keeps both windows filled for a day.
    expect(changes(events, 15)).toEqual([
      ["bought", "in", 0, "event"],
      ["who", "buyer", 0, "event"],
      ["twice", "in", 9, "event"],
      ["twice", "out", 10, "time"],
    ]);
  });

  it("then a timer that is said to have fired where nothing changes moves nothing", () => {
    const fired = [{ effectiveAt: noon + 9.5 * day, causeOffset: 0.5, isJudged: true }];
    expect(changes([order(0), order(9)], 15, fired)).toEqual(changes([order(0), order(9)], 15));
  });

  it("then a timer of a definition that is not judged any more has moved the clock on all the same", () => {
    const fired = [{ effectiveAt: noon + 8 * day, causeOffset: 0.5, isJudged: false }];
    expect(changes([view(0), order(7)], 9, fired)).toEqual([
      ["who", "visitor", 0, "event"],
      ["bought", "in", 7, "late"],
      ["who", "buyer", 7, "late"],
    ]);
    // A record behind it in the log moves nothing before.
    expect(changes([view(0), order(7)], 9, [{ ...fired[0]!, causeOffset: 1.5 }])).toEqual([
      ["who", "visitor", 0, "event"],
      ["bought", "in", 7, "event"],
      ["who", "buyer", 7, "event"],
    ]);
  });
});

describe("given a sweep that brings other definitions, when a log is folded", () => {
  const within = (days: number) => [
    {
      kind: "segment",
      id: "bought",
      when: { count: "order.placed", during: { last: `${days} days` }, atLeast: 1 },
    },
    { kind: "segment", id: "ever", when: { count: "order.placed", atLeast: 1 } },
  ];
  const fold = (reached: { offset: number; days: number } | null, end: number | null = null) => {
    const turn = {
      sweep: "s",
      offset: 5,
      end,
      reading: reading(within(2)),
      reached: reached && { offset: reached.offset, appendedAt: noon + reached.days * day },
    };
    // Two orders before, one behind the record of the sweep.
    const first = lifeOf([order(0), order(1)]).entries;
    const [last] = lifeOf([order(8)]).entries;
    const entries = [...first, ...(last === undefined ? [] : [{ ...last, offset: 9 }])];
    const folded = foldSubject(
      reading(within(10).slice(0, 1)),
      { partition: 0, entries },
      [],
      noon + 30 * day,
      { turns: [turn] },
    );
    const changed = folded.changes.map(({ definition, to, effectiveAt, cause }) => [
      definition.split("/")[1],
      to,
      (effectiveAt - noon) / day,
      cause,
    ]);
    return { changed, unreached: folded.unreached };
  };

  it("then the net difference comes when it is reached, and from then on it goes by what was brought", () => {
    expect(fold({ offset: 7, days: 4 }).changed).toEqual([
      ["bought", "in", 0, "event"],
      ["bought", "out", 4, "definition"],
      ["ever", "in", 4, "definition"],
      ["bought", "in", 8, "event"],
      ["bought", "out", 10, "time"],
    ]);
  });

  it("then who had absorbed nobody before it, and comes new behind it, goes by what it brings at once", () => {
    const turn = { sweep: "s", offset: 5, end: null, reading: reading(within(2)), reached: null };
    const [bought] = lifeOf([order(8)]).entries;
    const entries: readonly LifeEntry[] = [
      { type: "absorbed", offset: 3, at: noon, from: "customer:nobody", mergeOffset: 1 },
      ...(bought === undefined ? [] : [{ ...bought, offset: 9 }]),
    ];
    const life = { partition: 0, entries };
    const folded = foldSubject(reading(within(10).slice(0, 1)), life, [], noon + 9 * day, { turns: [turn] });
    expect(folded.changes.map(({ definition, cause }) => [definition, cause])).toEqual([
      ["segment/bought", "event"],
      ["segment/ever", "event"],
    ]);
  });

  it("then one that was not reached when the sweep was over is told", () => {
    expect(fold(null, 8).unreached).toEqual(["s"]);
    expect(fold(null).unreached).toEqual([]);
    expect(fold({ offset: 7, days: 4 }, 8).unreached).toEqual([]);
  });
});
