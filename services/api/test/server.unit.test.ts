import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { LogError } from "@tidemark/runtime";
import { afterEach, describe, expect, test } from "vitest";
import { scene } from "./scene.ts";

const orders = "{ kind: metric, id: orders, count: order.placed }";
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((close) => close()));
});

describe("errors are problem details", () => {
  test.each<[string, "GET" | "PUT" | "POST" | "DELETE", string, string, string | undefined, number, string]>([
    [
      "a route that is not there",
      "GET",
      "/v2/definitions",
      "",
      undefined,
      404,
      "There is nothing at GET /v2/definitions.",
    ],
    [
      "a method that is not there",
      "DELETE",
      "/health",
      "",
      undefined,
      404,
      "There is nothing at DELETE /health.",
    ],
    ["an unknown kind", "GET", "/v1/definitions/segmnt/a", "", undefined, 400, "The address does not say"],
    [
      "an unknown kind to list",
      "GET",
      "/v1/definitions?kind=x",
      "",
      undefined,
      400,
      "The address does not say",
    ],
    [
      "an unknown definition",
      "GET",
      "/v1/definitions/segment/a",
      "",
      undefined,
      404,
      "There is no segment with the id a.",
    ],
    ["a broken address", "GET", "/v1/customers/%zz", "", undefined, 400, ""],
    [
      "a form",
      "PUT",
      "/v1/definitions/metric/orders",
      orders,
      "application/x-www-form-urlencoded",
      415,
      "expected one of application/yaml",
    ],
    [
      "plain text",
      "PUT",
      "/v1/definitions/metric/orders",
      orders,
      "text/plain",
      415,
      'The content-type is "text/plain"',
    ],
    [
      "no body",
      "PUT",
      "/v1/definitions/metric/orders",
      "",
      "application/yaml",
      422,
      "The body cannot be read",
    ],
    [
      "too large a body",
      "POST",
      "/v1/definitions",
      "a".repeat(100_001),
      "application/yaml",
      413,
      "A body holds 100000 bytes at most.",
    ],
    [
      "YAML that is none",
      "POST",
      "/v1/definitions",
      "a: [",
      "application/yaml",
      422,
      "The body cannot be read",
    ],
    ["JSON that is none", "POST", "/v1/definitions", "{", "application/json", 422, "The body cannot be read"],
  ])("given %s", async (_, method, url, payload, type, status, detail) => {
    const { server } = await scene();
    const response = await server.inject({
      method,
      url,
      ...(type === undefined ? {} : { payload, headers: { "content-type": type } }),
    });
    expect(response.statusCode).toBe(status);
    expect(response.headers["content-type"]).toContain("application/problem+json");
    const problem = response.json();
    expect(problem).toMatchObject({
      type: expect.stringMatching(/^urn:tidemark:problem:/),
      title: expect.any(String),
      status,
    });
    expect(problem.detail).toContain(detail);
    expect(response.body).not.toMatch(/node_modules|\.ts:\d|at async/);
  });

  test("given an address with a fault, then it names what was found and what was expected", async () => {
    const { get } = await scene();
    expect((await get("/v1/definitions?kind=segmnt")).json().faults).toMatchObject([
      { path: "kind", found: '"segmnt"', expected: expect.stringContaining('"segment"') },
    ]);
  });

  test("given a media type with parameters and in capitals, then it is known", async () => {
    const { server } = await scene();
    const response = await server.inject({
      method: "PUT",
      url: "/v1/definitions/metric/orders",
      payload: orders,
      headers: { "content-type": "Application/YAML; charset=utf-8" },
    });
    expect(response.statusCode).toBe(201);
  });

  test("given something of our own that breaks, then nothing of the inside is told", async () => {
    const { get, store } = await scene();
    store.subjects = () => {
      throw new TypeError("secret inside");
    };
    const response = await get("/v1/customers/ann");
    expect(response.statusCode).toBe(500);
    expect(response.headers["content-type"]).toContain("application/problem+json");
    expect(response.body).not.toContain("secret");
    expect(response.json().detail).toMatch(/^What went wrong is in the log, under [0-9a-f-]{36}\.$/);
  });

  test("given bytes that are no HTTP, then the answer is a problem too", async () => {
    const { server } = await scene();
    await server.listen({ host: "127.0.0.1", port: 0 });
    opened.push(() => server.close());
    const { port } = server.server.address() as AddressInfo;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => socket.write("hello\r\n\r\n"));
      let text = "";
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("end", () => resolve(text));
      socket.on("error", reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ status: 400 });
  });
});

