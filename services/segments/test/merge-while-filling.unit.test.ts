/** Customers who become one while a definition is filled (rules 7 and 8 of "Effectively once"). */
import type { SweepApply } from "@tidemark/contracts";
import { emptyCustomer, foldEvent, packFeatures } from "@tidemark/core";
import { partitionFor } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { cluster, hour, noon } from "./cluster.ts";

const partitions = 3;
const ids = Array.from({ length: 60 }, (_, at) => `c${at}`);
const [ann = "", bob = "", cid = ""] = [0, 1, 2].map((partition) =>
  ids.find((id) => partitionFor(Buffer.from(`customer:${id}`), partitions) === partition),
);

const tier = {
  kind: "classification",
  id: "tier",
  name: "Tier",
  categories: [{ id: "buyer", when: { count: "order.placed", atLeast: 1 } }],
  otherwise: "nobody",
};
const swept = [{ kind: "classification", id: "tier", version: 7 }];
const before = { kind: "metric", id: "revenue", name: "Revenue", sum: "total", of: "order.placed" };

/** What a sweep folds of somebody with one order. */
async function historyOf(place: Awaited<ReturnType<typeof cluster>>, subject: string): Promise<SweepApply> {
  const stored = await place.store.load(place.partitionOf(subject));
  const { history } = place.sets.unpack(stored.definitions);
  if (history === null) throw new Error("no sweep is under way");
  const state = emptyCustomer("customer", subject);
  const order = {
    name: "order.placed",
    occurredAt: noon,
    sign: 1,
    properties: { orderId: "o-1", total: 120 },
    remembered: true,
  } as const;
  foldEvent(history, state, { occurredAt: noon, partition: 0, offset: 1, contributions: [order] });
  const features = Buffer.from(packFeatures(history, state));
  return {
    ...{ sweep: "s1", begunAt: -1, subject, subjectKind: "customer", features, erasedBelow: 0, subjects: 1 },
    ...{ from: null, source: null },
  };
}

describe("given somebody with history, and a definition that is written then", () => {
  it("when they become part of who is in a partition without any event, then that one is told nothing before the sweep, and then what all events of both give, as history", async () => {
    const place = await cluster({ partitions, definitions: [before] });
    const toAll = async (type: string, value: object): Promise<void> => {
      for (let partition = 0; partition < partitions; partition += 1)
        await place.append(partition, type, value);
    };
    await place.order(ann, "o-1", 120);
    await place.settle();
    const document = JSON.stringify(tier);
    await toAll("tidemark.log.DefinitionVersion", { ...swept[0], filling: true, document });
    place.at(noon + hour);
    await place.merge(ann, bob);
    await place.settle();
    expect(await place.changes()).toEqual([]);

    await toAll("tidemark.log.Sweep", { id: "s1", generation: 7, definitions: swept });
    await place.settle();
    await place.append(place.partitionOf(bob), "tidemark.log.SweepApply", await historyOf(place, bob));
    await toAll("tidemark.log.SweepEnd", { sweep: "s1" });
    await place.settle();
    // Who comes to the third partition has no history: it is news.
    await place.order(cid, "o-2", 5);
    await place.settle();
    expect(
      (await place.changes()).map(({ subject, from, to, cause, historic }) => [
        subject,
        from,
        to,
        cause,
        historic,
      ]),
    ).toEqual([
      [bob, null, "buyer", "definition", true],
      [cid, null, "buyer", "event", false],
    ]);
  });
});
