import { partitionFor } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { cluster, day, hour, noon } from "./cluster.ts";

const definitions = [
  {
    kind: "segment",
    id: "bought",
    name: "Bought in the last 60 days",
    when: { count: "order.placed", during: { last: "60 days" }, atLeast: 1 },
  },
  {
    kind: "classification",
    id: "tier",
    name: "Tier",
    categories: [{ id: "vip", name: "VIP", when: { sum: "total", of: "order.placed", atLeast: 100 } }],
    otherwise: "regular",
  },
  { kind: "metric", id: "revenue", name: "Revenue", sum: "total", of: "order.placed" },
  {
    kind: "segment",
    id: "in-lodz",
    name: "Lives in Łódź",
    when: { attribute: "address.city", is: "Łódź" },
  },
];

const shown = (
  changes: readonly { subject: string; definition: string; from: string | null; to: string; cause: string }[],
) =>
  changes.map(
    ({ subject, definition, from, to, cause }) => `${subject} ${definition} ${from}>${to} ${cause}`,
  );

/** Two customers in each of the first two of four partitions, one in the third. */
const ids = Array.from({ length: 200 }, (_, at) => `c${at}`);
const inPartition = (partition: number) =>
  ids.filter((id) => partitionFor(Buffer.from(`customer:${id}`), 4) === partition);
const [[a = "", b = ""], [c = "", d = ""], [e = ""]] = [inPartition(0), inPartition(1), inPartition(2)];

describe.each([
  ["on one partition that is the first", a, b],
  ["on one partition that is another", c, d],
  ["the one on the first, the other on another", a, c],
  ["the one on another, the other on the first", c, a],
  ["on two that are not the first", c, e],
])("a merge of two customers, %s", (_, from, into) => {
  it("given orders of both, when merged, then the one leaves everything and the other has the sum, with the net difference", async () => {
    const place = await cluster({ partitions: 4, definitions });
    await place.order(from, "o-1", 60);
    await place.event(from, { attributes: '{"address":{"city":"Łódź"}}', occurredAt: noon - hour });
    place.at(noon + 1);
    await place.order(into, "o-2", 50);
    await place.settle();
    const before = (await place.changes()).length;
    place.at(noon + hour);
    await place.merge(from, into);
    await place.settle();

    const changes = (await place.changes()).filter(({ cause }) => cause === "merge");
    expect((await place.changes()).length - before).toBe(changes.length);
    expect(shown(changes.filter(({ subject }) => subject === from)).toSorted()).toEqual(
      [
        `${from} bought in>out merge`,
        `${from} in-lodz in>out merge`,
        `${from} tier regular>out merge`,
      ].toSorted(),
    );
    expect(shown(changes.filter(({ subject }) => subject === into))).toEqual([
      `${into} tier regular>vip merge`,
      `${into} in-lodz out>in merge`,
    ]);
    expect(changes.every(({ effectiveAt }) => effectiveAt === noon + hour)).toBe(true);
    expect(await place.kept(from)).toEqual({ into, mergedAt: noon + hour });
    expect(await place.kept(into)).toMatchObject({
      metrics: { revenue: 110 },
      attributes: { address: { city: "Łódź" } },
    });
  });

  it("given a merge, when events and corrections for the one come later, then they count for the other, each once", async () => {
    const place = await cluster({ partitions: 4, definitions });
    await place.order(from, "o-1", 60);
    await place.merge(from, into);
    await place.settle();
    await place.order(from, "o-2", 30);
    await place.event(from, {
      name: "order.refunded",
      properties: '{"orderId":"o-1"}',
      order: { orderId: "o-1", action: "refunded", version: null, refund: 10 },
    });
    await place.settle();

    expect(await place.kept(into)).toMatchObject({ metrics: { revenue: 80 } });
    expect((await place.rejected()).map(({ reason }) => reason)).toEqual(["forwarded", "forwarded"]);
    expect(await place.kept(from)).toEqual({ into, mergedAt: noon });
  });

  it("given a process that dies before or after any step, then what comes out is what would have come out", async () => {
    const run = async (failAt: number) => {
      let step = 0;
      let armed = false;
      const failing = (side: string) => () => {
        if (!armed) return;
        step += 1;
        if (step === failAt) throw new Error(`died ${side} step ${step}`);
      };
      const place = await cluster({
        partitions: 4,
        definitions,
        fault: failing("before"),
        faultAfter: failing("after"),
      });
      await place.order(from, "o-1", 60);
      await place.order(into, "o-2", 50);
      armed = true;
      await place.merge(from, into);
      await place.settle();
      await place.order(from, "o-3", 7);
      await place.event(from, { attributes: '{"address":{"city":"Łódź"}}' });
      await place.settle();
      place.at(noon + 61 * day);
      await place.clock(noon + 61 * day);
      await place.settle();
      const changes = new Map(
        (await place.changes()).map(({ changeId, epoch: _, detectedAt: __, causeOffset: ___, ...change }) => [
          changeId,
          change,
        ]),
      );
      const numbers = [...changes.values()].map(({ sequence }) => sequence);
      return {
        steps: step,
        changes: [...changes].sort(([one], [other]) => (one < other ? -1 : 1)),
        highest: Math.max(...numbers),
        from: await place.kept(from),
        into: await place.kept(into),
      };
    };
    const expected = await run(0);
    expect(expected.into).toMatchObject({ metrics: { revenue: 117 } });
    expect(expected.steps).toBeGreaterThan(10);
    for (let failAt = 1; failAt <= expected.steps; failAt += 1) {
      const { steps: _, ...outcome } = await run(failAt);
      const { steps: __, ...whole } = expected;
      expect(outcome, `failing at ${failAt}`).toEqual(whole);
    }
  });
});

