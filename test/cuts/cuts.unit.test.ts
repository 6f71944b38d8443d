/** Cut points that move: the workers of services/segments, and who is near as services/warehouse finds them (law F7). */
import { type Rescore, type SegmentChange, topicNames } from "@tidemark/contracts";
import type { Logger, Warehouse } from "@tidemark/runtime";
import { systemClock } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { cluster, day, hour, noon } from "../../services/segments/test/cluster.ts";
import { createRescorer } from "../../services/warehouse/src/cuts/rescorer.ts";

const definitions = [
  { kind: "metric", id: "spent", sum: "total", of: "order.placed" },
  { kind: "segment", id: "best", when: { top: "25 percent", by: "spent" } },
  {
    kind: "scoring",
    id: "rfm",
    recency: { since: "last", of: "order.placed", quantiles: 2 },
  },
  { kind: "segment", id: "recent", when: { score: "rfm", recency: { atLeast: 2 } } },
];
/** In units of 1/10,000 of the metric's number, and of a second. */
const cutsAt = (spent: number, ms: number) => ({
  "metric/spent/0.75": [spent * 10_000],
  "scoring/rfm/recency": [ms * 10],
});
const ids = ["ann", "bob", "cid", "dan"];
const quiet = () => {};
const logger = { info: quiet, warn: quiet } as unknown as Logger;

const told = (changes: readonly SegmentChange[]) =>
  changes
    .map(({ subject, definition, to, cause, historic, effectiveAt }) => [
      subject,
      definition,
      to,
      cause,
      historic,
      (effectiveAt - noon) / hour,
    ])
    .toSorted();

/** Ann has spent 40, Bob 80, Cid 120 and Dan 160, an hour from one to the next. */
async function shop() {
  const place = await cluster({ partitions: 2, definitions });
  for (const [index, id] of ids.entries()) {
    place.at(noon + index * hour);
    await place.order(id, `o-${id}`, 40 * (index + 1));
  }
  await place.settle();
  let now = noon + 3 * hour;
  const known = new Set<string>();
  const at = (instant: number): void => {
    now = instant;
    place.at(instant);
  };
  const rescorer = createRescorer(
    {
      log: {
        ...place.log,
        committed: async () => [1e9, 1e9].map((offset) => ({ offset, metadata: "" })),
      } as never,
      store: place.store,
      codec: place.codec,
      clock: { ...systemClock, now: () => now, sleep: place.settle },
      logger,
      sets: place.sets,
      warehouse: {
        query: async (_: string, { partition, kind, after }: Record<string, unknown>) =>
          ids
            .filter((id) => kind === "customer" && place.partitionOf(id) === partition && id > String(after))
            .map((subject) => ({ subject })),
      } as unknown as Warehouse,
    },
    { topics: topicNames, archiveGroup: "archive", maxAhead: 100, pollMs: 20 },
  );
  return {
    ...place,
    at,
    publish: async (version: number, cuts: object) => {
      for (const partition of [0, 1]) await place.append(partition, "tidemark.log.Cuts", { version, cuts });
      await place.settle();
    },
    /** Who was named for these cuts. */
    async rescore(version: number): Promise<readonly string[]> {
      expect(await rescorer.step(() => true)).toBe(true);
      await place.settle();
      expect(await rescorer.step(() => true)).toBe(false);
      const records = [0, 1].flatMap((partition) => place.log.records(topicNames.customerEvents, partition));
      const decoded = await Promise.all(
        records.map(({ value }) => place.codec.decode(value ?? Buffer.alloc(0))),
      );
      return decoded
        .flatMap(({ type, value }) => (type === "tidemark.log.Rescore" ? [value as Rescore] : []))
        .flatMap((one) => (one.version === version ? [one.subject] : []))
        .toSorted();
    },
    /** Changes since it was asked last. */
    async news() {
      const fresh = (await place.changes()).filter(({ changeId }) => !known.has(changeId));
      for (const { changeId } of fresh) known.add(changeId);
      return told(fresh);
    },
  };
}

describe("cut points that come for the first time", () => {
  it("given customers who waited for them, then those beyond them enter with the cause cuts, as history", async () => {
    const place = await shop();
    expect(await place.news()).toEqual([]);
    place.at(noon + 4 * hour);
    await place.publish(1, cutsAt(120, 2 * hour));
    // In force, and nobody looked at yet.
    expect(await place.news()).toEqual([]);
    await place.rescore(1);
    expect(await place.news()).toEqual([
      ["cid", "best", "in", "cuts", true, 4],
      ["cid", "recent", "in", "cuts", true, 4],
      ["dan", "best", "in", "cuts", true, 4],
      ["dan", "recent", "in", "cuts", true, 4],
    ]);
  });
});

