/** Which definitions are judged, read off the log of a partition. */
import { describe, expect, it } from "vitest";
import { definitionsInForce } from "../src/judge/definitions-in-force.ts";
import { readDefinitions } from "../src/judge/language/definitions.ts";
import { zoneNamed } from "../src/judge/language/zone.ts";
import type { LogEntry } from "../src/judge/records.ts";
import { customerEvent, documentOf, type Json } from "./judge-support.ts";

const segment = (id: string, when: Json): Json => ({ kind: "segment", id, when });
const always = { all: [] };

function log(...steps: readonly ("event" | { json: Json | string; filling?: boolean })[]) {
  const entries = steps.map((step, offset): LogEntry => {
    if (step === "event")
      return {
        type: "event",
        offset,
        appendedAt: offset,
        event: customerEvent({ name: "page.viewed", at: 1 }, offset),
      };
    const { json, filling = false } = step;
    const deleted = typeof json === "string";
    const [kind, id] = deleted ? json.split("/") : [json.kind, json.id];
    const document = deleted ? null : JSON.stringify(json);
    return {
      type: "definition",
      offset,
      definition: { kind: String(kind), id: String(id), version: offset + 1, filling, document },
    };
  });
  const first = entries.find(({ type }) => type === "event")?.offset;
  const { judged, formerly, gone } = definitionsInForce(entries, first);
  return { judged: judged.map(({ id }) => id), formerly: [...formerly], gone: [...gone] };
}

