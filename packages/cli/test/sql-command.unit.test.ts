import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openArchive } from "../../sql/test/archive.ts";
import { sqlOf } from "../src/commands/sql.ts";

const definitions = `kind: metric
id: revenue
name: Revenue of all time
sum: total
of: order.placed
---
kind: segment
id: recent
name: "Bought in March\\nor later"
when: { count: order.placed, during: { since: 2026-03-01 }, atLeast: 1 }
---
kind: classification
id: tier
categories:
  - { id: high, when: { metric: revenue, atLeast: 100 } }
otherwise: low
---
kind: segment
id: top-half
when: { top: 50 percent, by: revenue }
---
kind: segment
id: many-orders
subject: company
when: { count: order.placed, atLeast: 2 }
`;

let folder: string;
let file: string;
const archive = openArchive();
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sql-command-"));
  file = join(folder, "definitions.yaml");
  writeFileSync(file, definitions);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  archive.close();
});

const nowhere = "http://127.0.0.1:9";
const around = (apiUrl = nowhere) => ({
  apiUrl,
  folder,
  workspaceZone: "Europe/Berlin",
  now: Date.UTC(2026, 3, 1),
});
const textOf = async (names: readonly string[], values: object, apiUrl?: string): Promise<string> => {
  const answer = await sqlOf(names, { definitions: "definitions.yaml", ...values }, around(apiUrl));
  if ("faults" in answer) throw new Error(answer.faults.join("\n"));
  return answer.text;
};
/** As it is pasted: the text, and nothing beside it. */
const pasted = (sql: string) =>
  [...archive.rows({ sql, parameters: {}, columns: {} })].sort((a, b) =>
    String(a.subject) < String(b.subject) ? -1 : 1,
  );

/** An order of 60.50 on 28 February and one of 50 on 2 March of ann; of bob one of 99.99, in Berlin's March and not in UTC's. */
const orders = [
  ["ann", "o1", "2026-02-28 12:00:00.000", 60.5],
  ["ann", "o2", "2026-03-02 12:00:00.000", 50],
  ["bob", "o3", "2026-02-28 23:30:00.000", 99.99],
] as const;

describe("tidemark sql", () => {
  it("given a metric, a segment and a classification, when the text is pasted, then it answers them of everybody", async () => {
    archive.fill({
      customer_events: orders.map(([subject, order, at, total], offset) => ({
        ...{ subject_kind: "customer", subject, offset, name: "order.placed", occurred_at: at },
        ...{ order_id: order, order_action: "placed", properties: JSON.stringify({ total }) },
      })),
    });
    const text = await textOf(["metric/revenue", "segment/recent", "tier"], {});
    expect(text.split("\n").slice(0, 5)).toEqual([
      "-- One row for each customer known by 2026-04-01T00:00:00.000Z, zone Europe/Berlin",
      '-- metric_revenue: metric/revenue "Revenue of all time", in 1/10,000, null where there is none',
      '-- segment_recent: segment/recent "Bought in March or later", true for members',
      "-- classification_tier: classification/tier, the category",
      "-- No cut points are in force for metric/revenue/0.5: what asks for them holds for nobody",
    ]);
    const at = { as_of: "2026-04-01 00:00:00.000" };
    expect(pasted(text)).toEqual([
      { subject: "ann", ...at, metric_revenue: 1_105_000, segment_recent: true, classification_tier: "high" },
      { subject: "bob", ...at, metric_revenue: 999_900, segment_recent: true, classification_tier: "low" },
    ]);
  });

  it("given a day, when it is asked as of then, then it is the first instant of that day in the zone", async () => {
    const text = await textOf(["recent"], { "as-of": "2026-03-01" });
    expect(pasted(text).map(({ subject, segment_recent }) => [subject, segment_recent])).toEqual([
      ["ann", false],
    ]);
    const utc = await textOf(["recent"], { "as-of": "2026-03-01", zone: "UTC" });
    expect(pasted(utc).map(({ subject, segment_recent }) => [subject, segment_recent])).toEqual([
      ["ann", false],
      ["bob", false],
    ]);
  });

  it("given no name, then all definitions about the kind of subject of the first are answered", async () => {
    const { columns } = JSON.parse(await textOf([], { json: true })) as { readonly columns: object };
    expect(Object.keys(columns)).toEqual([
      "metric/revenue",
      "segment/recent",
      "classification/tier",
      "segment/top-half",
    ]);
  });

  it("given no files, then definitions and cut points are those in force", async () => {
    const documents = [
      { kind: "metric", id: "revenue", sum: "total", of: "order.placed" },
      { kind: "segment", id: "top-half", when: { top: "50 percent", by: "revenue" } },
    ];
    const server = createServer((request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        request.url === "/v1/cuts"
          ? JSON.stringify({ version: 1, cuts: [{ key: "metric/revenue/0.5", values: [105] }] })
          : JSON.stringify({ definitions: documents.map((document) => ({ document })) }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const answer = await sqlOf(["top-half"], {}, around(`http://127.0.0.1:${port}`));
      if ("faults" in answer) throw new Error(answer.faults.join("\n"));
      expect(answer.text).not.toContain("No cut points");
      expect(pasted(answer.text).map(({ subject, segment_top_half }) => [subject, segment_top_half])).toEqual(
        [
          ["ann", true],
          ["bob", false],
        ],
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("given everything wrong, then every fault is told at once", async () => {
    const wrong = {
      zone: "Mars",
      "as-of": "yesterday",
      "customer-zones": "UTC,Nowhere",
      definitions: "none.yaml",
    };
    const answer = await sqlOf([], wrong, around());
    expect(answer).toEqual({
      faults: [
        '--zone is "Mars"; expected an IANA zone such as Europe/Berlin',
        '--customer-zones: "Nowhere" is no IANA zone such as Europe/Berlin',
        '--as-of: "yesterday" is no ISO 8601 date or time; expected 2026-01-01T12:00:00Z or a date',
        `--definitions: there is no file or folder ${join(folder, "none.yaml")}`,
      ],
    });
  });

  it("given names that there are not, and customers with companies, then it says what was meant", async () => {
    const answerOf = (names: readonly string[]) => sqlOf(names, { definitions: file }, around());
    expect(await answerOf(["recnt", "metric/revenues"])).toEqual({
      faults: [
        "there is no recnt that SQL could answer; expected KIND/ID of a segment, classification, metric, engagement, scoring; is recent meant?",
        "there is no metric/revenues that SQL could answer; expected KIND/ID of a segment, classification, metric, engagement, scoring; is metric/revenue meant?",
      ],
    });
    expect(await answerOf(["recent", "many-orders"])).toEqual({
      faults: ["one query is about one kind of subject, and these are about customers and companies"],
    });
  });
});
