import { type Cuts, topicNames } from "@tidemark/contracts";
import { describe, expect, test } from "vitest";
import { noon, scene } from "./scene.ts";

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
