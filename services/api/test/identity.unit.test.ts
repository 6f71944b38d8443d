import { type Erasure, type MergeRequest, subjectHash, topicNames } from "@tidemark/contracts";
import { aliasesKey, packAliases, packRedirect, packTombstone, tombstoneKey } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { noon, scene } from "./scene.ts";

const hash = subjectHash("customer", "ann");

async function written(here: Awaited<ReturnType<typeof scene>>, partition: number) {
  const last = here.log.records(topicNames.customerEvents, partition).at(-1);
  return here.codec.decode(last?.value as Buffer);
}

describe("an erasure asked for over HTTP", () => {
  it("given a customer, when deleted, then the erasure stands in the customer's partition, and the receipt names nobody", async () => {
    const here = await scene();
    const partition = here.log.partitionFor(Buffer.from("customer:ann"), here.partitions);

    const answer = await here.remove("/v1/customers/ann");

    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe(`/v1/erasures/${partition}-0-${hash}`);
    expect(answer.json()).toEqual({
      id: `${partition}-0-${hash}`,
      done: false,
      erasedAt: null,
      parts: {
        state: { state: "pending", found: null },
        events: { state: "pending", found: null },
        changes: { state: "pending", found: null },
        deadLetters: { state: "pending", found: null },
      },
    });
    const { type, value } = await written(here, partition);
    expect(type).toBe("tidemark.log.Erasure");
    expect(value as Erasure).toMatchObject({
      subject: "ann",
      subjectKind: "customer",
      erasedAt: null,
      source: null,
    });
  });

  it("given that all have done their part, then the receipt is done, and says how many of what", async () => {
    const here = await scene();
    const partition = here.log.partitionFor(Buffer.from("customer:ann"), here.partitions);
    const { id } = (await here.remove("/v1/customers/ann")).json();
    const tombstone = { erasedAt: noon, offset: 0, subjects: 1, memberships: 3, orders: 2 };
    await here.put(partition, [
      { subject: tombstoneKey("customer", "ann"), state: packTombstone(tombstone) },
    ]);
    here.receipts.push(
      { part: "events", state: "removed", found: 12 },
      { part: "changes", state: "found", found: 5 },
      { part: "dead-letters", state: "removed", found: 0 },
    );
    const expected = {
      id,
      done: false,
      erasedAt: "2026-05-01T12:00:00.000Z",
      parts: {
        state: { state: "removed", found: 6 },
        events: { state: "removed", found: 12 },
        changes: { state: "found", found: 5 },
        deadLetters: { state: "removed", found: 0 },
      },
    };
    expect((await here.get(`/v1/erasures/${id}`)).json()).toEqual(expected);
    expect((await here.get("/v1/customers/ann/erasure")).json()).toEqual(expected);

    here.receipts[1] = { part: "changes", state: "removed", found: 5 };
    expect((await here.get(`/v1/erasures/${id}`)).json().done).toBe(true);

    here.receipts.splice(0);
    here.away.clickHouse = true;
    const away = (await here.get(`/v1/erasures/${id}`)).json();
    expect(away).toMatchObject({ done: false, parts: { state: { state: "removed" } } });
  });

  it("given ClickHouse is away, then the receipt says which parts are not known", async () => {
    const here = await scene();
    here.away.clickHouse = true;
    const answer = await here.remove("/v1/companies/acme");
    expect(answer.statusCode).toBe(202);
    expect(answer.json().parts).toEqual({
      state: { state: "pending", found: null },
      events: { state: "unknown", found: null },
      changes: { state: "unknown", found: null },
      deadLetters: { state: "unknown", found: null },
    });
  });

  it.each([
    "/v1/erasures/none",
    `/v1/erasures/0-7-${hash}`,
    `/v1/erasures/9-0-${hash}`,
    "/v1/customers/bob/erasure",
  ])("given no such erasure, then %s is not found", async (url) => {
    const here = await scene();
    expect((await here.get(url)).statusCode).toBe(404);
  });
});

describe("a merge asked for over HTTP", () => {
  it("given two customers, then the request stands in partition 0", async () => {
    const here = await scene();
    const answer = await here.json("PUT", "/v1/customers/ann/merged-into/bea", undefined);
    expect(answer.statusCode).toBe(202);
    const { type, value } = await written(here, 0);
    expect(type).toBe("tidemark.log.MergeRequest");
    expect(value as MergeRequest).toMatchObject({ subject: "ann", into: "bea", mergedAt: null });
  });

  it("given one and the same, then it is refused", async () => {
    const here = await scene();
    expect((await here.json("PUT", "/v1/customers/ann/merged-into/ann", undefined)).statusCode).toBe(400);
  });

  it("given a merge that was made, then the page of each tells of it", async () => {
    const here = await scene();
    await here.subject("customer", "bea", [{ name: "page.viewed", at: noon }]);
    const partitionOf = (id: string) => here.log.partitionFor(Buffer.from(`customer:${id}`), here.partitions);
    await here.put(partitionOf("ann"), [
      {
        subject: "customer:ann",
        state: packRedirect({
          into: "bea",
          mergedAt: noon,
          offset: 4,
          sweep: 0,
          absorbed: [],
          through: noon,
          passed: [],
        }),
      },
    ]);
    await here.put(partitionOf("bea"), [
      { subject: aliasesKey("customer:bea"), state: packAliases([{ id: "ann", mergedAt: noon }]) },
    ]);
    const at = "2026-05-01T12:00:00.000Z";
    const ann = (await here.get("/v1/customers/ann")).json();
    expect(ann).toMatchObject({ id: "ann", mergedInto: { id: "bea", at }, absorbed: [], segments: [] });
    const bea = (await here.get("/v1/customers/bea")).json();
    expect(bea).toMatchObject({ id: "bea", mergedInto: null, absorbed: [{ id: "ann", at }] });
  });
});
