import { type Cuts, topicNames } from "@tidemark/contracts";
import { Registry, type Warehouse } from "@tidemark/runtime";
import { afterAll, describe, expect, test } from "vitest";
import { openArchive } from "../../../packages/sql/test/archive.ts";
import { cutSchedule } from "../src/cuts/schedule.ts";
import { logger, noon, scene } from "./scene.ts";

const definitions = `
kind: metric
id: revenue
sum: total
of: order.placed
---
kind: segment
id: best
when: { top: 25 percent, by: revenue }
---
kind: scoring
id: rfm
recency: { since: last, of: order.placed, quantiles: 3 }
monetary: { metric: revenue, quantiles: 2 }
`;
const wanted = {
  "metric/revenue/0.75": [200],
  "scoring/rfm/monetary": [99.5],
  "scoring/rfm/recency": [86_400, 172_800],
};

async function withDefinitions() {
  const here = await scene();
  expect((await here.yaml("POST", "/v1/definitions", definitions)).statusCode).toBe(201);
  return here;
}

describe("cut points", () => {
  test("given definitions that ask for some, then it is told which, and that none are in force", async () => {
    const { get } = await withDefinitions();
    const { version, cuts } = (await get("/v1/cuts")).json();
    expect(version).toBe(0);
    expect(cuts.map((one: { key: string; values: unknown }) => [one.key, one.values]).toSorted()).toEqual(
      Object.keys(wanted)
        .map((key) => [key, null])
        .toSorted(),
    );
  });

  test("given all that are asked for, when they are put, then every partition gets them in units of 1/10,000", async () => {
    const { json, log, codec } = await withDefinitions();
    const response = await json("PUT", "/v1/cuts", { cuts: wanted });
    expect([response.statusCode, response.json()]).toEqual([202, { version: noon }]);
    const partitions = await log.partitionCount(topicNames.customerEvents);
    expect(partitions).toBeGreaterThan(1);
    for (let partition = 0; partition < partitions; partition += 1) {
      const last = log.records(topicNames.customerEvents, partition).at(-1)?.value;
      const { value } = await codec.decode(last as Buffer);
      expect({ ...(value as Cuts).cuts }).toEqual({
        "metric/revenue/0.75": [2_000_000],
        "scoring/rfm/monetary": [995_000],
        "scoring/rfm/recency": [864_000_000, 1_728_000_000],
      });
    }
  });

  test("given some that are missing, too many, out of order or asked for by nobody, then all of it is told and nothing is written", async () => {
    const { json, log } = await withDefinitions();
    const before = log.records(topicNames.customerEvents, 0).length;
    const response = await json("PUT", "/v1/cuts", {
      cuts: { "scoring/rfm/recency": [2, 1], "scoring/rfm/monetary": [1, 2], "metric/views/0.5": [1] },
    });
    expect(response.statusCode).toBe(422);
    expect(
      response
        .json()
        .faults.map((fault: { definition: string; found: string }) => [fault.definition, fault.found]),
    ).toEqual([
      ["metric/views/0.5", "cut points that nobody asks for"],
      ["metric/revenue/0.75", "nothing"],
      ["scoring/rfm/recency", "[2,1]"],
      ["scoring/rfm/monetary", "[1,2]"],
    ]);
    expect(log.records(topicNames.customerEvents, 0)).toHaveLength(before);
  });

  test.each(["{", '{"cuts":{"a":["x"]}}', "[]"])("given %s, then it is refused", async (body) => {
    const { yaml } = await withDefinitions();
    expect([400, 415, 422]).toContain((await yaml("PUT", "/v1/cuts", body)).statusCode);
  });
});

