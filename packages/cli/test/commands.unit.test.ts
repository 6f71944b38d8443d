import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topicNames } from "@tidemark/contracts";
import { appendDeadLetters, type LogRecord } from "@tidemark/runtime";
import { createMemoryLog } from "@tidemark/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nearestName } from "../src/command-line/nearest.ts";
import { applyFiles } from "../src/commands/apply.ts";
import { describeCustomerPage, findCustomer } from "../src/commands/customer.ts";
import { listDeadLetters } from "../src/commands/dead-letters.ts";
import { describeDefinitions } from "../src/commands/definitions.ts";

describe("the name that was meant", () => {
  test.each([
    ["CustomerId", ["Customer ID", "Order ID"], "Customer ID"],
    ["invoicedate", ["InvoiceNo", "InvoiceDate"], "InvoiceDate"],
    ["aply", ["apply", "prepare"], "apply"],
    ["xyz", ["apply", "prepare"], undefined],
  ])("given %s among %o, then it is %s", (given, known, expected) => {
    expect(nearestName(given, known)).toBe(expected);
  });
});

describe("the list of definitions", () => {
  test("given some in force, filling and on their way, then each says how far it is", () => {
    const common = { kind: "segment", version: 7 };
    const text = describeDefinitions([
      { ...common, id: "loyal", status: "active" },
      {
        ...common,
        id: "lapsed",
        status: "filling",
        note: "It is being filled.",
        fill: { applied: 1, subjects: 3, live: 2, partitions: 8 },
      },
      {
        ...common,
        id: "new",
        status: "filling",
        note: "It waits.",
        fill: { applied: 0, subjects: 0, live: 0, partitions: 8 },
      },
      { ...common, id: "late", status: "pending", note: "It is on its way." },
    ]);
    expect(text.split("\n")).toEqual([
      "segment/loyal   active",
      "segment/lapsed  filling  33%, in force in 2 of 8 partitions. It is being filled.",
      "segment/new     filling  in force in 0 of 8 partitions. It waits.",
      "segment/late    pending  It is on its way.",
      "",
    ]);
    expect(describeDefinitions([])).toBe("There are no definitions\n");
  });
});

describe("the list of dead letters", () => {
  test("given letters in several partitions, when the newest are listed, then each says where from, why, every fault and what it held", async () => {
    const log = createMemoryLog();
    await log.ensureTopics([{ name: topicNames.deadLetters, partitions: 2, replicas: 1, settings: {} }]);
    const record = (offset: number, value: Buffer | null): LogRecord => ({
      topic: "orders",
      partition: 3,
      offset,
      timestamp: 0,
      key: null,
      value,
      headers: [],
    });
    const send = (partition: number, offset: number, value: Buffer | null) =>
      appendDeadLetters(
        log,
        topicNames.deadLetters,
        partition,
        [
          {
            record: record(offset, value),
            reason: "unattributed",
            faults: [{ path: "customerId", found: "null", expected: "an id" }],
          },
        ],
        "orders",
      );
    await send(0, 7, Buffer.from('{"a":1}'));
    await send(1, 8, Buffer.from([0, 1, 255]));
    await send(1, 9, null);
    const all = await listDeadLetters(log, 10);
    expect(all).toHaveLength(3);
    const text = all.join("\n");
    expect(text).toMatch(
      /unattributed {2}orders 3\/7\n {4}customerId: found null, expected an id\n {4}\{"a":1\}/,
    );
    expect(text).toContain("0001ff");
    expect(text).toContain("(no value)");
    expect(await listDeadLetters(log, 1)).toHaveLength(1);
  });
});

