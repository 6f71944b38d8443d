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
import { showCustomer } from "../src/commands/customer.ts";
import { listDeadLetters } from "../src/commands/dead-letters.ts";

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
    writeFileSync(join(folder, "a.yaml"), "---\nkind: metric\nid: a\n");
    writeFileSync(join(folder, "b.yaml"), "kind: segment\nid: b\n---\nkind: segment\nid: c\n");
    answer = { status: 200, body: { definitions: [{ kind: "metric", id: "a", filling: false }] } };
    const applied = await applyFiles(url, [join(folder, "a.yaml"), join(folder, "b.yaml")]);
    expect(applied).toEqual([{ kind: "metric", id: "a", filling: false }]);
    expect(requests).toEqual([
      {
        path: "/v1/definitions",
        body: "kind: metric\nid: a\n---\nkind: segment\nid: b\n---\nkind: segment\nid: c\n",
      },
    ]);
  });

  test("given a refusal, when files are applied, then every fault is told with its path", async () => {
    writeFileSync(join(folder, "a.yaml"), "kind: segment\n");
    const fault = {
      definition: "segment/a",
      path: "when.metric",
      found: '"x"',
      expected: "a metric",
      nearest: "y",
    };
    answer = {
      status: 422,
      body: { faults: [fault, { ...fault, definition: "segment/b", nearest: undefined }] },
    };
    await expect(applyFiles(url, [join(folder, "a.yaml")])).rejects.toThrow(
      'segment/a: when.metric: found "x", expected a metric; is y meant?\nsegment/b: when.metric: found "x", expected a metric',
    );
  });

  test("given an id with odd characters, when a customer is shown, then it is asked for by that id; one unknown is said so", async () => {
    answer = { status: 200, body: { id: "a/b" } };
    expect(await showCustomer(url, "a/b")).toBe('{\n  "id": "a/b"\n}\n');
    expect(requests[0]?.path).toBe("/v1/customers/a%2Fb");
    answer = { status: 404, body: {} };
    await expect(showCustomer(url, "x")).rejects.toThrow('Nothing is known of the customer "x"');
  });
});
