import { topicNames } from "@tidemark/contracts";
import { LogError } from "@tidemark/runtime";
import { describe, expect, test } from "vitest";
import { scene } from "./scene.ts";

const loyal = `
kind: segment
id: loyal
name: Loyal
when: { metric: orders-1y, atLeast: 3 }
mark: { color: "#30a46c", label: Loyal }
`;
const orders = `
kind: metric
id: orders-1y
count: order.placed
during: { last: 365 days }
`;
const welcome = {
  kind: "automation",
  id: "welcome",
  on: { enters: "loyal" },
  do: [{ webhook: "crm" }],
};
const both = `${orders}---${loyal}`;
const problemOf = (response: { headers: object; json: () => unknown }) => {
  expect((response.headers as Record<string, string>)["content-type"]).toContain("application/problem+json");
  return response.json() as {
    type: string;
    status: number;
    detail: string;
    faults?: object[];
    referrers?: object[];
  };
};

describe("writing definitions", () => {
  test("given a new one in YAML, then it is in force, in the registry and in every partition, with a version", async () => {
    const { yaml, get, versionsIn, log } = await scene();
    const response = await yaml("PUT", "/v1/definitions/metric/orders-1y", orders);
    expect(response.statusCode).toBe(201);
    expect(response.headers.location).toBe("/v1/definitions/metric/orders-1y");
    const document = {
      kind: "metric",
      id: "orders-1y",
      count: "order.placed",
      during: { last: "365 days" },
    };
    const shown = {
      kind: "metric",
      id: "orders-1y",
      name: "orders-1y",
      version: 1,
      status: "active",
      filling: false,
      writtenAt: "2026-05-01T12:00:00.000Z",
      document,
    };
    expect(response.json()).toEqual({ ...shown, change: "created" });
    expect((await get("/v1/definitions/metric/orders-1y")).json()).toEqual(shown);
    expect((await get("/v1/definitions")).json()).toEqual({ definitions: [shown] });
    expect((await get("/v1/definitions?kind=segment")).json()).toEqual({ definitions: [] });
    const [record] = log.records(topicNames.segmentDefinitions, 0);
    expect(record?.key?.toString()).toBe("metric/orders-1y");
    for (const partition of [0, 1, 2, 3]) {
      expect(await versionsIn(partition)).toEqual([
        { kind: "metric", id: "orders-1y", version: 1, filling: false, document: JSON.stringify(document) },
      ]);
    }
  });

  test("given many in one request that name each other, then all are written in one batch, whatever their order", async () => {
    const { yaml, get, versionsIn } = await scene();
    const response = await yaml("POST", "/v1/definitions", `${loyal}---${orders}`);
    expect(response.statusCode).toBe(201);
    expect(response.json().definitions).toMatchObject([
      { kind: "segment", id: "loyal", version: 1, change: "created" },
      { kind: "metric", id: "orders-1y", version: 2, change: "created" },
    ]);
    const listed = (await get("/v1/definitions")).json().definitions;
    expect(listed.map(({ kind, id, name }: Record<string, string>) => `${kind}/${id} ${name}`)).toEqual([
      "metric/orders-1y orders-1y",
      "segment/loyal Loyal",
    ]);
    expect((await versionsIn(3)).map(({ id }) => id)).toEqual(["loyal", "orders-1y"]);
  });

  test("given a JSON array, then each item is a definition", async () => {
    const { yaml, json } = await scene();
    await yaml("POST", "/v1/definitions", both);
    const response = await json("POST", "/v1/definitions", [welcome, { ...welcome, id: "welcome-too" }]);
    expect(response.statusCode).toBe(201);
    expect(response.json().definitions).toMatchObject([
      { id: "welcome", version: 3 },
      { id: "welcome-too", version: 4 },
    ]);
  });

  test("given one wrong among many, then nothing at all is written", async () => {
    const { yaml, get, log } = await scene();
    const response = await yaml(
      "POST",
      "/v1/definitions",
      `${both}---\nkind: segment\nid: broken\nwhen: 5\n`,
    );
    expect(response.statusCode).toBe(422);
    expect(log.records(topicNames.segmentDefinitions, 0)).toHaveLength(0);
    expect((await get("/v1/definitions")).json()).toEqual({ definitions: [] });
  });

  test("given the same again, in another order of keys and another notation, then nothing changes", async () => {
    const { yaml, json, log } = await scene();
    await yaml("POST", "/v1/definitions", both);
    const response = await json("PUT", "/v1/definitions/metric/orders-1y", {
      during: { last: "365 days" },
      count: "order.placed",
      id: "orders-1y",
      kind: "metric",
    });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ change: "unchanged", version: 1, status: "active" });
    expect(log.records(topicNames.segmentDefinitions, 0)).toHaveLength(2);
    expect(log.records(topicNames.customerEvents, 0)).toHaveLength(2);
  });

  test("given another document under the same name, then it is replaced by a higher version", async () => {
    const { yaml, versionsIn } = await scene();
    await yaml("POST", "/v1/definitions", both);
    const response = await yaml("PUT", "/v1/definitions/metric/orders-1y", orders.replace("365", "100"));
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({ change: "replaced", version: 3 });
    expect((await versionsIn(1)).map(({ id, version }) => [id, version])).toEqual([
      ["orders-1y", 1],
      ["loyal", 2],
      ["orders-1y", 3],
    ]);
  });

  test("given two writes at once, of which only one fits, then one is written and the other refused", async () => {
    const { yaml, remove } = await scene();
    await yaml("PUT", "/v1/definitions/metric/orders-1y", orders);
    const answers = await Promise.all([
      yaml("PUT", "/v1/definitions/segment/loyal", loyal),
      remove("/v1/definitions/metric/orders-1y"),
    ]);
    const statuses = answers.map(({ statusCode }) => statusCode);
    expect([
      [201, 409],
      [422, 204],
    ]).toContainEqual(statuses);
  });

  test("given an address that says something else, then both faults are told", async () => {
    const { yaml } = await scene();
    const response = await yaml("PUT", "/v1/definitions/segment/total", orders);
    expect(response.statusCode).toBe(422);
    expect(problemOf(response).faults).toEqual([
      {
        definition: "segment/total",
        path: "kind",
        found: '"metric"',
        expected: '"segment", as in the address',
        line: 2,
        column: 1,
      },
      {
        definition: "segment/total",
        path: "id",
        found: '"orders-1y"',
        expected: '"total", as in the address',
        line: 3,
        column: 1,
      },
    ]);
    const two = await yaml(
      "PUT",
      "/v1/definitions/metric/orders-1y",
      both.replace("orders-1y, at", "other, at"),
    );
    expect(problemOf(two).faults).toContainEqual(
      expect.objectContaining({ found: "2 definitions", expected: "one, as in the address" }),
    );
  });

  test("given one that needs cut points of the population, then it is taken, and says that it has none yet", async () => {
    const { yaml, get } = await scene();
    const top = "kind: segment\nid: best\nwhen: { top: 5 percent, by: orders-1y }";
    const card = "kind: scoring\nid: card\nfrequency: { metric: orders-1y, quantiles: 5 }";
    const response = await yaml("POST", "/v1/definitions", [orders, top, card].join("\n---\n"));
    expect(response.statusCode).toBe(201);
    for (const name of ["segment/best", "scoring/card"])
      expect((await get(`/v1/definitions/${name}`)).json()).toMatchObject({
        status: "active",
        note: expect.stringContaining("no cut points yet"),
      });
    expect((await get("/v1/definitions/metric/orders-1y")).json()).not.toHaveProperty("note");
  });

  test("given a change that others cannot live with, then what is wrong with them is told", async () => {
    const { yaml, json } = await scene();
    await yaml("POST", "/v1/definitions", both);
    await json("POST", "/v1/definitions", {
      kind: "classification",
      id: "tier",
      categories: [{ id: "vip", when: { metric: "orders-1y", atLeast: 9 } }],
      otherwise: "regular",
    });
    await json("POST", "/v1/definitions", {
      kind: "automation",
      id: "greet",
      on: { moves: "tier", to: ["vip"] },
      do: [{ webhook: "crm" }],
    });
    const response = await json("PUT", "/v1/definitions/classification/tier", {
      kind: "classification",
      id: "tier",
      categories: [{ id: "very-important", when: { metric: "orders-1y", atLeast: 9 } }],
      otherwise: "regular",
    });
    expect(response.statusCode).toBe(422);
    expect(problemOf(response).faults).toMatchObject([
      { definition: "automation/greet", path: "on.to.0", found: '"vip"' },
    ]);
  });

  test("given as many as may be, then one more is refused and a replacement is not", async () => {
    const { yaml } = await scene({ maxDefinitions: 2 });
    await yaml("POST", "/v1/definitions", both);
    const third = await yaml("PUT", "/v1/definitions/metric/third", orders.replace("orders-1y", "third"));
    expect(third.statusCode).toBe(422);
    expect(problemOf(third)).toMatchObject({
      type: "urn:tidemark:problem:too-many-definitions",
      detail: "There would be 3 definitions; 2 may be.",
    });
    const second = await yaml("PUT", "/v1/definitions/metric/orders-1y", orders.replace("365", "7"));
    expect(second.statusCode).toBe(200);
  });

  test("given more than one batch takes, then it is refused as a whole", async () => {
    const { json, log } = await scene({ bodyBytes: 2_000_000 });
    const data = Array.from({ length: 15 }, (_, at) => `${at}${"x".repeat(9_900)}`);
    const automations = Array.from({ length: 6 }, (_, at) => ({
      ...welcome,
      id: `welcome-${at}`,
      do: [{ webhook: "crm", data }],
    }));
    const segment = { kind: "segment", id: "loyal", when: { count: "order.placed", atLeast: 1 } };
    const response = await json("POST", "/v1/definitions", [segment, ...automations]);
    expect(response.statusCode).toBe(413);
    expect(problemOf(response).detail).toMatch(
      /^Together they take \d+ bytes; 700000 may be written at once\.$/,
    );
    expect(log.records(topicNames.segmentDefinitions, 0)).toHaveLength(0);
  });
});

