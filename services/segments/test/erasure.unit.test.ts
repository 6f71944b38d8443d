import { describe, expect, it } from "vitest";
import { cluster, day, hour, noon } from "./cluster.ts";

const bought = {
  kind: "segment",
  id: "bought",
  name: "Bought in the last 60 days",
  when: { count: "order.placed", during: { last: "60 days" }, atLeast: 1 },
};
const tier = {
  kind: "classification",
  id: "tier",
  name: "Tier",
  categories: [{ id: "vip", name: "VIP", when: { sum: "total", of: "order.placed", atLeast: 100 } }],
  otherwise: "regular",
};
const known = {
  kind: "segment",
  id: "known",
  name: "Known by e-mail",
  when: { attribute: "email", exists: true },
};
const definitions = [bought, tier, known];

const open = () => cluster({ partitions: 4, definitions });

const shown = (
  changes: readonly { subject: string; definition: string; from: string | null; to: string; cause: string }[],
) =>
  changes.map(
    ({ subject, definition, from, to, cause }) => `${subject} ${definition} ${from}>${to} ${cause}`,
  );

describe("an erasure", () => {
  it("given a customer with memberships, when erased, then it leaves each once with the cause erased, and consumers are told behind that", async () => {
    const place = await open();
    await place.order("ann", "o-1", 500);
    place.at(noon + 1);
    await place.event("ann", { attributes: '{"email":"ann@example.org"}' });
    await place.erase("ann");
    await place.settle();

    expect(shown(await place.changes())).toEqual([
      "ann tier null>vip event",
      "ann bought out>in event",
      "ann known out>in event",
      "ann bought in>out erased",
      "ann tier vip>out erased",
      "ann known in>out erased",
    ]);
    expect(await place.erased()).toMatchObject([
      { subject: "ann", subjectKind: "customer", sequence: 6, erasedAt: noon + 1 },
    ]);
  });

  it("given state, timers, an order's image and attributes, when erased, then nothing of the customer stands in the store", async () => {
    const place = await open();
    await place.order("ann-4711", "order-8812", 500, {
      properties: '{"orderId":"order-8812","total":500,"note":"leave it with Mrs Kowalska"}',
    });
    await place.event("ann-4711", { attributes: '{"email":"ann@example.org"}', eventId: "e-77" });
    await place.settle();
    const planted = ["ann-4711", "order-8812", "Kowalska", "ann@example.org"];
    expect(place.found(planted)).toEqual(planted);

    await place.erase("ann-4711");
    await place.settle();

    expect(place.found(planted)).toEqual([]);
    const partition = place.partitionOf("ann-4711");
    expect(await place.store.earliestTimer(partition, "live")).toBeNull();
    expect(await place.store.orderKeys(partition, "customer:ann-4711")).toEqual([]);
  });

  it("given an erasure, when an event dated before it or at its instant comes, then it is rejected; one dated after begins a new customer", async () => {
    const place = await open();
    await place.order("ann", "o-1", 500);
    await place.erase("ann", noon);
    place.at(noon + hour);
    await place.event("ann", { occurredAt: noon - day, attributes: '{"email":"old@example.org"}' });
    await place.event("ann", { occurredAt: noon });
    await place.settle();
    expect(await place.kept("ann")).toBeNull();
    expect((await place.rejected()).map(({ reason }) => reason)).toEqual(["erased", "erased"]);

    await place.event("ann", { occurredAt: noon + 1, attributes: '{"email":"new@example.org"}' });
    await place.settle();
    expect(await place.kept("ann")).toMatchObject({
      attributes: { email: "new@example.org" },
      classifications: [{ id: "tier", category: "regular" }],
    });
    // The straggler is still one, now that somebody of that id is there again.
    await place.order("ann", "o-2", 900, { occurredAt: noon - hour });
    await place.settle();
    expect(await place.kept("ann")).toMatchObject({ classifications: [{ id: "tier", category: "regular" }] });
  });

  it("given a new customer of the id, when the erasure is told again, then it stays; when another erasure dated later comes, it goes", async () => {
    const place = await open();
    await place.event("ann", { attributes: '{"email":"old@example.org"}' });
    await place.erase("ann", noon);
    place.at(noon + hour);
    await place.event("ann", { attributes: '{"email":"new@example.org"}' });
    await place.erase("ann", noon);
    await place.settle();
    expect(await place.kept("ann")).toMatchObject({ attributes: { email: "new@example.org" } });

    await place.erase("ann", null);
    await place.settle();
    expect(await place.kept("ann")).toBeNull();
  });

  it("given nothing known of a customer, when erased, then what comes later and is dated before it does not count", async () => {
    const place = await open();
    await place.erase("ann", noon);
    await place.order("ann", "o-1", 500, { occurredAt: noon - 1 });
    await place.settle();
    expect(await place.kept("ann")).toBeNull();
    expect(await place.changes()).toEqual([]);
  });

  it("given a clock that is a day ahead, when it dates an erasure, then the erasure is of its append time", async () => {
    const place = await open();
    await place.event("ann");
    await place.erase("ann", noon + day);
    place.at(noon + 1);
    await place.event("ann");
    await place.settle();
    expect(await place.kept("ann")).not.toBeNull();
  });

  it("given a membership that ended by itself before the erasure, then that is told first at its own instant", async () => {
    const place = await open();
    await place.order("ann", "o-1", 5);
    place.at(noon + 90 * day);
    await place.erase("ann");
    await place.settle();
    expect((await place.changes()).slice(-2)).toMatchObject([
      { definition: "bought", to: "out", cause: "time", effectiveAt: noon + 60 * day },
      { definition: "tier", to: "out", cause: "erased", effectiveAt: noon + 90 * day },
    ]);
  });

  it("given others in the partition, then they are as if nothing had been", async () => {
    const place = await cluster({ partitions: 1, definitions });
    await place.order("ann", "o-1", 500);
    await place.order("bob", "o-2", 500);
    await place.erase("ann");
    await place.settle();
    expect(await place.kept("bob")).toMatchObject({ classifications: [{ category: "vip" }] });
    expect(await place.store.orderKeys(0, "customer:bob")).toEqual(["customer:bob|o-2"]);
  });
});
