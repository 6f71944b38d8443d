/** What a deletion is to the judge: it ends all memberships at its record, no change says so, and nothing else does. */
import { describe, expect, it } from "vitest";
import { deletedAt } from "../src/judge/deletions.ts";
import { judgeLogs } from "../src/judge/judge-logs.ts";
import type { LogEntry, SegmentChange } from "../src/judge/records.ts";
import { archiveOf, endsOf } from "./judge-partition.ts";
import { changeOf, customerEvent, type Flip } from "./judge-support.ts";

const second = 1_000;
const gold = {
  kind: "segment",
  id: "gold",
  when: { count: "order.placed", during: { last: "1 hour" }, atLeast: 1 },
};
const tier = {
  kind: "classification",
  id: "tier",
  categories: [{ id: "buyer", when: { count: "order.placed", atLeast: 1 } }],
  otherwise: "visitor",
};

function definition(offset: number, json: object, version: number, isThere = true): LogEntry {
  const { kind, id } = json as typeof gold;
  const document = isThere ? JSON.stringify(json) : null;
  return { type: "definition", offset, definition: { kind, id, version, filling: false, document } };
}

/** Ann buys at second 2 (offset 2); both are deleted at 3 and written anew at 5; a sweep reaches her at second 7. */
const written: readonly LogEntry[] = [
  definition(0, gold, 1),
  definition(1, tier, 2),
  {
    type: "event",
    offset: 2,
    appendedAt: 2 * second,
    event: customerEvent({ name: "order.placed", at: 2 * second }, 0, "ann"),
  },
  definition(3, gold, 3, false),
  definition(4, tier, 4, false),
  definition(5, gold, 5),
  definition(6, tier, 6),
  {
    type: "sweep",
    offset: 7,
    sweep: "s",
    generation: 6,
    definitions: [
      { kind: "segment", id: "gold", version: 5 },
      { kind: "classification", id: "tier", version: 6 },
    ],
  },
  {
    type: "sweep-apply",
    offset: 8,
    appendedAt: 7 * second,
    sweep: "s",
    begunAt: -1,
    subjectKind: "customer",
    subject: "ann",
    from: null,
  },
  { type: "sweep-end", offset: 9, sweep: "s", begunAt: -1 },
];

interface Said extends Flip {
  readonly causeOffset: number;
}
const said = (
  definition: string,
  from: string | null,
  to: string,
  at: number,
  [cause, causeOffset]: readonly [string, number],
): Said => {
  return { definition, from, to, effectiveAt: at * second, cause, causeOffset };
};
const bought = [
  said("segment/gold", "out", "in", 2, ["event", 2]),
  said("classification/tier", null, "buyer", 2, ["event", 2]),
];
const enteredAnew = [
  said("segment/gold", "out", "in", 7, ["definition", 8]),
  said("classification/tier", null, "buyer", 7, ["definition", 8]),
];

/** What the judge says of these changes, in a log that the archive has whole. */
function details(
  flips: readonly Said[],
  { log = written, members }: { log?: readonly LogEntry[]; members?: readonly string[] } = {},
): readonly string[] {
  const changes = flips.map((flip, at): SegmentChange => {
    return changeOf(0, at + 1, "ann", flip, flip.causeOffset);
  });
  const logs = {
    sources: [],
    deadLetters: [],
    customerEvents: new Map([[0, log]]),
    rejected: [],
    segmentChanges: new Map([
      [0, changes.map((change, offset) => ({ type: "change", offset, change }) as const)],
    ]),
  };
  const whole = archiveOf(logs);
  const archive = {
    ...whole,
    members: whole.members.filter(({ definition: id }) => members?.includes(id) ?? true),
  };
  const options = { asOf: 10 * second, zone: "UTC", onProgress: () => undefined };
  return judgeLogs({ logs, archive, ends: endsOf(logs) }, options).details;
}

describe("given definitions that were deleted and written anew", () => {
  it("when who fulfils them enters anew, without having left, then all is well", () => {
    expect(details([...bought, ...enteredAnew])).toEqual([]);
  });

  it("when nobody enters anew, then that is a loss", () => {
    expect(details(bought, { members: [] })).toEqual([
      "Lost: customer:ann ought to have segment/gold from out to in at 1970-01-01T00:00:07.000Z.",
      "Lost: customer:ann ought to have classification/tier from null to buyer at 1970-01-01T00:00:07.000Z.",
      "Lost: customer:ann is in in segment/gold at 1970-01-01T00:00:10.000Z; its changes leave it out.",
      "Lost: customer:ann is buyer in classification/tier at 1970-01-01T00:00:10.000Z; its changes leave it null.",
    ]);
  });

  it("when a change goes on from what was before the deletion, then that is a loss", () => {
    const left = said("segment/gold", "in", "out", 7, ["definition", 8]);
    expect(details([...bought, left])).toContain(
      "Lost: segment-changes/0 has customer:ann in segment/gold from in to out at 1970-01-01T00:00:07.000Z, but it was out before.",
    );
  });

  it("when the deletion is not in the log, then who enters once more never left", () => {
    const log = written.filter(({ offset }) => offset !== 3);
    expect(details([...bought, ...enteredAnew], { log })).toContain(
      "Lost: segment-changes/0 has customer:ann in segment/gold from out to in at 1970-01-01T00:00:07.000Z, but it was in before.",
    );
  });

  it("when only an old deletion comes again behind the new version, then nobody left by it", () => {
    // Version 1 was in force when the older deletion came.
    const log = written.map((entry) => (entry.offset === 3 ? definition(3, gold, 0, false) : entry));
    expect(details([...bought, ...enteredAnew], { log })).toContain(
      "Lost: segment-changes/0 has customer:ann in segment/gold from out to in at 1970-01-01T00:00:07.000Z, but it was in before.",
    );
  });

  it("when a change comes while nothing is evaluated, then it is one too many", () => {
    const between = said("segment/gold", "out", "in", 4, ["time", 6]);
    expect(details([...bought, between, ...enteredAnew.slice(1)])).toEqual(
      expect.arrayContaining([
        "Lost: customer:ann ought to have segment/gold from out to in at 1970-01-01T00:00:07.000Z; it was published at 1970-01-01T00:00:04.000Z.",
      ]),
    );
  });

  it("when who was a member before the deletion did not enter anew, but stands among the members, then that is a loss", () => {
    const log = written.slice(0, 7);
    const rows = ["segment/gold as in", "classification/tier as buyer"];
    expect(details(bought, { log })).toEqual(
      rows.map(
        (row) =>
          `Lost: segment_members has the membership of customer:ann in ${row}, which its changes do not add up to.`,
      ),
    );
    expect(details(bought, { log, members: [] })).toEqual([]);
  });

  it("when it is asked where, then it is the last version above all before it that has no document", () => {
    const log = [
      definition(0, gold, 3),
      definition(1, gold, 4, false),
      definition(2, gold, 4, false),
      definition(3, gold, 6),
      definition(4, gold, 5, false),
    ];
    const at = deletedAt(new Map([[0, log]]));
    expect([at(0, "segment/gold"), at(0, "segment/gold", 1), at(1, "segment/gold")]).toEqual([
      1,
      undefined,
      undefined,
    ]);
  });
});