describe("checking definitions", () => {
  test("given right ones, then it says what would happen and writes nothing", async () => {
    const { yaml, log } = await scene();
    await yaml("PUT", "/v1/definitions/metric/orders-1y", orders);
    const response = await yaml("POST", "/v1/definitions/validate", both);
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({
      valid: true,
      definitions: [
        { kind: "metric", id: "orders-1y", change: "unchanged", filling: false },
        { kind: "segment", id: "loyal", change: "created", filling: false },
      ],
    });
    expect(log.records(topicNames.segmentDefinitions, 0)).toHaveLength(1);
  });

  test("given wrong ones, then every fault is told as in a write", async () => {
    const { yaml } = await scene();
    const wrong = "kind: segmnt\nid: a\n---\nkind: metric\nid: B\ncount: order.placed\nduring: { last: 5 }\n";
    const [checked, written] = await Promise.all([
      yaml("POST", "/v1/definitions/validate", wrong),
      yaml("POST", "/v1/definitions", wrong),
    ]);
    expect(checked.statusCode).toBe(422);
    expect(checked.json()).toEqual(written.json());
    expect(problemOf(checked).faults).toHaveLength(3);
  });
});

describe("deleting definitions", () => {
  test("given one that others refer to, then they are named and it stays", async () => {
    const { yaml, json, remove, get } = await scene();
    await yaml("POST", "/v1/definitions", both);
    await json("POST", "/v1/definitions", welcome);
    const response = await remove("/v1/definitions/segment/loyal");
    expect(response.statusCode).toBe(409);
    expect(problemOf(response)).toMatchObject({
      detail: "automation/welcome refers to segment/loyal.",
      referrers: [{ definition: "automation/welcome", path: "on.enters" }],
    });
    expect((await get("/v1/definitions/segment/loyal")).statusCode).toBe(200);
  });

  test("given one that nobody refers to, then it is gone from the registry and from every partition", async () => {
    const { yaml, remove, get, versionsIn, log } = await scene();
    await yaml("POST", "/v1/definitions", both);
    const response = await remove("/v1/definitions/segment/loyal");
    expect(response.statusCode).toBe(204);
    expect(response.body).toBe("");
    expect((await get("/v1/definitions/segment/loyal")).statusCode).toBe(404);
    expect((await remove("/v1/definitions/segment/loyal")).statusCode).toBe(404);
    expect(log.records(topicNames.segmentDefinitions, 0).at(-1)).toMatchObject({
      key: Buffer.from("segment/loyal"),
      value: null,
    });
    for (const partition of [0, 1, 2, 3]) {
      expect((await versionsIn(partition)).at(-1)).toEqual({
        kind: "segment",
        id: "loyal",
        version: 3,
        filling: false,
        document: null,
      });
    }
    expect((await yaml("PUT", "/v1/definitions/segment/loyal", loyal)).json()).toMatchObject({ version: 4 });
  });
});

