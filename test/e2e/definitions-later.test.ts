/**
 * Definitions that come once there are years of events, on the real stack: filled from the archive, compared with brute
 * force over the source events as they were sent; edited under a live load while services are killed.
 */
import { join } from "node:path";
import { createCodec, topicNames } from "@tidemark/contracts";
import { systemClock } from "@tidemark/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applyFiles } from "../../packages/cli/src/commands/apply.ts";
import { computeCuts, readCuts } from "../../packages/cli/src/commands/cuts.ts";
import { preview } from "../../packages/cli/src/commands/preview.ts";
import type { SourceEvents } from "../../packages/cli/src/demo/events.ts";
import { demoHistory } from "../../packages/cli/src/demo/history.ts";
import { readSuperstore, type Superstore } from "../../packages/cli/src/demo/superstore.ts";
import { loadDemo } from "../../packages/cli/src/load/load.ts";
import { bruteForce, type Members, subjectsOf } from "./brute-force.ts";
import { fifthsOf, segmentByFifths } from "./brute-force-quantiles.ts";
import { startLiveLoad } from "./live-load.ts";
import { demoPacks, openTestProduct, root, type TestProduct } from "./product.ts";
import { recordedChanges, refoldedChanges } from "./refold.ts";

const partitions = 8;
const seed = 4_711;
const liveEventsPerSecond = 40;
const day = 86_400_000;
const quiet = { say: () => {}, bars: () => {}, clear: () => {} };