describe("Kafka away", () => {
  test("given a write, then 503 says that nothing was written, and the same write succeeds once it is back", async () => {
    let isAway = false;
    const fail = () => Promise.reject(new LogError("retry", "no broker"));
    const bench = await scene({
      log: (log) => ({
        ...log,
        endOffsets: (topic) => (isAway ? fail() : log.endOffsets(topic)),
        append: (...given) => (isAway ? fail() : log.append(...given)),
      }),
    });
    isAway = true;
    const response = await bench.yaml("PUT", "/v1/definitions/metric/orders", orders);
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({
      type: "urn:tidemark:problem:unavailable",
      detail: "Kafka does not answer. Nothing was written; try again.",
    });
    expect((await bench.get("/v1/definitions")).json()).toEqual({ definitions: [] });
    isAway = false;
    expect((await bench.yaml("PUT", "/v1/definitions/metric/orders", orders)).statusCode).toBe(201);
  });

  test("given an append whose answer was lost, then 503 says that nobody knows, and writing it again is harmless", async () => {
    const bench = await scene();
    bench.log.failAppends(1, "ambiguous");
    const response = await bench.yaml("PUT", "/v1/definitions/metric/orders", orders);
    expect(response.statusCode).toBe(503);
    expect(response.json().detail).toContain("It is not known whether this was written");
    const again = await bench.yaml("PUT", "/v1/definitions/metric/orders", orders);
    expect(again.json()).toMatchObject({ change: "unchanged", version: 1 });
    await bench.definitions.reconcile();
    for (const partition of [0, 1, 2, 3]) expect(await bench.versionsIn(partition)).toHaveLength(1);
  });

  test("given a broker so slow that writes queue up, then who waits too long is told, and is not written later", async () => {
    let slow = false;
    const bench = await scene({
      answerMs: 1_500,
      log: (log) => ({
        ...log,
        async endOffsets(topic) {
          if (slow) await new Promise((resolve) => setTimeout(resolve, 800));
          return log.endOffsets(topic);
        },
      }),
    });
    slow = true;
    // It asks three times: longer than anybody waits.
    const first = bench.yaml("PUT", "/v1/definitions/metric/orders", orders);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = bench.yaml(
      "PUT",
      "/v1/definitions/metric/other",
      orders.replace("id: orders", "id: other"),
    );
    expect((await second).statusCode).toBe(503);
    expect((await first).statusCode).toBe(201);
    slow = false;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await bench.get("/v1/definitions/metric/other")).statusCode).toBe(404);
    expect(
      (await bench.yaml("PUT", "/v1/definitions/metric/third", orders.replace("id: orders", "id: third")))
        .statusCode,
    ).toBe(201);
  });

  test("given a broker that never answers, then the request does", async () => {
    const bench = await scene({ log: (log) => ({ ...log, append: () => new Promise(() => {}) }) });
    const response = await bench.yaml("PUT", "/v1/definitions/metric/orders", orders);
    expect(response.statusCode).toBe(503);
  });
});

