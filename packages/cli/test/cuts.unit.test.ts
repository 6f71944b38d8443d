import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { computeCuts, describeCuts, readCuts } from "../src/commands/cuts.ts";

const shown = {
  ...{ version: 1, publishedAt: "2026-05-01T12:00:00.000Z", ageSeconds: 5_400, stale: true },
  partitionsLeft: 0,
  cuts: [
    { key: "scoring/rfm/monetary", subject: "customer", shares: [0.25, 0.5], values: [10, 99.5] },
    { key: "metric/spent/0.875", subject: "customer", shares: [0.875], values: null },
  ],
};

let server: Server;
let url: string;
let asked: string[];
let answers: { status: number; body: object }[];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { status, body } = answers.shift() ?? { status: 500, body: {} };
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe("tidemark cuts", () => {
  it("given cut points, then people read how old they are, each with its share, and which are missing", async () => {
    answers = [{ status: 200, body: shown }];
    expect(describeCuts(await readCuts(url)).split("\n")).toEqual([
      "Published at 2026-05-01T12:00:00.000Z, 90 minutes ago: stale",
      "scoring/rfm/monetary (customer): 25 %: 10, 50 %: 99.5",
      "metric/spent/0.875 (customer): none in force",
    ]);
  });

  it("given new ones that are not in force everywhere, then it says in how many partitions", () => {
    expect(describeCuts({ ...shown, partitionsLeft: 3 }).split("\n")[1]).toBe(
      "Partitions in which they are not in force for everybody yet: 3",
    );
  });

  it("given that nothing asks for any, or that none were published, then it says so", () => {
    expect(describeCuts({ ...shown, cuts: [] })).toBe("No definition asks for cut points");
    expect(describeCuts({ ...shown, publishedAt: null, ageSeconds: null }).split("\n")[0]).toBe(
      "None were ever published: stale",
    );
  });

  it("given --compute, then it is asked for, and told how many are in each population", async () => {
    answers = [{ status: 202, body: { version: 7, populations: { "metric/spent/0.875": 4 } } }];
    expect(await computeCuts(url)).toBe("Worked out: metric/spent/0.875 of 4; version 7 is on its way");
    expect(asked).toEqual(["POST /v1/cuts/compute"]);
  });

  it("given a refusal, then its reason is told", async () => {
    answers = [{ status: 503, body: { detail: "ClickHouse does not answer." } }];
    await expect(computeCuts(url)).rejects.toThrow("answered 503: ClickHouse does not answer.");
  });
});
