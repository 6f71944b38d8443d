/** The judge's reading of who became part of whom, and its fold of what that brings about, by hand. */
import { describe, expect, it } from "vitest";
import { foldSubject } from "../src/judge/fold/fold-subject.ts";
import { type LifeEntry, readLives } from "../src/judge/identity/lives.ts";
import type { EventEntry, IdentityEntry, LogEntry } from "../src/judge/records.ts";
import type { PlainEvent } from "./judge-arbitraries.ts";
import { customerEvent, instant, reading } from "./judge-support.ts";

const noon = instant("2026-05-01T12:00:00Z");
const hour = 3_600_000;
const documents = [
  { kind: "segment", id: "twice", when: { count: "order.placed", during: { last: "10 hours" }, atLeast: 2 } },
  {
    kind: "classification",
    id: "who",
    categories: [{ id: "buyer", when: { count: "order.placed", atLeast: 1 } }],
    otherwise: "visitor",
  },
];

const identity = (
  type: IdentityEntry["type"],
  offset: number,
  [subject, other]: readonly [string, string],
  source: readonly [id: string, partition: number, offset: number],
): IdentityEntry => {
  const [sourceId, sourcePartition, sourceOffset] = source;
  const position = { sourceId, sourcePartition, sourceOffset, ordinal: 0 };
  const at = noon + offset * hour;
  return { type, offset, appendedAt: at, source: position, subjectKind: "customer", subject, other, at };
};
const event = (offset: number, subject: string, plain: PlainEvent): EventEntry => ({
  type: "event",
  offset,
  appendedAt: plain.at,
  event: customerEvent(plain, offset, subject),
});
const order = (at: number): PlainEvent => ({ name: "order.placed", at: noon + at * hour });
const lives = (partitions: readonly (readonly LogEntry[])[]) =>
  readLives(new Map(partitions.map((entries, partition) => [partition, entries])), () => false);

describe("given requests of merges in partition 0, when they are read", () => {
  it("then a merge again, one of who was merged, and one that goes round are refused, and the others are sent on", () => {
    const { rejections, onward } = lives([
      [
        identity("merge-request", 0, ["ann", "bob"], ["api", 0, 0]),
        identity("merge-request", 1, ["bob", "cid"], ["api", 0, 1]),
        identity("merge-request", 2, ["ann", "bob"], ["api", 0, 2]),
        identity("merge-request", 3, ["ann", "cid"], ["api", 0, 3]),
        identity("merge-request", 4, ["cid", "ann"], ["api", 0, 4]),
        identity("merge-request", 5, ["bob", "cid"], ["api", 0, 1]),
      ],
    ]);
    expect([...rejections]).toEqual([
      ["0/2", "repeated-merge"],
      ["0/3", "merged-before"],
      ["0/4", "merge-cycle"],
      ["0/5", "repeated-source-position"],
    ]);
    expect(onward.map(({ offset, type, subject }) => [offset, type, subject])).toEqual([
      [0, "merge", "customer:ann"],
      [1, "merge", "customer:bob"],
    ]);
  });
});

