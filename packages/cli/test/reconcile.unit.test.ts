import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeReconcile, reconcile, repair } from "../src/commands/reconcile.ts";

const evidence = {
  partition: 3,
  events: 1,
  newest: [{ name: "order.placed", offset: 7 }],
  changes: [{ sequence: 2, to: "out" }],
};
const found = [
  { kind: "customer", subject: "ann", definition: "segment/loyal", stream: "out", sql: "in", evidence },
];
const counts = { seconds: 1.5, at: "2026-05-01T12:00:00.000Z", subjects: 4, compared: 8 };
const done = {
  state: "done",
  ...counts,
  ...{
    differences: 1,
    passing: 0,
    found,
    definitions: ["segment/loyal", "segment/new"],
    skipped: ["segment/x"],
  },
} as const;

let server: Server;
let url: string;
/** One after the other; where there is none, the connection is cut. */
let answers: (object | undefined)[];
let asked: string[];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const answer = answers.shift();
    if (answer === undefined) {
      request.socket.destroy();
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe("tidemark reconcile", () => {
  it("given an audit that takes its time, then it waits, and the last line is JSON", async () => {
    answers = [{ state: "running" }, { state: "running" }, done];
    const audit = await reconcile(url, async () => {});
    expect(asked).toEqual(["POST /v1/audits", "GET /v1/audits/last", "GET /v1/audits/last"]);
    const last = { ...counts, differences: 1, passing: 0, definitions: 2, skipped: 1 };
    const lines = describeReconcile(audit, false).trimEnd().split("\n");
    expect(JSON.parse(lines.pop() ?? "")).toEqual(last);
    expect(lines).toEqual([
      "customer ann: segment/loyal is out in the stream, in in SQL",
      "  partition 3, 1 events that count, the newest:",
      '    {"name":"order.placed","offset":7}',
      "  published of it:",
      '    {"sequence":2,"to":"out"}',
      "  to fold its partition again: npm run -s tidemark -- rebuild --partition 3",
      "1 subjects differ",
      "Not compared: segment/x",
    ]);
    const json = describeReconcile(audit, true).trimEnd().split("\n");
    expect(json.map((line) => JSON.parse(line))).toEqual([...found, last]);
  });

  it("given connections that are lost while it waits, then it asks again", async () => {
    answers = [{ state: "running" }, undefined, undefined, { state: "running" }, undefined, done];
    expect(await reconcile(url, async () => {})).toEqual(done);
    expect(asked).toHaveLength(6);
  });

  it("given that nobody answers any more, then it gives up", async () => {
    answers = [{ state: "running" }];
    await expect(reconcile(url, async () => {})).rejects.toThrow("fetch failed");
    expect(asked).toHaveLength(22);
  });

  it("given an audit that cannot be done, then it says why", async () => {
    answers = [{ state: "running" }, { state: "failed", reason: "A load is under way in partition 0." }];
    await expect(reconcile(url, async () => {})).rejects.toThrow("A load is under way in partition 0.");
  });
});

describe("tidemark reconcile --repair", () => {
  const differing = (...partitions: (number | null)[]) => ({
    ...done,
    differences: partitions.length,
    found: partitions.map((partition) => ({ ...found[0], evidence: { ...evidence, partition } })),
  });
  const repaired = async (...audits: ReturnType<typeof differing>[]) => {
    const folded: number[] = [];
    const [first = differing(), ...later] = audits;
    const last = await repair(
      first as Parameters<typeof repair>[0],
      async () => (later.shift() ?? differing()) as Parameters<typeof repair>[0],
      async (partition) => {
        folded.push(partition);
      },
    );
    return { folded, differences: last.differences, left: later.length };
  };

  it.each([
    {
      given: "two of one partition and one of another",
      audits: [differing(3, 3, 1)],
      folded: [1, 3],
      left: 0,
    },
    { given: "more than one audit shows", audits: [differing(3), differing(5)], folded: [3, 5], left: 0 },
    {
      given: "one that folding again does not mend",
      audits: [differing(3), differing(3)],
      folded: [3],
      left: 1,
    },
    { given: "one whose partition nobody knows", audits: [differing(null)], folded: [], left: 1 },
    { given: "nobody who differs", audits: [differing()], folded: [], left: 0 },
  ])("given $given, then each partition is folded again once, and what is left is told", async (given) => {
    expect(await repaired(...given.audits)).toEqual({
      folded: given.folded,
      differences: given.left,
      left: 0,
    });
  });
});