describe("cut points that move", () => {
  const cut = async () => {
    const place = await shop();
    place.at(noon + 4 * hour);
    await place.publish(1, cutsAt(120, 2 * hour));
    await place.rescore(1);
    await place.news();
    return place;
  };

  it("given one that moved, then only who lies between it and the one before is looked at, and changes, as news", async () => {
    const place = await cut();
    await place.publish(2, cutsAt(60, 2 * hour));
    expect(await place.rescore(2)).toEqual(["bob"]);
    expect(await place.news()).toEqual([["bob", "best", "in", "cuts", false, 4]]);
    await place.publish(3, cutsAt(130, 2 * hour));
    expect(await place.rescore(3)).toEqual(["bob", "cid"]);
    expect(await place.news()).toEqual([
      ["bob", "best", "out", "cuts", false, 4],
      ["cid", "best", "out", "cuts", false, 4],
    ]);
  });

  it("given cuts that are the same, or an older version, then nobody is looked at", async () => {
    const place = await cut();
    await place.publish(2, cutsAt(120, 2 * hour));
    await place.publish(1, cutsAt(10, 2 * hour));
    const sets = await Promise.all(
      [0, 1].map(async (one) => place.sets.unpack((await place.store.load(one)).definitions)),
    );
    expect(sets.map(({ cuts }) => [cuts?.version, cuts?.isRescoring])).toEqual([
      [2, false],
      [2, false],
    ]);
    await place.settle();
    expect(await place.news()).toEqual([]);
  });

  it("given a customer who is in by time, when the cut comes nearer, then it leaves at the instant that the new one says", async () => {
    const place = await cut();
    // Dan's order is an hour old; by the cut before he would leave at 5, now half an hour sooner.
    await place.publish(2, cutsAt(120, 1.5 * hour));
    // Cid's is two hours old: out at once.
    expect(await place.rescore(2)).toEqual(["cid", "dan"]);
    expect(await place.news()).toEqual([["cid", "recent", "out", "cuts", false, 4]]);
    place.at(noon + 5 * hour);
    await place.clock(noon + 5 * hour);
    await place.settle();
    const [[, , , , , left] = []] = await place.news();
    // A cut is passed by what lies above it.
    expect(left).toBe(4.5 + 1 / hour);
  });

  it("given one who has an event before it is looked at, then what the cut changed is told first and apart", async () => {
    const place = await cut();
    for (const partition of [0, 1])
      await place.append(partition, "tidemark.log.Cuts", { version: 2, cuts: cutsAt(60, 2 * hour) });
    place.at(noon + 4 * hour + 1);
    await place.order("bob", "o-more", 1);
    await place.settle();
    expect(await place.news()).toEqual([
      ["bob", "best", "in", "cuts", false, 4],
      ["bob", "recent", "in", "event", false, 4 + 1 / hour],
    ]);
    expect(await place.rescore(2)).toEqual([]);
  });

  it("given memberships that ended before the next cut came, when they are looked at only then, then each left at its own instant", async () => {
    const place = await cut();
    place.at(noon + 6 * hour);
    await place.publish(2, cutsAt(120, 10 * hour));
    expect(await place.rescore(2)).toEqual(["ann", "bob", "cid", "dan"]);
    const millisecond = 1 / hour;
    expect(await place.news()).toEqual([
      ["ann", "recent", "in", "cuts", false, 6],
      ["bob", "recent", "in", "cuts", false, 6],
      ["cid", "recent", "in", "cuts", false, 6],
      // Over an hour late by then: history.
      ["cid", "recent", "out", "time", true, 4 + millisecond],
      ["dan", "recent", "in", "cuts", false, 6],
      ["dan", "recent", "out", "time", false, 5 + millisecond],
    ]);
  });

  it("given two that follow each other before anybody is named, then each is told at its own instant", async () => {
    const place = await cut();
    await place.publish(2, cutsAt(60, 2 * hour));
    place.at(noon + 4.5 * hour);
    await place.publish(3, cutsAt(130, 2 * hour));
    expect(await place.rescore(3)).toEqual(["bob", "cid"]);
    expect(await place.news()).toEqual([
      ["bob", "best", "in", "cuts", false, 4],
      ["bob", "best", "out", "cuts", false, 4.5],
      ["cid", "best", "out", "cuts", false, 4.5],
      ["cid", "recent", "out", "time", false, 4 + 1 / hour],
    ]);
  });

  it("given an old membership and no event for long, when time passes, then nothing comes by itself", async () => {
    const place = await cut();
    await place.publish(2, cutsAt(120, 3 * hour));
    expect(await place.rescore(2)).toEqual(["bob"]);
    await place.news();
    place.at(noon + 9 * day);
    await place.clock(noon + 9 * day);
    await place.settle();
    expect((await place.news()).map(([subject, definition, to]) => `${subject} ${definition} ${to}`)).toEqual(
      ["bob recent out", "cid recent out", "dan recent out"],
    );
  });
});