describe("given a merge, when the lives of both are read", () => {
  const merged = [
    event(0, "ann", order(0)),
    identity("merge", 1, ["ann", "bob"], ["customer-events", 0, 9]),
    event(2, "ann", order(2)),
  ];

  it("then what comes later for the one is sent on to the other", () => {
    const { bySubject, rejections, onward } = lives([[], merged]);
    expect(bySubject.get("customer:ann")?.entries.map(({ type }) => type)).toEqual(["event", "merged"]);
    expect([...rejections]).toEqual([["1/2", "forwarded"]]);
    expect(onward).toEqual([
      { partition: 1, offset: 1, type: "absorb", subject: "customer:bob" },
      { partition: 1, offset: 2, type: "event", subject: "customer:bob" },
    ]);
  });

  it("then an absorb knows the merge that it comes from, through whoever sent it on", () => {
    const { bySubject, onward } = lives([
      [identity("absorb", 0, ["cid", "ann"], ["customer-events", 2, 7])],
      merged,
      [
        identity("merge", 6, ["bob", "cid"], ["customer-events", 0, 8]),
        identity("absorb", 7, ["bob", "ann"], ["customer-events", 1, 1]),
      ],
    ]);
    expect(bySubject.get("customer:cid")?.entries).toEqual([
      { type: "absorbed", offset: 0, at: noon, from: "customer:ann", mergeOffset: 1 },
    ]);
    expect(onward.filter(({ partition }) => partition === 2)).toEqual([
      { partition: 2, offset: 6, type: "absorb", subject: "customer:cid" },
      { partition: 2, offset: 7, type: "absorb", subject: "customer:cid" },
    ]);
  });

  it("then who is erased takes those with it who had become part of it, and who it had become part of", () => {
    const { onward, rejections } = lives([
      [],
      [
        ...merged.slice(0, 2),
        identity("erasure", 3, ["ann", ""], ["api", 0, 0]),
        event(4, "ann", order(1)),
        event(5, "ann", order(5)),
      ],
      [
        identity("absorb", 2, ["bob", "ann"], ["customer-events", 1, 1]),
        identity("erasure", 4, ["bob", ""], ["customer-events", 1, 3]),
      ],
    ]);
    expect(onward.filter(({ type }) => type === "erasure" || type === "unmerge")).toEqual([
      { partition: 1, offset: 3, type: "erasure", subject: "customer:bob", notBefore: noon + 3 * hour },
      { partition: 1, offset: 3, type: "unmerge", subject: "" },
      { partition: 2, offset: 4, type: "erasure", subject: "customer:ann", notBefore: noon + 4 * hour },
    ]);
    // What is dated up to it is gone too; what is dated after it begins anew.
    expect([...rejections]).toEqual([["1/4", "erased"]]);
  });
});

describe("given lives that end or take over others, when they are folded", () => {
  const changes = (entries: readonly LifeEntry[], other?: readonly LifeEntry[]) =>
    foldSubject(reading(documents), { partition: 0, entries }, [], noon + 24 * hour, {
      absorbedOf: () =>
        other === undefined ? undefined : { life: { partition: 1, entries: other }, clock: noon + 3 * hour },
    }).changes.map(({ definition, to, effectiveAt, cause }) => [
      definition.split("/")[1],
      to,
      (effectiveAt - noon) / hour,
      cause,
    ]);

  it("then who is merged leaves all that it is in, behind what time alone brought about", () => {
    const own = [event(0, "ann", order(0)), event(1, "ann", order(1))];
    expect(changes([...own, { type: "merged", offset: 2, at: noon + 10.5 * hour }])).toEqual([
      ["who", "buyer", 0, "event"],
      ["twice", "in", 1, "event"],
      ["twice", "out", 10, "time"],
      ["who", "out", 10.5, "merge"],
    ]);
  });

  it("then who takes over has what both had, from the later of the clocks on", () => {
    const absorbed = {
      type: "absorbed",
      offset: 1,
      at: noon + 2 * hour,
      from: "customer:bob",
      mergeOffset: 0,
    } as const;
    expect(changes([event(0, "ann", order(0)), absorbed], [event(0, "bob", order(3))])).toEqual([
      ["who", "buyer", 0, "event"],
      ["twice", "in", 2, "merge"],
      ["twice", "out", 10, "time"],
    ]);
  });

  it("then who was erased begins anew with nothing", () => {
    const erased = { type: "erased", offset: 1, at: noon + hour } as const;
    expect(changes([event(0, "ann", order(0)), erased, event(2, "ann", order(2))])).toEqual([
      ["who", "buyer", 0, "event"],
      ["who", "out", 1, "erased"],
      ["who", "buyer", 2, "event"],
    ]);
  });
});