describe("definitions written once events exist", () => {
  test("given control records only, then a definition is in force", async () => {
    const { yaml } = await scene();
    await yaml("PUT", "/v1/definitions/metric/orders-1y", orders);
    expect((await yaml("PUT", "/v1/definitions/segment/loyal", loyal)).json()).toMatchObject({
      status: "active",
    });
  });

  test("given an event, then a new one is filling, says so, and so do those that rest on it", async () => {
    const { yaml, json, get, versionsIn, eventExists } = await scene();
    await eventExists();
    const response = await yaml("PUT", "/v1/definitions/metric/orders-1y", orders);
    expect(response.statusCode).toBe(202);
    expect(response.json()).toMatchObject({
      status: "filling",
      filling: true,
      note: "It is being filled from history; until then nothing comes out.",
      fill: { applied: 0, subjects: 0, live: 0, partitions: 4 },
    });
    expect(await versionsIn(0)).toMatchObject([{ id: "orders-1y", filling: true }]);
    await yaml("PUT", "/v1/definitions/segment/loyal", loyal);
    const automation = await json("POST", "/v1/definitions", welcome);
    expect(automation.statusCode).toBe(202);
    expect(automation.json().definitions).toMatchObject([
      {
        status: "filling",
        note: "segment/loyal is being filled from history; that sets nothing off.",
      },
    ]);
    expect((await versionsIn(0)).map(({ id, filling }) => [id, filling])).toEqual([
      ["orders-1y", true],
      ["loyal", true],
      ["welcome", false],
    ]);
    const listed = (await get("/v1/definitions")).json().definitions;
    expect(listed.map(({ status }: { status: string }) => status)).toEqual(["filling", "filling", "filling"]);
  });

  test("given definitions in force, when one that others rest on changes, then they are filling with it and say why", async () => {
    const { yaml, get, eventExists } = await scene();
    await yaml("POST", "/v1/definitions", both);
    await eventExists();
    const check = await yaml("POST", "/v1/definitions/validate", orders.replace("365", "100"));
    expect(check.json().definitions).toEqual([
      { kind: "metric", id: "orders-1y", change: "replaced", filling: true },
    ]);
    expect((await yaml("PUT", "/v1/definitions/metric/orders-1y", orders)).json()).toMatchObject({
      change: "unchanged",
      status: "active",
    });
    const replaced = await yaml("PUT", "/v1/definitions/metric/orders-1y", orders.replace("365", "100"));
    expect(replaced.statusCode).toBe(202);
    const dependent = (await get("/v1/definitions/segment/loyal")).json();
    expect(dependent).toMatchObject({
      status: "filling",
      note: "It rests on a definition that is being filled from history, and follows with it.",
    });
  });

  test("given an automation alone, then it is in force at once", async () => {
    const { yaml, json, eventExists } = await scene();
    await yaml("POST", "/v1/definitions", both);
    await eventExists();
    const response = await json("PUT", "/v1/definitions/automation/welcome", welcome);
    expect(response.statusCode).toBe(201);
    expect(response.json()).toMatchObject({ status: "active", filling: false });
  });

  test("given a partition in which an event came first, then the list says what is true there", async () => {
    const { yaml, get, definitions, fold } = await scene();
    await yaml("POST", "/v1/definitions", both);
    await fold(1, 2, true);
    await definitions.reconcile();
    expect((await get("/v1/definitions/segment/loyal")).json()).toMatchObject({
      status: "filling",
      fill: { live: 3, partitions: 4 },
    });
  });

  test("given events in one partition only, when the others have folded it, then it fills there too: whoever has some may become part of somebody there", async () => {
    const { yaml, get, definitions, fold, eventExists } = await scene();
    await eventExists();
    await yaml("POST", "/v1/definitions", both);
    for (const partition of [0, 1, 3]) await fold(partition, 2, false);
    await fold(2, 2, true);
    await definitions.reconcile();
    expect((await get("/v1/definitions/segment/loyal")).json().fill).toMatchObject({ live: 0 });
  });

  test("given sweeps under way and over, then it says how many are done", async () => {
    const { yaml, get, definitions, fold, sweep, eventExists } = await scene();
    await eventExists();
    await yaml("PUT", "/v1/definitions/metric/orders-1y", orders);
    for (const partition of [0, 1, 2, 3]) await fold(partition, 1, true);
    await sweep(1, { applied: 30, subjects: 100, sentOn: 0, taken: 0 }, false);
    await sweep(2, { applied: 80, subjects: 80, sentOn: 0, taken: 0 }, true);
    await definitions.reconcile();
    expect((await get("/v1/definitions/metric/orders-1y")).json()).toMatchObject({
      status: "filling",
      note: "It is being filled from history, 110 of 180 done; until then nothing comes out.",
      fill: { applied: 110, subjects: 180, live: 1, partitions: 4 },
    });
    for (const partition of [0, 1, 3])
      await sweep(partition, { applied: 9, subjects: 9, sentOn: 0, taken: 0 }, true);
    await definitions.reconcile();
    expect((await get("/v1/definitions/metric/orders-1y")).json()).toMatchObject({ status: "active" });
  });
});