describe("cut points from the archive", () => {
  const archive = openArchive(true);
  const warehouse = archive.warehouse as Warehouse;
  afterAll(() => archive.close());
  const text = (at: number): string => new Date(at).toISOString().replace("T", " ").slice(0, 23);
  /** Bought so many days ago for so much. */
  const order = (subject: string, offset: number, daysAgo: number, total: number) => ({
    ...{ kafka_partition: 0, offset, appended_at: text(noon), subject_kind: "customer", subject },
    ...{ name: "order.placed", occurred_at: text(noon - daysAgo * 86_400_000), order_id: `o${offset}` },
    ...{ order_action: "placed", properties: JSON.stringify({ total }) },
  });
  const four = [
    order("ann", 1, 1, 10),
    order("bob", 2, 2, 20),
    order("cid", 3, 3, 40),
    order("dan", 4, 4, 100),
  ];

  async function shop() {
    const here = await scene({ warehouse });
    expect((await here.yaml("POST", "/v1/definitions", definitions)).statusCode).toBe(201);
    return here;
  }

  test("given four customers, when they are asked to be worked out, then every partition gets the quantiles", async () => {
    archive.fill({ customer_events: four });
    const { json, log, codec } = await shop();
    const response = await json("POST", "/v1/cuts/compute", {});
    expect(response.statusCode).toBe(202);
    expect(response.json()).toEqual({
      version: noon,
      populations: { "metric/revenue/0.75": 4, "scoring/rfm/monetary": 4, "scoring/rfm/recency": 4 },
    });
    const partitions = await log.partitionCount(topicNames.customerEvents);
    for (let partition = 0; partition < partitions; partition += 1) {
      const last = log.records(topicNames.customerEvents, partition).at(-1)?.value;
      const { value } = await codec.decode(last as Buffer);
      // Of 10, 20, 40, 100: at 0.75 place 2.25, 55; the median 30. Of 1 to 4 days: at thirds 2 and 3 days.
      expect({ ...(value as Cuts).cuts }).toEqual({
        "metric/revenue/0.75": [550_000],
        "scoring/rfm/monetary": [300_000],
        "scoring/rfm/recency": [2 * 864_000_000, 3 * 864_000_000],
      });
    }
  });

  test("given nobody in any population, or nothing that asks for cut points, then nothing is written", async () => {
    archive.fill({});
    const here = await shop();
    const before = here.log.records(topicNames.customerEvents, 0).length;
    const empty = await here.json("POST", "/v1/cuts/compute", {});
    expect([empty.statusCode, empty.json().detail]).toEqual([503, expect.stringContaining("Nobody")]);
    expect(here.log.records(topicNames.customerEvents, 0)).toHaveLength(before);
    const none = await (await scene({ warehouse })).json("POST", "/v1/cuts/compute", {});
    expect([none.statusCode, none.json().detail]).toEqual([400, "No definition asks for cut points."]);
  });

  test.each([
    [86_400_000, "2026-04-30T12:00:00.000Z", false],
    [2 * 86_400_000 + 1, "2026-04-29T11:59:59.999Z", true],
  ])(
    "given cut points of %i ms ago, worked out once a day, then it is told when that was, and whether they are stale",
    async (ageMs, publishedAt, stale) => {
      const here = await shop();
      const none = (await here.get("/v1/cuts")).json();
      expect(none).toMatchObject({ version: 0, publishedAt: null, ageSeconds: null, stale: true });
      const units = Object.entries(wanted).map(([key, values]) => [key, values.map((one) => one * 10_000)]);
      await here.foldCuts(noon - ageMs, Object.fromEntries(units));
      expect((await here.get("/v1/cuts")).json()).toMatchObject({
        ...{ publishedAt, ageSeconds: ageMs / 1_000, stale },
      });
    },
  );
});

describe("cut points on their way", () => {
  test("given new ones, then they are left in each partition until it has them and has gone through who is near", async () => {
    const { get, foldCuts, foldRescoreEnd, partitions } = await withDefinitions();
    const left = async (): Promise<number> => (await get("/v1/cuts")).json().partitionsLeft;
    const seen = [await left()];
    for (let partition = 0; partition < partitions; partition += 1) {
      await foldCuts(noon, { "scoring/rfm/monetary": [995_000] }, partition);
      seen.push(await left());
    }
    for (let partition = 0; partition < partitions; partition += 1) {
      await foldRescoreEnd(noon, partition);
      seen.push(await left());
    }
    expect(partitions).toBe(4);
    // None are published; four have yet to go through who is near, one after the other does.
    expect(seen).toEqual([0, 4, 4, 4, 4, 3, 2, 1, 0]);
  });
});

describe("the schedule of cut points", () => {
  const hour = 3_600_000;
  /** What the schedule sees, in place of what it would read; `open` loads. */
  function schedule({
    ageMs,
    lacking = 0,
    open = 0,
  }: {
    ageMs: number | null;
    lacking?: number;
    open?: number;
  }) {
    let [now, computed] = [noon, 0];
    const metrics = new Registry();
    const values = (index: number) => (index < lacking ? null : [1]);
    const one = (index: number) => ({
      key: `k${index}`,
      subject: "customer",
      shares: [0.5],
      values: values(index),
    });
    const step = cutSchedule(
      () => ({
        read: async () => ({
          ...{ version: 1, publishedAt: null, stale: false, partitionsLeft: 0, cuts: [one(0), one(1)] },
          ageSeconds: ageMs === null ? null : ageMs / 1_000,
        }),
        publish: async () => 1,
        compute: async () => {
          computed += 1;
          return { version: 1, populations: {} };
        },
      }),
      {
        ...{ everyMs: 24 * hour, clock: { elapsedMs: () => now }, logger, metrics },
        openWarehouse: async () => ({ query: async <Row>() => [{ open }] as unknown as readonly Row[] }),
      },
    );
    return {
      step,
      metrics,
      later: (ms: number) => {
        now += ms;
      },
      computed: () => computed,
    };
  }

  test.each([
    ["a day old", { ageMs: 24 * hour }, 1],
    ["not a day old", { ageMs: 24 * hour - 1 }, 0],
    ["never published", { ageMs: null }, 1],
    ["young, but one that is asked for is not in force", { ageMs: hour, lacking: 1 }, 1],
    ["a day old while a load is under way", { ageMs: 24 * hour, open: 3 }, 0],
  ])("given cut points %s, then they are worked out or not", async (_, given, times) => {
    const { step, computed } = schedule(given);
    await step();
    expect(computed()).toBe(times);
  });

  test("given they stay missing, as nobody is in the population, then it is tried again ten minutes later", async () => {
    const { step, later, computed } = schedule({ ageMs: null, lacking: 2 });
    await step();
    later(599_999);
    await step();
    expect(computed()).toBe(1);
    later(1);
    await step();
    expect(computed()).toBe(2);
  });

  test("then their age and how many are missing are metrics", async () => {
    const { step, metrics } = schedule({ ageMs: hour, lacking: 1 });
    await step();
    const told = await metrics.metrics();
    expect(told).toContain("tidemark_cuts_age_seconds 3600");
    expect(told).toContain("tidemark_cuts_missing 1");
  });
});
