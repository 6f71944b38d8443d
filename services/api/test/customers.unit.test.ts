import { describe, expect, test } from "vitest";
import { day, noon, scene } from "./scene.ts";

const definitions = `
kind: metric
id: revenue-1y
name: Revenue of a year
sum: total
of: order.placed
during: { last: 365 days }
---
kind: metric
id: average-order
average: total
of: order.placed
---
kind: scoring
id: rfm
recency: { since: last, of: order.placed, thresholds: [30 days, 90 days] }
monetary: { metric: revenue-1y, thresholds: [100, 1000] }
---
kind: segment
id: bought-60
name: Bought in the last 60 days
when: { count: order.placed, during: { last: 60 days }, atLeast: 1 }
mark: { color: "#30a46c", icon: bag, label: Active }
---
kind: segment
id: in-berlin
when: { attribute: city, is: Berlin }
---
kind: segment
id: silent
when: { count: order.placed, during: { last: 60 days }, is: 0 }
---
kind: classification
id: tier
name: Value tier
categories:
  - { id: vip, name: Very important, when: { metric: revenue-1y, atLeast: 1000 }, mark: { label: VIP } }
  - { id: regular, when: { metric: revenue-1y, atLeast: 100 } }
otherwise: occasional
---
kind: segment
id: big-account
subject: company
when: { count: order.placed, atLeast: 1 }
`;
const order = (at: number, total: number) => ({ name: "order.placed", at, properties: { total } });

describe("a customer's page", () => {
  test("given orders and attributes, then it says what the customer is in, since when, and when each would end", async () => {
    const { yaml, get, subject } = await scene();
    await yaml("POST", "/v1/definitions", definitions);
    await subject("customer", "ann", [
      {
        name: "profile.updated",
        at: noon - 200 * day,
        attributes: { city: "Berlin", address: { zip: "10115" } },
      },
      order(noon - 100 * day, 900),
      order(noon - 10 * day, 300),
    ]);
    const response = await get("/v1/customers/ann");
    expect(response.statusCode).toBe(200);
    const iso = (at: number) => new Date(at).toISOString();
    expect(response.json()).toEqual({
      kind: "customer",
      id: "ann",
      mergedInto: null,
      absorbed: [],
      asOf: "2026-05-01T12:00:00.000Z",
      attributes: { city: "Berlin", address: { zip: "10115" } },
      metrics: { "revenue-1y": 1200, "average-order": 600 },
      // Recency reversed: 10 days is below both thresholds. Money is above both.
      scores: { rfm: { recency: 3, frequency: null, monetary: 3, total: 6, code: 33 } },
      segments: [
        {
          id: "bought-60",
          name: "Bought in the last 60 days",
          since: iso(noon - 10 * day),
          changesAt: iso(noon + 50 * day),
          mark: { color: "#30a46c", icon: "bag", label: "Active" },
        },
        { id: "in-berlin", name: "in-berlin", since: iso(noon - 200 * day), changesAt: null, mark: null },
      ],
      classifications: [
        {
          id: "tier",
          name: "Value tier",
          category: "vip",
          categoryName: "Very important",
          since: iso(noon - 10 * day),
          // The first order leaves the year after 265 days more: 300 are left.
          changesAt: iso(noon + 265 * day),
          mark: { label: "VIP" },
        },
      ],
      filling: [],
    });
  });

  test("given time that has passed since anything was folded, then the page is about now", async () => {
    const { yaml, get, subject } = await scene();
    await yaml("POST", "/v1/definitions", definitions);
    await subject("customer", "bob", [order(noon - 61 * day, 50)]);
    const page = (await get("/v1/customers/bob")).json();
    expect(page.segments).toMatchObject([
      { id: "silent", since: new Date(noon - day).toISOString(), changesAt: null },
    ]);
    expect(page.classifications).toMatchObject([{ category: "occasional", changesAt: null }]);
  });

  test("given a company, then it is found among companies, with what is about companies only", async () => {
    const { yaml, get, subject } = await scene();
    await yaml("POST", "/v1/definitions", definitions);
    await subject("company", "ACME GmbH & Co/KG", [order(noon - day, 5)]);
    const response = await get(`/v1/companies/${encodeURIComponent("ACME GmbH & Co/KG")}`);
    expect(response.json()).toMatchObject({
      kind: "company",
      id: "ACME GmbH & Co/KG",
      segments: [{ id: "big-account" }],
      classifications: [],
      metrics: {},
    });
    expect((await get(`/v1/customers/${encodeURIComponent("ACME GmbH & Co/KG")}`)).statusCode).toBe(404);
  });

  test("given a definition that is filling, then the page names it and is silent on it", async () => {
    const { yaml, get, subject, eventExists } = await scene();
    await yaml("POST", "/v1/definitions", definitions);
    await eventExists();
    await yaml(
      "PUT",
      "/v1/definitions/segment/new",
      "{ kind: segment, id: new, when: { count: order.placed, atLeast: 1 } }",
    );
    await subject("customer", "ann", [order(noon - day, 5)]);
    const page = (await get("/v1/customers/ann")).json();
    expect(page.filling).toEqual([{ kind: "segment", id: "new" }]);
    expect(page.segments.map(({ id }: { id: string }) => id)).toEqual(["bought-60"]);
  });

  test("given somebody unknown, then 404 says so", async () => {
    const { get } = await scene();
    const response = await get("/v1/customers/nobody");
    expect(response.statusCode).toBe(404);
    expect(response.headers["content-type"]).toContain("application/problem+json");
    expect(response.json()).toMatchObject({ detail: "Nothing is known of the customer nobody." });
  });

  test("given Redis away, then 503 says so, and it is well again once Redis is back", async () => {
    const { yaml, get, subject, away } = await scene();
    await yaml("POST", "/v1/definitions", definitions);
    await subject("customer", "ann", [order(noon - day, 5)]);
    away.redis = true;
    const response = await get("/v1/customers/ann");
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("5");
    expect(response.json()).toMatchObject({ status: 503, detail: "Redis does not answer. Try again." });
    away.redis = false;
    expect((await get("/v1/customers/ann")).statusCode).toBe(200);
  });
});
