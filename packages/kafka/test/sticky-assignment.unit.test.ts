import type { TopicPartition } from "@tidemark/runtime";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assignSticky, type Candidate, packClaim, unpackClaim } from "../src/sticky-assignment.ts";

const placesOf = (topic: string, ...partitions: readonly number[]): readonly TopicPartition[] =>
  partitions.map((partition) => ({ topic, partition }));
const member = (memberId: string, held: readonly TopicPartition[] = [], generationId = 7): Candidate => ({
  memberId,
  topics: ["t"],
  claim: { generationId, partitions: held },
});
const assigned = (candidates: readonly Candidate[], partitions: number) =>
  Object.fromEntries(
    [...assignSticky(candidates, ["t"], () => partitions)].map(([id, own]) => [
      id,
      own.map(({ partition }) => partition).sort((a, b) => a - b),
    ]),
  );

describe("a rebalance", () => {
  it("given nobody who holds anything, then all have the same number, give or take one", () => {
    expect(assigned([member("a"), member("b")], 5)).toEqual({ a: [0, 1, 2], b: [3, 4] });
  });

  it("given a member that joins two, then it gets its share, and the others keep what is left of theirs", () => {
    const before = [member("a", placesOf("t", 0, 2, 4)), member("c", placesOf("t", 1, 3, 5))];
    expect(assigned([...before, member("b")], 6)).toEqual({ a: [0, 2], b: [4, 5], c: [1, 3] });
  });

  it("given one of three that left, then the two others keep theirs and share its own", () => {
    const left = [member("a", placesOf("t", 0, 3)), member("b", placesOf("t", 1, 4))];
    expect(assigned(left, 6)).toEqual({ a: [0, 2, 3], b: [1, 4, 5] });
  });

  it("given two that claim a partition, then the one that was told last keeps it", () => {
    expect(assigned([member("a", placesOf("t", 0, 1), 6), member("b", placesOf("t", 1), 7)], 2)).toEqual({
      a: [0],
      b: [1],
    });
  });

  it("given members that subscribe to different topics, then each partition goes to one that does", () => {
    const candidates: Candidate[] = [
      { ...member("a"), topics: ["t", "u"] },
      { ...member("b"), topics: ["t"] },
    ];
    const found = assignSticky(candidates, ["t", "u"], () => 2);
    expect(found.get("a")).toEqual([...placesOf("t", 0), ...placesOf("u", 0, 1)]);
    expect(found.get("b")).toEqual(placesOf("t", 1));
  });

  it("given fewer partitions than members, then some have none, and nobody loses what it has", () => {
    expect(assigned([member("a"), member("b", placesOf("t", 0)), member("c")], 1)).toEqual({
      a: [],
      b: [0],
      c: [],
    });
  });

  it("G1, G2, G3: given any members, claims and numbers of partitions, then all are divided evenly, and no more move than have to", () => {
    const group = fc.record({
      partitions: fc.integer({ min: 0, max: 40 }),
      // Which member claims each partition, if any, and who is there now: some of the claimers, and new ones.
      claims: fc.array(fc.option(fc.nat(5)), { minLength: 40, maxLength: 40 }),
      present: fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(group, ({ partitions, claims, present }) => {
        const candidates = present.map((id) =>
          member(
            `m${id}`,
            placesOf(
              "t",
              ...claims.slice(0, partitions).flatMap((claimer, at) => (claimer === id ? [at] : [])),
            ),
          ),
        );
        const found = assignSticky(candidates, ["t"], () => partitions);
        const all = [...found.values()].flat().map(({ partition }) => partition);
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, at) => at));
        const sizes = [...found.values()].map((own) => own.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        // By counting: each keeps what it has up to the least share, and `extra` of those with more keep one more.
        const held = candidates.map(({ claim }) => claim.partitions.length);
        const least = Math.floor(partitions / present.length);
        const extra = partitions % present.length;
        const mostKept =
          held.reduce((sum, count) => sum + Math.min(count, least), 0) +
          Math.min(extra, held.filter((count) => count > least).length);
        const kept = candidates.reduce((sum, { memberId, claim }) => {
          const own = new Set(found.get(memberId)?.map(({ partition }) => partition));
          return sum + claim.partitions.filter(({ partition }) => own.has(partition)).length;
        }, 0);
        expect(kept).toBe(mostKept);
      }),
    );
  });
});

describe("a claim", () => {
  it("given partitions of several topics, then it comes back as it was", () => {
    const claim = { generationId: 12, partitions: [...placesOf("t", 3, 1), ...placesOf("u/v", 0)] };
    expect(unpackClaim(packClaim(claim))).toEqual(claim);
  });

  it.each([
    [null],
    [Buffer.alloc(0)],
    [Buffer.from([0, 0, 0, 1])],
    [Buffer.from("[1]")],
    [Buffer.from('["x",[]]')],
  ])("given bytes of somebody else (%s), then nothing is claimed", (bytes) => {
    expect(unpackClaim(bytes)).toEqual({ generationId: -1, partitions: [] });
  });
});