describe("merges", () => {
  it("given a merged into b, when b is to be merged into a, or a into a, then it is refused and goes to dead letters", async () => {
    const place = await cluster({ partitions: 4, definitions });
    await place.merge(a, c);
    await place.merge(c, e);
    await place.merge(e, a);
    await place.merge(d, d);
    await place.merge(a, d);
    await place.merge(a, c);
    await place.settle();
    expect((await place.rejected()).map(({ reason }) => reason)).toEqual([
      "merge-cycle",
      "merge-cycle",
      "merged-before",
      "repeated-merge",
    ]);
    expect(place.log.records("dead-letters", 0)).toHaveLength(3);
    expect(await place.kept(c)).toMatchObject({ into: e });
  });

  it("given a chain, in whatever order its merges come, then everything ends at its end", async () => {
    for (const merges of [
      [
        [a, c],
        [c, e],
      ],
      [
        [c, e],
        [a, c],
      ],
    ] as const) {
      const place = await cluster({ partitions: 4, definitions });
      for (const [at, id] of [a, c, e].entries()) await place.order(id, `o-${at}`, 10 ** at);
      for (const [from = "", into = ""] of merges) await place.merge(from, into);
      await place.settle();
      await place.order(a, "o-4", 1_000);
      await place.settle();
      expect(await place.kept(e)).toMatchObject({ metrics: { revenue: 1_111 } });
    }
  });

  it("given an order that both have, then it counts once", async () => {
    const place = await cluster({ partitions: 4, definitions });
    await place.order(a, "o-1", 60);
    await place.order(c, "o-1", 60);
    await place.order(c, "o-2", 1);
    await place.merge(a, c);
    await place.settle();
    expect(await place.kept(c)).toMatchObject({ metrics: { revenue: 61 } });
  });

  it("given an order that moved from the one to the other before, then it stands", async () => {
    const place = await cluster({ partitions: 4, definitions });
    await place.order(a, "o-1", 60);
    await place.event(a, {
      name: "order.cancelled",
      order: { orderId: "o-1", action: "cancelled", version: null, refund: null },
    });
    await place.order(c, "o-1", 60);
    await place.merge(a, c);
    await place.settle();
    expect(await place.kept(c)).toMatchObject({ metrics: { revenue: 60 } });
  });

  it("given many orders with large images, then they go over in several records, none too large", async () => {
    const place = await cluster({ partitions: 4, definitions });
    const note = "n".repeat(100_000);
    for (let at = 0; at < 12; at += 1)
      await place.order(a, `o-${at}`, 1, {
        properties: JSON.stringify({ orderId: `o-${at}`, total: 1, note }),
      });
    await place.merge(a, c);
    await place.settle();
    expect((await place.absorbs()).length).toBeGreaterThan(2);
    expect(await place.kept(c)).toMatchObject({ metrics: { revenue: 12 } });
    expect(await place.store.orderKeys(place.partitionOf(c), `customer:${c}`)).toHaveLength(12);
    expect(await place.store.orderKeys(place.partitionOf(a), `customer:${a}`)).toEqual([]);
  });
});