describe("what it says of itself", () => {
  test("given the index, then it lists what there is", async () => {
    const { get } = await scene();
    expect((await get("/")).json()).toMatchObject({ name: "tidemark", documentation: "/docs" });
  });

  test("given all well, then it is healthy and ready; given something missing, then it says what", async () => {
    const { get, missing } = await scene();
    expect((await get("/health")).json()).toEqual({ status: "ok" });
    expect((await get("/ready")).json()).toEqual({ status: "ready" });
    missing.kafka = "Kafka does not answer.";
    const response = await get("/ready");
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({
      detail: "Kafka does not answer.",
      reasons: { kafka: "Kafka does not answer." },
    });
    expect((await get("/health")).statusCode).toBe(200);
  });

  test("given requests, then their durations are counted by route, and no address makes a series of its own", async () => {
    const { get } = await scene();
    for (const id of ["a", "b", "c"]) await get(`/v1/customers/${id}`);
    await get("/nowhere/1");
    await get("/nowhere/2");
    const response = await get("/metrics");
    expect(response.headers["content-type"]).toContain("text/plain");
    const counts = response.body
      .split("\n")
      .filter((line) => line.startsWith("tidemark_api_request_seconds_count"));
    expect(counts.sort()).toEqual([
      'tidemark_api_request_seconds_count{method="GET",route="/v1/customers/:id",status="404"} 3',
      'tidemark_api_request_seconds_count{method="GET",route="unknown",status="404"} 2',
    ]);
  });

  test("given the OpenAPI document, then every route is in it, with its answers and what a body may be", async () => {
    const { get } = await scene();
    const response = await get("/openapi.json");
    expect(response.headers["content-type"]).toContain("application/json");
    const { openapi, paths, components } = response.json();
    expect(openapi).toBe("3.1.0");
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods as object).map((method) => `${method} ${path}`),
    );
    expect(routes.sort()).toEqual([
      "delete /v1/companies/{id}",
      "delete /v1/customers/{id}",
      "delete /v1/definitions/{kind}/{id}",
      "get /health",
      "get /live",
      "get /metrics",
      "get /ready",
      "get /v1/audits/last",
      "get /v1/companies/{id}",
      "get /v1/companies/{id}/erasure",
      "get /v1/customers/{id}",
      "get /v1/customers/{id}/erasure",
      "get /v1/cuts",
      "get /v1/definitions",
      "get /v1/definitions/{kind}/{id}",
      "get /v1/erasures/{id}",
      "get /v1/reports",
      "get /v1/reports/cohorts",
      "get /v1/reports/exits",
      "get /v1/reports/flow",
      "get /v1/reports/funnel",
      "get /v1/reports/lift",
      "get /v1/reports/matrix",
      "get /v1/reports/migration",
      "get /v1/reports/outcomes",
      "get /v1/reports/overlap",
      "get /v1/reports/review",
      "get /v1/reports/rfm",
      "get /v1/reports/rfm-customers",
      "get /v1/reports/sizes",
      "post /v1/audits",
      "post /v1/cuts/compute",
      "post /v1/definitions",
      "post /v1/definitions/preview",
      "post /v1/definitions/validate",
      "put /v1/companies/{id}/merged-into/{into}",
      "put /v1/customers/{id}/merged-into/{into}",
      "put /v1/cuts",
      "put /v1/definitions/{kind}/{id}",
    ]);
    const put = paths["/v1/definitions/{kind}/{id}"].put;
    expect(Object.keys(put.requestBody.content)).toEqual(["application/yaml", "application/json"]);
    expect(Object.keys(put.responses).sort()).toEqual([
      "200",
      "201",
      "202",
      "400",
      "413",
      "415",
      "422",
      "503",
    ]);
    expect(put.responses[422].content["application/problem+json"].schema).toEqual({
      $ref: "#/components/schemas/Problem",
    });
    expect(Object.keys(components.schemas)).toEqual(
      expect.arrayContaining(["Customer", "Definition", "Problem", "WrittenDefinition"]),
    );
  });

  test("given the page, then it and all it loads come from here", async () => {
    const { get } = await scene();
    const page = await get("/docs");
    const html = page.statusCode === 302 ? await get(String(page.headers.location)) : page;
    expect(html.statusCode).toBe(200);
    expect(html.headers["content-type"]).toContain("text/html");
    expect(html.headers["content-security-policy"]).toContain("default-src 'self'");
    const loaded = [...html.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(loaded.length).toBeGreaterThan(3);
    for (const place of loaded) {
      expect(place).not.toMatch(/^(https?:)?\/\//);
      expect((await get(new URL(place, "http://host/docs/").pathname)).statusCode).toBe(200);
    }
  });
});