describe("commands that talk to the HTTP interface", () => {
  let folder: string;
  let server: Server;
  let url: string;
  let requests: { readonly path: string | undefined; readonly body: string }[];
  let answer: { readonly status: number; readonly body: unknown };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "commands-"));
    requests = [];
    server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      requests.push({ path: request.url, body });
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    url = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("given files, when they are applied, then they go out as one set", async () => {
    writeFileSync(join(folder, "a.yaml"), "kind: metric\nid: a\n\n");
    writeFileSync(join(folder, "b.yaml"), "kind: segment\nid: b\n---\nkind: segment\nid: c\n");
    const fate = { kind: "metric", id: "a", change: "created", status: "active" };
    answer = { status: 201, body: { definitions: [fate] } };
    expect(await applyFiles(url, [join(folder, "a.yaml"), join(folder, "b.yaml")])).toEqual([fate]);
    expect(requests).toEqual([
      {
        path: "/v1/definitions",
        body: "kind: metric\nid: a\n---\nkind: segment\nid: b\n---\nkind: segment\nid: c\n",
      },
    ]);
  });

  test("given a refusal, when files are applied, then every fault is told with its path, and its file and line where it has one", async () => {
    writeFileSync(join(folder, "a.yaml"), "kind: metric\nid: a\n");
    writeFileSync(join(folder, "b.yaml"), "kind: segment\nid: b\nwhen: {}\n");
    const fault = { definition: "segment/b", path: "when.metric", found: '"x"', expected: "a metric" };
    answer = {
      status: 422,
      body: {
        faults: [
          { ...fault, nearest: "y" },
          { ...fault, line: 6 },
        ],
      },
    };
    await expect(applyFiles(url, [join(folder, "a.yaml"), join(folder, "b.yaml")])).rejects.toMatchObject({
      lines: [
        'segment/b: when.metric: found "x", expected a metric; is y meant?',
        `${join(folder, "b.yaml")}:3: segment/b: when.metric: found "x", expected a metric`,
      ],
    });
  });

  test("given no interface, when files are applied, then the error names its address and why", async () => {
    writeFileSync(join(folder, "a.yaml"), "kind: metric\n");
    await expect(applyFiles("http://127.0.0.1:1", [join(folder, "a.yaml")])).rejects.toThrow(
      /http:\/\/127\.0\.0\.1:1 does not answer: ./,
    );
  });

  test("given an id with odd characters, when a customer is looked for, then it is asked for by that id; one unknown is said so", async () => {
    answer = { status: 200, body: { id: "a/b" } };
    expect(await findCustomer(url, "a/b")).toEqual({ id: "a/b" });
    expect(requests[0]?.path).toBe("/v1/customers/a%2Fb");
    answer = { status: 404, body: {} };
    await expect(findCustomer(url, "x")).rejects.toThrow('Nothing is known of the customer "x"');
  });

  test("given a customer's page, when it is shown, then it says what is known and when each membership ends", () => {
    const at = { name: "", since: "2026-01-01T00:00:00.000Z" };
    const page = describeCustomerPage({
      kind: "customer",
      id: "c1",
      asOf: "2026-02-01T00:00:00.000Z",
      mergedInto: null,
      attributes: { subscription: { status: "active" }, region: "West" },
      metrics: { revenue: 12.5, average: null },
      scores: { rfm: { recency: 5, frequency: null } },
      segments: [{ ...at, id: "active", changesAt: "2026-03-02T00:00:00.000Z" }],
      classifications: [{ ...at, id: "tier", category: "vip", changesAt: null }],
      filling: [],
    });
    expect(page).toContain("  subscription.status  active\n  region               West\n");
    expect(page).toContain("  revenue  12.5\n  average  -\n");
    expect(page).toContain("  rfm  recency 5, frequency -\n");
    expect(page).toContain(
      "  active  since 2026-01-01T00:00:00.000Z, until 2026-03-02T00:00:00.000Z if nothing happens\n",
    );
    expect(page).toContain("  tier  vip, since 2026-01-01T00:00:00.000Z, with no end in sight\n");
    expect(page).not.toContain("Not evaluated yet");
    expect(page).not.toContain("Became part");
  });

  test("given one that was merged, then it says whom it became part of", () => {
    const page = describeCustomerPage({
      kind: "customer",
      id: "c1",
      asOf: "2026-02-01T00:00:00.000Z",
      mergedInto: { id: "c2", at: "2026-01-31T00:00:00.000Z" },
      attributes: {},
      metrics: {},
      scores: {},
      segments: [],
      classifications: [],
      filling: [],
    });
    expect(page).toBe(
      "customer c1, as of 2026-02-01T00:00:00.000Z\n\nBecame part of c2 at 2026-01-31T00:00:00.000Z.\n",
    );
  });
});