describe("definitions that come later", () => {
  let product: TestProduct;
  let store: Superstore;
  let sent: SourceEvents;

  beforeAll(async () => {
    console.log(`seed ${seed}`);
    store = await readSuperstore();
    product = await openTestProduct(partitions, []);
    const { log, codec, supervisor } = product;
    const moment = { seed, now: Date.now() };
    await loadDemo({ log, codec, clock: systemClock, progress: quiet }, store, moment);
    sent = demoHistory(store, moment);
    const { webhooks, pipeline } = product.services("UTC");
    for (const plan of [webhooks, ...pipeline]) supervisor.start(plan);
    await supervisor.ready();
    await product.drained();
  });
  afterAll(() => product?.close());

  it("given history, when the definitions come, then their members are those of brute force, each change is history, and nobody gets mail", async () => {
    const beganAt = performance.now();
    const applied = await applyFiles(product.apiUrl, demoPacks);
    expect(new Set(applied.map(({ status }) => status))).toEqual(new Set(["filling"]));
    await untilActive(product);
    console.log(`filled in ${Math.round(performance.now() - beganAt)} ms`);
    await expectMembers(product, sent, await product.drained());

    const [changes] = await product.warehouse.query<Record<string, number>>(
      `SELECT count() AS all, countIf(cause = 'definition') AS filled, countIf(NOT historic AND cause = 'definition') AS live,
         countIf(cause = 'definition') - uniqExactIf((definition, subject_kind, subject), cause = 'definition') AS more
       FROM segment_changes`,
    );
    expect(changes).toMatchObject({ live: 0, more: 0 });
    expect(changes?.filled).toBeGreaterThan(3_000);
    expect(await attempts(product)).toBe(0);
  });

  it("given them in force, when live events come, then they make live changes", async () => {
    const load = startLiveLoad(product, store, seed, liveEventsPerSecond);
    await systemClock.sleep(4_000);
    sent = joined(sent, await load.stop());
    await expectMembers(product, sent, await product.drained());
    const [changes] = await product.warehouse.query<Record<string, number>>(
      "SELECT countIf(cause = 'event' AND NOT historic) AS live FROM segment_changes",
    );
    expect(changes?.live).toBeGreaterThan(20);
  });

  it("given a change that nobody wrote yet, then a preview says who would be in it and who would leave, and of what is written that nobody moves", async () => {
    const asOf = await product.drained();
    const instant = new Date(asOf).toISOString();
    const response = await fetch(
      `${product.apiUrl}/v1/definitions/preview?exact=true&members=1000&asOf=${instant}`,
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          ...{ kind: "segment", id: "bought-60" },
          when: { count: "order.placed", during: { last: "20 days" }, atLeast: 1 },
        }),
      },
    );
    const [edited] = ((await response.json()) as Awaited<ReturnType<typeof preview>>).previews;
    const standing = bruteForceOfOrders(sent, asOf - 20 * day, asOf);
    const published = await membersOf(product, "customer", "bought-60");
    expect([...(edited?.members ?? [])].sort()).toEqual([...standing].sort());
    expect(edited?.against?.entering.members).toEqual([]);
    const leaving = [...published].filter((id) => !standing.has(id)).sort();
    expect([...(edited?.against?.leaving.members ?? [])].sort()).toEqual(leaving);
    expect(leaving.length).toBeGreaterThan(10);

    const around = { apiUrl: product.apiUrl, folder: root, workspaceZone: "UTC" };
    const written = await preview(around, "bought-60", { "as-of": instant });
    expect(written).toMatchObject({ asOf: instant, mode: "exact" });
    expect(written.previews[0]).toMatchObject({
      size: { value: published.size },
      against: { entering: { size: { value: 0 } }, leaving: { size: { value: 0 } } },
    });
  });

  it("given a definition that changes under a live load while segments and warehouse are killed, then it ends in the members of its new version, by the net difference", async () => {
    const load = startLiveLoad(product, store, seed + 1, liveEventsPerSecond, "edited");
    await put(product, {
      kind: "segment",
      id: "bought-60",
      name: "Bought in the last 20 days",
      when: { count: "order.placed", during: { last: "20 days" }, atLeast: 1 },
    });
    for (const service of ["warehouse", "segments"]) {
      await systemClock.sleep(700);
      process.kill(product.pidOf(service) ?? 0, "SIGKILL");
    }
    await product.supervisor.ready();
    await untilActive(product);
    sent = joined(sent, await load.stop());
    const asOf = await product.drained();

    const standing = bruteForceOfOrders(sent, asOf - 20 * day, asOf);
    const after = await membersOf(product, "customer", "bought-60");
    expect([...after].sort()).toEqual([...standing].sort());
    // What is out, and what is in, told by changes alone: nobody entered whom the version before had in already.
    const rows = await product.warehouse.query<{ subject: string; states: string[] }>(
      `SELECT subject, arrayMap(x -> x.2, arraySort(groupArray((sequence, concat(from_state, '>', to_state))))) AS states
       FROM segment_changes WHERE definition = 'bought-60' GROUP BY subject`,
    );
    for (const { states } of rows)
      expect(states).toEqual(states.map((_, at) => (at % 2 === 0 ? "out>in" : "in>out")));
    const [left] = await product.warehouse.query<{ readonly customers: number }>(
      "SELECT countIf(cause = 'definition' AND to_state = 'out') AS customers FROM segment_changes WHERE definition = 'bought-60'",
    );
    expect(left?.customers).toBeGreaterThan(0);
  });

  it("given a score card by fifths, when its cut points are worked out, then they are the fifths of the events as sent, and segments follow from them", async () => {
    await applyFiles(product.apiUrl, [join(root, "packs", "rfm", "rfm-quantiles.yaml")]);
    await untilActive(product);
    const asOf = await product.drained();
    // The schedule does it by itself; once that is over none but those asked for come.
    await untilInForce(product, 1);
    const askedAt = Date.now();
    const told = await computeCuts(product.apiUrl);
    const { version, cuts } = await untilInForce(product, Number(/version (\d+)/.exec(told)?.[1]));

    const { customers } = subjectsOf(sent, asOf);
    const fifths = fifthsOf([...customers.values()], asOf);
    const published = (part: string): readonly number[] =>
      cuts.find(({ key }) => key === `scoring/rfm-quantiles/${part}`)?.values ?? [];
    expect(published("frequency")).toEqual(fifths.frequency);
    expect(published("monetary")).toEqual(fifths.monetary);
    // As of a moment between the question and their version, by which all customers are as much further from their last order.
    const laterSeconds = published("recency").map((point, at) => point - (fifths.recency[at] ?? 0));
    expect(laterSeconds).toHaveLength(4);
    for (const seconds of laterSeconds) expect(seconds).toBeCloseTo(laterSeconds[0] ?? 0, 3);
    expect(laterSeconds[0]).toBeGreaterThan((askedAt - asOf) / 1_000 - 0.001);
    expect(laterSeconds[0]).toBeLessThan((version - asOf) / 1_000 + 0.001);

    const now = await product.drained();
    const inForce = {
      recency: published("recency"),
      frequency: published("frequency"),
      monetary: published("monetary"),
    };
    const expected = new Map<string, string>();
    for (const [id, subject] of subjectsOf(sent, now).customers)
      expected.set(id, segmentByFifths(subject, inForce, now));
    const rows = await product.warehouse.query<{ readonly subject: string; readonly category: string }>(
      `SELECT subject, argMax(to_state, sequence) AS category FROM segment_changes
       WHERE definition = 'rfm-quantile-segment' AND effective_at <= fromUnixTimestamp64Milli({now:Int64}) GROUP BY subject`,
      { now },
    );
    expect(Object.fromEntries(rows.map(({ subject, category }) => [subject, category]))).toEqual(
      Object.fromEntries(expected),
    );
    expect(new Set(expected.values()).size).toBeGreaterThan(8);
    const [moved] = await product.warehouse.query<{ readonly customers: number }>(
      "SELECT countIf(cause = 'cuts') AS customers FROM segment_changes WHERE definition = 'rfm-quantile-segment'",
    );
    expect(moved?.customers).toBeGreaterThan(500);
  });

  it("given the recorded customer-events, when they are folded again from nothing, then they give the recorded changes byte for byte", async () => {
    const codec = await createCodec({ url: product.env.SCHEMA_REGISTRY_URL ?? "" });
    await codec.prepare(topicNames.segmentChanges, [
      "tidemark.changes.SegmentChange",
      "tidemark.changes.Fence",
    ]);
    await codec.prepare(topicNames.customerEvents, ["tidemark.log.Clock"]);
    await codec.prepare(topicNames.rejectedEvents, ["tidemark.log.RejectedEvent"]);
    const ends = await product.log.endOffsets(topicNames.customerEvents);
    await product.drained();
    for (let partition = 0; partition < partitions; partition += 1) {
      const end = ends[partition] ?? 0;
      const recorded = await recordedChanges(product.log, codec, partition, end);
      expect(await refoldedChanges(product.log, codec, partition, "UTC", 1 + partition * 97, end)).toEqual(
        recorded,
      );
      expect(recorded.length).toBeGreaterThan(100);
    }
  });
});