describe("merges and erasures", () => {
  it.each([
    ["the one that was merged", 0],
    ["the one in the middle", 1],
    ["the one at the end", 2],
  ])("given a chain of three, when %s is erased, then nothing of any of them is left", async (_, which) => {
    const place = await cluster({ partitions: 4, definitions });
    const ids = ["ann-4711", "bea-4712", "cleo-4713"] as const;
    for (const id of ids) await place.order(id, `order-of-${id}`, 60);
    await place.merge(ids[0], ids[1]);
    await place.merge(ids[1], ids[2]);
    await place.settle();
    expect(place.found(ids)).toEqual(ids);
    place.at(noon + hour);
    await place.erase(ids[which] ?? "");
    await place.settle();
    expect(place.found(ids)).toEqual([]);
    expect((await place.erased()).map(({ subject }) => subject).toSorted()).toEqual(ids);

    // Each may begin anew, and be merged the other way round.
    place.at(noon + 2 * hour);
    await place.order(ids[2], "new", 5);
    await place.merge(ids[2], ids[0]);
    await place.settle();
    expect(await place.kept(ids[0])).toMatchObject({ metrics: { revenue: 5 } });
  });

  it("given a merge that comes to somebody erased after it, then the one merged is erased too", async () => {
    const place = await cluster({ partitions: 4, definitions });
    await place.order("ann-4711", "order-1", 60);
    await place.order("bea-4712", "order-2", 60);
    await place.erase("bea-4712", noon);
    place.at(noon + hour);
    await place.merge("ann-4711", "bea-4712", noon - hour);
    await place.settle();
    expect(place.found(["ann-4711", "bea-4712"])).toEqual([]);
  });

  it("given somebody who was erased, began anew and was merged on, when a merge into them comes that is dated before the erasure, then the one merged is erased, and who took over has nothing of it", async () => {
    const place = await cluster({ partitions: 4, definitions });
    await place.order("ann-4711", "order-1", 60);
    await place.order("cleo-4713", "order-3", 5);
    await place.erase("bea-4712", noon);
    place.at(noon + hour);
    await place.order("bea-4712", "order-2", 7);
    await place.merge("bea-4712", "cleo-4713");
    await place.settle();
    place.at(noon + 2 * hour);
    await place.merge("ann-4711", "bea-4712", noon - hour);
    await place.settle();

    expect(place.found(["ann-4711", "order-1"])).toEqual([]);
    expect(await place.kept("bea-4712")).toMatchObject({ into: "cleo-4713" });
    expect(await place.kept("cleo-4713")).toMatchObject({ metrics: { revenue: 12 } });
    expect((await place.erased()).map(({ subject, erasedAt }) => [subject, erasedAt])).toEqual([
      ["bea-4712", noon],
      ["ann-4711", noon],
    ]);

    // Who was erased with them may begin anew, and be merged again.
    await place.order("ann-4711", "order-4", 3);
    await place.merge("ann-4711", "cleo-4713");
    await place.settle();
    expect(await place.kept("cleo-4713")).toMatchObject({ metrics: { revenue: 15 } });
  });
});

describe("somebody who was merged already", () => {
  /** `via` is part of `into`, who is erased and begins anew with what is sent on by `via`, before that one is erased too. */
  const begunAnewThrough = async (send: (place: Awaited<ReturnType<typeof cluster>>) => Promise<unknown>) => {
    const place = await cluster({ partitions: 4, definitions });
    const [via, into] = [c, e];
    await place.order(into, "o-into", 5);
    await place.merge(via, into);
    await place.settle();
    place.at(noon + hour);
    await send(place);
    await place.foldSome(0, 10);
    await place.foldSome(0, 10);
    await place.erase(into, noon + 1);
    await place.foldSome(1, 10);
    return place;
  };

  it("given a merge into them that goes on to who took over and was erased meanwhile, when they are erased too, then all are", async () => {
    const place = await begunAnewThrough(async (to) => {
      await to.order(a, "order-8812", 60);
      await to.merge(a, c);
    });
    // Both to be folded there: the erasure, and behind it what is absorbed.
    expect((await place.absorbs()).map(({ subject, from }) => [subject, from])).toContainEqual([e, a]);
    await place.foldSome(2, 10);
    expect(await place.kept(e)).toMatchObject({ metrics: { revenue: 60 } });

    await place.settle();
    expect(place.found([`"${a}"`, `customer:${a}`, `customer:${c}`, `customer:${e}`, "order-8812"])).toEqual(
      [],
    );
    expect((await place.erased()).map(({ subject, erasedAt }) => [subject, erasedAt - noon])).toEqual(
      expect.arrayContaining([
        [c, 1],
        [e, hour],
        [a, hour],
      ]),
    );
  });

  it("given an event of them that goes on so, when they are erased, then who took over has nothing of it", async () => {
    const place = await begunAnewThrough((to) => to.order(c, "order-8812", 60));
    await place.foldSome(2, 10);
    expect(await place.kept(e)).toMatchObject({ metrics: { revenue: 60 } });

    await place.settle();
    expect(place.found(["order-8812", `customer:${c}`, `customer:${e}`])).toEqual([]);
  });

  it("given that all of them were erased, when they come again with what is dated later, then each begins anew", async () => {
    const place = await begunAnewThrough((to) => to.merge(a, c));
    await place.settle();
    place.at(noon + 2 * hour);
    for (const id of [a, c, e]) await place.order(id, `o-${id}`, 7);
    await place.settle();
    for (const id of [a, c, e]) expect(await place.kept(id)).toMatchObject({ metrics: { revenue: 7 } });
  });
});

it("given a store that came back without a merge while its owner lives on, when one the other way round is asked for, then it is refused and nothing of it was sent on", async () => {
  const place = await cluster({ partitions: 4, definitions });
  await place.order(c, "o-1", 60);
  await place.order(e, "o-2", 50);
  await place.settle();
  const younger = place.store.snapshot();
  await place.merge(c, e);
  await place.settle();
  place.store.restore(younger);
  place.store.reconnect();

  await place.merge(e, c);
  await place.settle();

  expect((await place.rejected()).map(({ reason }) => reason)).toContain("merge-cycle");
  // Sent again by who folded again, it is the same one.
  expect(new Set((await place.absorbs()).map(({ subject, from }) => `${from} into ${subject}`))).toEqual(
    new Set([`${c} into ${e}`]),
  );
  expect(await place.kept(c)).toMatchObject({ into: e });
});