describe("reconciliation", () => {
  test("given a partition that did not get some, then it is brought them, once", async () => {
    const first = await scene();
    await first.yaml("POST", "/v1/definitions", both);
    // Another process, which knows only what is stored.
    for (const partition of [0, 1, 3]) await first.fold(partition);
    await first.fold(2, 1);
    const before = first.log.records(topicNames.customerEvents, 2).length;
    const { definitions: second } = await scene({ over: first });
    await second.reconcile();
    await second.reconcile();
    const versions = await first.versionsIn(2);
    expect(versions.slice(before).map(({ id, version }) => [id, version])).toEqual([["loyal", 2]]);
    expect(await first.versionsIn(0)).toHaveLength(2);
  });

  test("given Kafka away in the middle of a write, then it is written, on its way, and gets there", async () => {
    let failing = false;
    const bench = await scene({
      log: (log) => ({
        ...log,
        append: (topic, partition, records) =>
          failing && topic === topicNames.customerEvents && partition > 1
            ? Promise.reject(new LogError("retry", "away"))
            : log.append(topic, partition, records),
      }),
    });
    failing = true;
    const response = await bench.yaml("PUT", "/v1/definitions/metric/orders-1y", orders);
    expect(response.statusCode).toBe(202);
    expect(response.json()).toMatchObject({
      status: "pending",
      filling: false,
      note: "It is on its way to 2 of 4 partitions.",
    });
    failing = false;
    await bench.definitions.reconcile();
    expect((await bench.get("/v1/definitions/metric/orders-1y")).json()).toMatchObject({ status: "active" });
    for (const partition of [0, 1, 2, 3]) expect(await bench.versionsIn(partition)).toHaveLength(1);
  });

  test("given a deletion that compaction forgot, then a partition that never learned of it does", async () => {
    const bench = await scene();
    await bench.yaml("POST", "/v1/definitions", both);
    for (const partition of [0, 1, 2, 3]) await bench.fold(partition);
    await bench.remove("/v1/definitions/segment/loyal");
    // The tombstone and what it covers are gone; the partitions have not folded their part.
    bench.log.trim(topicNames.segmentDefinitions, 0, 3);
    const { definitions: second } = await scene({ over: bench });
    await second.reconcile();
    expect((await bench.versionsIn(0)).at(-1)).toMatchObject({ id: "loyal", version: 3, document: null });
  });

  test("given a registry that was made anew, then nothing in the partitions is deleted for that", async () => {
    const bench = await scene();
    await bench.yaml("POST", "/v1/definitions", both);
    for (const partition of [0, 1, 2, 3]) await bench.fold(partition);
    const before = bench.log.records(topicNames.customerEvents, 0).length;
    const { definitions: second } = await scene({
      over: bench,
      log: (log) => ({ ...log, endOffsets: async () => [0] }),
    });
    await second.reconcile();
    expect(bench.log.records(topicNames.customerEvents, 0)).toHaveLength(before);
  });
});