function joined(some: SourceEvents, more: SourceEvents): SourceEvents {
  return {
    orders: [...some.orders, ...more.orders],
    interactions: [...some.interactions, ...more.interactions],
    lifecycle: [...some.lifecycle, ...more.lifecycle],
  };
}

async function expectMembers(product: TestProduct, sent: SourceEvents, asOf: number): Promise<void> {
  const expected = bruteForce(sent, asOf);
  for (const [kind, members] of [
    ["customer", expected.customers],
    ["company", expected.companies],
  ] as const) {
    const rows = await product.warehouse.query<{ name: string; subjects: string[] }>(
      `SELECT if(definition_kind = 'segment', definition, concat(definition, ':', state)) AS name, groupArray(subject) AS subjects
       FROM (
         SELECT definition_kind, definition, subject, toString(argMax(to_state, sequence)) AS state
         FROM segment_changes
         WHERE subject_kind = {kind:String} AND effective_at <= fromUnixTimestamp64Milli({asOf:Int64})
         GROUP BY definition_kind, definition, subject
       )
       WHERE NOT (definition_kind = 'segment' AND state = 'out')
       GROUP BY name`,
      { kind, asOf },
    );
    expect(asLists(new Map(rows.map(({ name, subjects }) => [name, new Set(subjects)])))).toEqual(
      asLists(members),
    );
    expect([...members.values()].reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(
      kind === "customer" ? 1_500 : 5,
    );
  }
}

async function membersOf(product: TestProduct, kind: string, definition: string): Promise<Set<string>> {
  const rows = await product.warehouse.query<{ subject: string }>(
    `SELECT subject FROM segment_changes WHERE subject_kind = {kind:String} AND definition = {definition:String}
     GROUP BY subject HAVING argMax(to_state, sequence) = 'in'`,
    { kind, definition },
  );
  return new Set(rows.map(({ subject }) => subject));
}

/** Customers with an order in (from, to] that was not taken back whole. */
function bruteForceOfOrders({ orders }: SourceEvents, from: number, to: number): Set<string> {
  const left = new Map<string, { readonly customer: string; readonly at: number; rest: number | null }>();
  for (const order of orders
    .filter(({ occurredAt }) => occurredAt <= to)
    .sort((a, b) => a.occurredAt - b.occurredAt)) {
    const known = left.get(order.orderId);
    if (order.type === "order.placed" && order.customerId !== null)
      left.set(order.orderId, { customer: order.customerId, at: order.occurredAt, rest: order.total ?? 0 });
    else if (known && known.rest !== null) {
      const rest = order.refund === null ? 0 : Math.round((known.rest - order.refund) * 10_000) / 10_000;
      known.rest = rest <= 0 ? null : rest;
    }
  }
  const found = [...left.values()].filter(({ at, rest }) => at > from && rest !== null);
  return new Set(found.map(({ customer }) => customer));
}

async function put(product: TestProduct, document: Readonly<Record<string, unknown>>): Promise<void> {
  const response = await fetch(`${product.apiUrl}/v1/definitions/${document.kind}/${document.id}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(document),
  });
  expect(response.status).toBe(202);
}

/** Until every definition is in force. */
async function untilActive(product: TestProduct): Promise<void> {
  let told = "";
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await systemClock.sleep(100)) {
    const response = await fetch(`${product.apiUrl}/v1/definitions`);
    const { definitions } = (await response.json()) as {
      readonly definitions: readonly { readonly status: string; readonly note?: string }[];
    };
    const waiting = definitions.filter(({ status }) => status !== "active");
    if (waiting.length === 0) return;
    told = JSON.stringify(waiting[0]);
  }
  throw new Error(`waited for two minutes: ${told}`);
}

/** Until every partition has these cut points or later ones, and has gone through those near them. */
async function untilInForce({ apiUrl }: TestProduct, version: number): ReturnType<typeof readCuts> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await systemClock.sleep(100)) {
    const read = await readCuts(apiUrl);
    if (read.version >= version && read.partitionsLeft === 0) return read;
  }
  throw new Error("waited for a minute for cut points");
}

/** Webhooks tried so far. */
async function attempts(product: TestProduct): Promise<number> {
  const plan = product.services("UTC").pipeline.find(({ name }) => name === "automations");
  const text = await (await fetch(`http://127.0.0.1:${plan?.port}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => line.startsWith("tidemark_automations_attempts_total"))
    .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

function asLists(members: Members): Record<string, string[]> {
  const names = [...members.keys()].filter((name) => (members.get(name)?.size ?? 0) > 0).sort();
  return Object.fromEntries(names.map((name) => [name, [...(members.get(name) ?? [])].sort()]));
}