describe("given the log of a partition, when its definitions are read", () => {
  const a = segment("a", always);
  const metric = { kind: "metric", id: "m", count: "order.placed" };

  it("then one that came before the first event is judged, by its newest version", () => {
    const other = segment("a", { any: [] });
    expect(log({ json: a }, { json: other }, "event")).toEqual({ judged: ["a"], formerly: [], gone: [] });
  });

  it("then one that came after it is not, nor one that says it is filling, nor what names them", () => {
    const parent = segment("parent", { not: { any: [{ segment: "late" }] } });
    expect(
      log({ json: parent }, { json: a, filling: true }, "event", { json: segment("late", always) }).judged,
    ).toEqual([]);
  });

  it("then one that changed while events came goes by its version before, and so does what rests on it", () => {
    const onMetric = segment("on-metric", { metric: "m", atLeast: 1 });
    const changed = { ...metric, count: "page.viewed" };
    expect(log({ json: metric }, { json: onMetric }, { json: a }, "event", { json: changed })).toEqual({
      judged: ["m", "on-metric", "a"],
      formerly: [],
      gone: [],
    });
  });

  describe("and a sweep fills some", () => {
    const first = segment("a", { any: [] });
    const sweepOf = (sweep: string, offset: number, ...names: readonly [string, number][]): LogEntry => ({
      type: "sweep",
      offset,
      sweep,
      generation: offset,
      definitions: names.map(([id, version]) => ({ kind: "segment", id, version })),
    });
    const definition = (offset: number, json: Json | string): LogEntry => {
      const [kind, id] = typeof json === "string" ? json.split("/") : [json.kind, json.id];
      const document = typeof json === "string" ? null : JSON.stringify(json);
      const said = { kind: String(kind), id: String(id), version: offset + 1, filling: false, document };
      return { type: "definition", offset, definition: said };
    };
    const stages = (entries: readonly LogEntry[]) => {
      const event = customerEvent({ name: "page.viewed", at: 1 }, 1);
      const all: LogEntry[] = [...entries, { type: "event", offset: 1, appendedAt: 1, event }];
      all.sort((one, other) => one.offset - other.offset);
      const { judged, deleted, sweeps, formerly } = definitionsInForce(all, 1);
      const whens = (documents: typeof judged) => documents.map(({ json }) => json);
      const left = (of: typeof deleted) => of.map((one) => [one.offset, whens(one.judged)]);
      return {
        judged: whens(judged),
        ...(deleted.length === 0 ? {} : { deleted: left(deleted) }),
        sweeps: sweeps.map((one) => [
          one.sweep,
          one.offset,
          one.end,
          whens(one.judged),
          ...(one.deleted.length === 0 ? [] : [left(one.deleted)]),
        ]),
        formerly: [...formerly],
      };
    };

    it("then its version before is judged until a subject is reached, and then the one that it names", () => {
      const entries: readonly LogEntry[] = [
        definition(0, first),
        definition(2, a),
        sweepOf("s", 3, ["a", 3]),
        // Another one meanwhile changes nothing, nor does the end of another.
        sweepOf("t", 4, ["a", 3]),
        { type: "sweep-end", offset: 5, sweep: "t", begunAt: -1 },
        { type: "sweep-end", offset: 6, sweep: "s", begunAt: -1 },
      ];
      expect(stages(entries)).toEqual({
        judged: [first],
        sweeps: [["s", 3, 6, [a]]],
        formerly: [],
      });
    });

    it("then one that is new is judged from the sweep on, and one written meanwhile waits for the next", () => {
      const later = segment("a", { all: [{ any: [] }] });
      const entries: readonly LogEntry[] = [
        definition(2, a),
        sweepOf("s", 3, ["a", 3]),
        definition(4, later),
        { type: "sweep-end", offset: 5, sweep: "s", begunAt: -1 },
        sweepOf("t", 6, ["a", 5]),
      ];
      expect(stages(entries)).toEqual({
        judged: [],
        sweeps: [
          ["s", 3, 5, [a]],
          ["t", 6, null, [later]],
        ],
        formerly: [],
      });
    });

    it("then one that came before the first event is in force at once, also where a sweep is under way or over", () => {
      const b = segment("b", always);
      const underWay = [definition(-3, a), sweepOf("s", -2, ["a", -2]), definition(0, b)];
      const over: readonly LogEntry[] = [
        ...underWay,
        { type: "sweep-end", offset: -1, sweep: "s", begunAt: -1 },
      ];
      for (const [entries, end] of [
        [underWay, null],
        [over, -1],
      ] as const)
        expect(stages(entries)).toEqual({
          judged: [a, b],
          sweeps: [["s", -2, end, [a, b]]],
          formerly: [],
        });
    });

    it("then a sweep that names another version than the newest brings nothing", () => {
      const entries = [definition(0, first), definition(2, a), sweepOf("s", 3, ["a", 2])];
      expect(stages(entries)).toEqual({ judged: [first], sweeps: [], formerly: [] });
    });

    it("then one that was deleted is judged until then, and anew from the sweep on", () => {
      const entries: readonly LogEntry[] = [
        definition(0, first),
        definition(2, "segment/a"),
        definition(3, a),
        sweepOf("s", 4, ["a", 4]),
      ];
      expect(stages(entries)).toEqual({
        judged: [first],
        deleted: [[2, []]],
        sweeps: [["s", 4, null, [a], [[2, [a]]]]],
        formerly: [],
      });
    });

    it("then one that is deleted while it is swept is judged until then by those who were reached", () => {
      const entries: readonly LogEntry[] = [
        definition(0, first),
        definition(2, a),
        sweepOf("s", 3, ["a", 3]),
        definition(4, "segment/a"),
        // Renaming another one meanwhile does not matter.
        definition(5, segment("b", always)),
      ];
      expect(stages(entries)).toEqual({
        judged: [first],
        deleted: [[4, []]],
        sweeps: [["s", 3, null, [a], [[4, []]]]],
        formerly: [],
      });
    });

    it("then one that rests on a deleted one is not judged at any time, and known as evaluated once", () => {
      const onA = segment("on-a", { not: { segment: "a" } });
      const entries: readonly LogEntry[] = [
        definition(-1, a),
        definition(0, onA),
        definition(2, "segment/a"),
        definition(3, a),
        sweepOf("s", 4, ["a", 4]),
      ];
      expect(stages(entries)).toEqual({
        judged: [a],
        deleted: [[2, []]],
        sweeps: [["s", 4, null, [a], [[2, [a]]]]],
        formerly: ["segment/on-a"],
      });
    });
  });

  it("then the same document written again changes nothing", () => {
    expect(log({ json: a }, "event", { json: a })).toEqual({ judged: ["a"], formerly: [], gone: [] });
  });

  it("then a deleted one is judged until then, and known as gone", () => {
    expect(log({ json: a }, "event", { json: "segment/a" })).toEqual({
      judged: ["a"],
      formerly: [],
      gone: ["segment/a"],
    });
  });

  it("then what names something unknown or of another kind of subject is not evaluated", () => {
    const company = { ...metric, subject: "company" };
    const onCompany = segment("b", { metric: "m", atLeast: 1 });
    expect(
      log({ json: company }, { json: onCompany }, { json: segment("c", { segment: "nowhere" }) }, "event")
        .judged,
    ).toEqual(["m"]);
  });
});

describe("given a document that says what the judge does not know", () => {
  it.each([
    [segment("x", { sometimes: true }), /segment\/x: no known form of condition/],
    [segment("x", { count: "order.placed", during: { last: "2 months" }, is: 1 }), /no duration: "2 months"/],
    [segment("x", { metric: "none", is: 1 }), /unknown metric none/],
    [segment("x", { count: "order.placed", is: 1, above: 0 }), /expected one comparator, found is and above/],
    [segment("x", { count: "order.placed", is: 1, stay: "3 days" }), /unknown key "stay"/],
    [segment("x", { segment: "x" }), /segment\/x rests on itself/],
    [{ ...segment("x", { date: "d", on: "2026-05-31" }), zone: "Mars/Olympus_Mons" }, /unknown zone Mars/],
  ])("when %j is read, then it is refused rather than guessed at", (json, said) => {
    expect(() => readDefinitions([documentOf(json)], "customer", zoneNamed("UTC")!)).toThrow(said);
  });
});
