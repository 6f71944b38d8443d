/**
 * The main job on the real stack: the demo's history and a live load, every service killed in the middle of it, and
 * then everything compared: by the judge, by brute force over the source events as they were sent, and by folding the
 * recorded log again.
 */
import { createCodec, topicNames } from "@tidemark/contracts";
import { systemClock } from "@tidemark/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SourceEvents } from "../../packages/cli/src/demo/events.ts";
import { demoHistory } from "../../packages/cli/src/demo/history.ts";
import { readSuperstore, type Superstore } from "../../packages/cli/src/demo/superstore.ts";
import { judge } from "../../packages/cli/src/judge/index.ts";
import { loadDemo } from "../../packages/cli/src/load/load.ts";
import { lifecycleRecord, prepareSources } from "../../packages/cli/src/load/source-records.ts";
import { bruteForce, type Members } from "./brute-force.ts";
import { startLiveLoad } from "./live-load.ts";
import { openTestProduct, type TestProduct } from "./product.ts";
import { recordedChanges, refoldedChanges } from "./refold.ts";

const partitions = 8;
const seed = 20_261;
const liveEventsPerSecond = 40;
const services = [
  "orders",
  "interactions",
  "lifecycle",
  "segments",
  "warehouse",
  "automations",
  "api",
] as const;
const quiet = { say: () => {}, bars: () => {}, clear: () => {} };

describe("the main job", () => {
  let product: TestProduct;
  let store: Superstore;
  let sent: SourceEvents;
  let asOf = 0;

  beforeAll(async () => {
    console.log(`seed ${seed}`);
    store = await readSuperstore();
    product = await openTestProduct(partitions);
  });
  afterAll(() => product?.close());

  it("given kill -9 of every service, one after another in the middle of the load, then nothing is lost and nothing came twice", async () => {
    const { log, codec, supervisor } = product;
    const moment = { seed, now: Date.now() };
    await loadDemo(
      { log, codec, clock: { ...systemClock, after: neverCalled }, progress: quiet },
      store,
      moment,
    );
    const { webhooks, pipeline } = product.services("UTC");
    for (const plan of [webhooks, ...pipeline]) supervisor.start(plan);
    const load = startLiveLoad(product, store, seed, liveEventsPerSecond);
    for (const service of services) {
      await sleep(1_500);
      await killAndWait(product, service);
    }
    await sleep(1_000);
    const live = await load.stop();
    const past = demoHistory(store, moment);
    sent = {
      orders: [...past.orders, ...live.orders],
      interactions: [...past.interactions, ...live.interactions],
      lifecycle: [...past.lifecycle, ...live.lifecycle],
    };
    asOf = await product.drained();

    const verdict = await judge({ env: product.env, asOf, zone: "UTC" });

    expect(verdict.details).toEqual([]);
    expect(verdict).toMatchObject({ lost: 0, duplicates: 0, unattributed: 0 });
    // An order that names a company too is an event for each.
    const canonical = [...sent.orders, ...sent.interactions, ...sent.lifecycle].reduce(
      (sum, { customerId, companyId }) => sum + Number(customerId !== null) + Number(companyId !== null),
      0,
    );
    expect(verdict.events).toBe(canonical);
  }, 600_000);

  it("given that run, then ClickHouse has the members that brute force over the source events gives", async () => {
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
  });

  it("given that run, then the interface says the same of every customer, and when each membership would end", async () => {
    const wrong: string[] = [];
    for (const [kind, path] of [
      ["customers", "customers"],
      ["companies", "companies"],
    ] as const) {
      for (const id of subjectsOf(sent, kind)) {
        const before = Date.now();
        const response = await fetch(`${product.apiUrl}/v1/${path}/${encodeURIComponent(id)}`);
        const profile = (await response.json()) as Profile;
        const told = new Set([
          ...profile.segments.map((segment) => segment.id),
          ...profile.classifications.map((one) => `${one.id}:${one.category}`),
        ]);
        // Time alone may have changed something while the answer was on its way.
        const expectedAt = (at: number) => membershipsOf(bruteForce(ofSubject(sent, kind, id), at)[kind], id);
        if (!sameSets(told, expectedAt(before)) && !sameSets(told, expectedAt(Date.now())))
          wrong.push(`${id}: ${[...told]} instead of ${[...expectedAt(Date.now())]}`);
        for (const { id: segment, changesAt } of profile.segments) {
          if (changesAt === null) continue;
          const at = Date.parse(changesAt);
          const own = ofSubject(sent, kind, id);
          const stays = membershipsOf(bruteForce(own, at - 1)[kind], id).has(segment);
          const ends = !membershipsOf(bruteForce(own, at)[kind], id).has(segment);
          if (!stays || !ends) wrong.push(`${id}: ${segment} does not end at ${changesAt}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("given the recorded customer-events, when they are folded again from nothing, then they give the recorded changes byte for byte", async () => {
    const codec = await createCodec({ url: product.env.SCHEMA_REGISTRY_URL ?? "" });
    await codec.prepare(topicNames.segmentChanges, [
      "tidemark.changes.SegmentChange",
      "tidemark.changes.Fence",
    ]);
    await codec.prepare(topicNames.customerEvents, ["tidemark.log.Clock"]);
    await codec.prepare(topicNames.rejectedEvents, ["tidemark.log.RejectedEvent"]);
    // Timers go on meanwhile: what lies below these ends is folded and published once it is drained.
    const ends = await product.log.endOffsets(topicNames.customerEvents);
    await product.drained();
    let changes = 0;
    for (let partition = 0; partition < partitions; partition += 1) {
      const end = ends[partition] ?? 0;
      const recorded = await recordedChanges(product.log, codec, partition, end);
      const refolded = await refoldedChanges(product.log, codec, partition, "UTC", 1 + partition * 97, end);
      expect(refolded).toEqual(recorded);
      changes += recorded.length;
    }
    expect(changes).toBeGreaterThan(5_000);
  });

  it("given a customer created through the topics whose birthday begins at midnight where they live, then they enter at that millisecond", async () => {
    const { zone, midnight, birthDate } = lastMidnight(Date.now());
    const customerId = `birthday-${midnight}`;
    await sendProfile(product, customerId, midnight - 1_000, { birthDate, zone });

    const change = await firstChange(product, customerId, "birthday");

    expect(change).toMatchObject({ to_state: "in", cause: "time", mark_label: "Birthday" });
    expect(Number(change.effective_at_ms)).toBe(midnight);
    expect(Number(change.changes_at_ms)).toBe(nextMidnight(midnight, zone));
  });

  it("given a plan that ends in a few seconds, when they have passed with no event, then the customer has left and entered to the millisecond", async () => {
    const endsAt = Date.now() + 6_000;
    const customerId = `plan-${endsAt}`;
    const subscription = { status: "active", endsAt: new Date(endsAt).toISOString() };
    await sendProfile(product, customerId, Date.now(), { subscription });

    const entered = await firstChange(product, customerId, "plan-ends-soon");
    const ranOut = await firstChange(product, customerId, "plan-ran-out");
    const left = await firstChange(product, customerId, "plan-ends-soon", "out");

    expect(entered).toMatchObject({ to_state: "in", cause: "event" });
    expect(Number(entered.changes_at_ms)).toBe(endsAt);
    for (const change of [ranOut, left]) {
      expect(change).toMatchObject({ cause: "time", historic: false });
      expect(Number(change.effective_at_ms)).toBe(endsAt);
      expect(Number(change.detected_at_ms)).toBeGreaterThanOrEqual(endsAt);
    }
  });
});

interface Profile {
  readonly segments: readonly { readonly id: string; readonly changesAt: string | null }[];
  readonly classifications: readonly { readonly id: string; readonly category: string }[];
}

async function killAndWait(product: TestProduct, service: string): Promise<void> {
  const pid = await until(async () => product.pidOf(service));
  process.kill(pid, "SIGKILL");
  await until(async () => {
    const now = product.pidOf(service);
    return now !== undefined && now !== pid ? now : undefined;
  });
  await product.supervisor.ready();
}

async function sendProfile(
  product: TestProduct,
  customerId: string,
  occurredAt: number,
  attributes: object,
): Promise<void> {
  await prepareSources(product.codec);
  const { key, value } = lifecycleRecord(product.codec, {
    name: "profile.updated",
    customerId,
    companyId: null,
    occurredAt,
    eventId: null,
    attributes: JSON.stringify(attributes),
    properties: null,
  });
  const count = await product.log.partitionCount(topicNames.lifecycle);
  await product.log.append(topicNames.lifecycle, product.log.partitionFor(Buffer.from(key), count), [
    { key: Buffer.from(key), value },
  ]);
}

/** Waits for it to be in ClickHouse. */
function firstChange(product: TestProduct, subject: string, definition: string, to = "in") {
  return until(async () => {
    const [row] = await product.warehouse.query<Record<string, unknown>>(
      `SELECT to_state, cause, historic, mark_label, toUnixTimestamp64Milli(effective_at) AS effective_at_ms,
              toUnixTimestamp64Milli(detected_at) AS detected_at_ms, toUnixTimestamp64Milli(changes_at) AS changes_at_ms
       FROM segment_changes
       WHERE subject = {subject:String} AND definition = {definition:String} AND to_state = {to:String}
       ORDER BY sequence LIMIT 1`,
      { subject, definition, to },
    );
    return row;
  });
}

async function until<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(50)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error("waited for a minute");
}

/** The zone whose day began last, that instant, and a birth date whose anniversary is that day. */
function lastMidnight(now: number): {
  readonly zone: string;
  readonly midnight: number;
  readonly birthDate: string;
} {
  const zones = Intl.supportedValuesOf("timeZone").map((zone) => ({ zone, midnight: startOfDay(now, zone) }));
  const { zone, midnight } = zones.reduce((a, b) => (b.midnight > a.midnight ? b : a));
  const day = localText(midnight, zone).slice(0, 10);
  return { zone, midnight, birthDate: `1992${day.slice(4)}` };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `yyyy-mm-dd, hh:mm:ss` there. */
function localText(at: number, zone: string): string {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "medium",
      hourCycle: "h23",
    });
  formats.set(zone, format);
  return format.format(at);
}

function startOfDay(at: number, zone: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = localText(at, zone).slice(-8).split(":").map(Number);
  return Math.floor(at / 1000) * 1000 - ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

function nextMidnight(midnight: number, zone: string): number {
  const day = localText(midnight, zone).slice(0, 10);
  let at = midnight;
  while (localText(at, zone).slice(0, 10) === day) at += 900_000;
  return at;
}

function asLists(members: Members): Record<string, string[]> {
  const names = [...members.keys()].filter((name) => (members.get(name)?.size ?? 0) > 0).sort();
  return Object.fromEntries(names.map((name) => [name, [...(members.get(name) ?? [])].sort()]));
}

function membershipsOf(members: Members, id: string): Set<string> {
  return new Set([...members].flatMap(([name, subjects]) => (subjects.has(id) ? [name] : [])));
}

function sameSets(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

type Kind = "customers" | "companies";

const idOf = (
  kind: Kind,
  event: { readonly customerId: string | null; readonly companyId: string | null },
) => (kind === "customers" ? event.customerId : event.companyId);

function subjectsOf(events: SourceEvents, kind: Kind): string[] {
  const all = [...events.orders, ...events.interactions, ...events.lifecycle];
  return [...new Set(all.flatMap((event) => idOf(kind, event) ?? []))].sort();
}

const indexes = new Map<Kind, Map<string, SourceEvents>>();

/** The events of one subject. */
function ofSubject(events: SourceEvents, kind: Kind, id: string): SourceEvents {
  const known = indexes.get(kind) ?? new Map<string, SourceEvents>();
  indexes.set(kind, known);
  if (known.size === 0) {
    const orders = Map.groupBy(events.orders, (event) => idOf(kind, event));
    const interactions = Map.groupBy(events.interactions, (event) => idOf(kind, event));
    const lifecycle = Map.groupBy(events.lifecycle, (event) => idOf(kind, event));
    for (const subject of subjectsOf(events, kind))
      known.set(subject, {
        orders: orders.get(subject) ?? [],
        interactions: interactions.get(subject) ?? [],
        lifecycle: lifecycle.get(subject) ?? [],
      });
  }
  return known.get(id) ?? { orders: [], interactions: [], lifecycle: [] };
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

function neverCalled(): never {
  throw new Error("nobody asked for a timer");
}
