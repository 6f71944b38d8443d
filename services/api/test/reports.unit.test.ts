import { Session } from "chdb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMigrations } from "../../warehouse/src/migrations.ts";
import { reportNames, reports } from "../src/reports/catalogue.ts";
import { createReports } from "../src/reports/reports.ts";
import { noon, scene } from "./scene.ts";

describe("the interface", () => {
  test("given a report, then its parameters are bound, and what is left out has its default", async () => {
    const { get, asked, receipts } = await scene();
    receipts.push({ from_category: "low", to_category: "high", subjects: 2, share: 0.5 });
    const answer = await get("/v1/reports/matrix?definition=value-tier&from=2026-04-01");
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      report: "matrix",
      parameters: { definition: "value-tier", from: "2026-04-01", to: "2026-05-01" },
      rows: [{ from_category: "low", to_category: "high", subjects: 2, share: 0.5 }],
      after: null,
    });
    expect(asked[0]?.parameters).toMatchObject({ definition: "value-tier", limit: 1001, after: 0 });
    expect(asked[0]?.sql).not.toContain("value-tier");
  });

  test("given more rows than a page holds, then it says where the next begins", async () => {
    const { get, receipts } = await scene();
    receipts.push({ stage: 1 }, { stage: 2 }, { stage: 3 });
    const answer = await get("/v1/reports/overlap?limit=2&after=4");
    expect(answer.json()).toMatchObject({ rows: [{ stage: 1 }, { stage: 2 }], after: 6 });
  });

  test.each([
    ["/v1/reports/matrix", "definition"],
    ["/v1/reports/matrix?definition=a&from=yesterday", "from"],
    ["/v1/reports/funnel?stages=one", "stages"],
    ["/v1/reports/rfm?ties=sometimes", "ties"],
    ["/v1/reports/sizes?limit=0", "limit"],
    ["/v1/reports/review?days=0", "days"],
  ])("given %s, then it is refused and %s is named", async (url, path) => {
    const { get, asked } = await scene();
    const answer = await get(url);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().faults.map((fault: { path: string }) => fault.path)).toContain(path);
    expect(asked).toEqual([]);
  });

  test("given a parameter that the report does not have, then it is refused", async () => {
    const { get } = await scene();
    const answer = await get("/v1/reports/overlap?definition=a");
    expect(answer.statusCode).toBe(400);
    expect(JSON.stringify(answer.json())).toContain("definition");
  });

  test("given ClickHouse is away, then it says so and can be asked again", async () => {
    const { get, away } = await scene();
    away.clickHouse = true;
    const refused = await get("/v1/reports/overlap");
    expect([refused.statusCode, refused.json().detail]).toEqual([
      503,
      "ClickHouse does not answer. Try again.",
    ]);
    away.clickHouse = false;
    expect((await get("/v1/reports/overlap")).statusCode).toBe(200);
  });

  test("the list names every report with what it takes, and the OpenAPI page has them", async () => {
    const { get } = await scene();
    const { reports: listed } = (await get("/v1/reports")).json();
    expect(listed.map(({ name }: { name: string }) => name)).toEqual([...reportNames]);
    expect(listed.find(({ name }: { name: string }) => name === "funnel").parameters[0]).toMatchObject({
      name: "stages",
      required: true,
    });
    const { paths } = (await get("/openapi.json")).json();
    for (const name of reportNames) expect(paths).toHaveProperty([`/v1/reports/${name}`]);
  });
});

describe("on the tables of the warehouse", () => {
  let session: Session;
  beforeAll(async () => {
    session = new Session();
    session.query("SET compile_expressions = 0, max_threads = 1");
    for (const { sql } of await readMigrations())
      for (const statement of sql.split(/;[ \t]*(?:\n|$)/))
        if (statement.trim() !== "") session.query(statement);
    session.query(`INSERT INTO segment_changes (kafka_partition, offset, appended_at, sequence, epoch, change_id, subject_kind, subject, definition_kind, definition, definition_version, from_state, to_state, effective_at, detected_at, historic, cause, cause_offset)
      VALUES (0, 1, '2026-04-20 00:00:00', 1, 1, '0-1', 'customer', 'ann', 'segment', 'loyal', 1, 'out', 'in', '2026-04-20 00:00:00', '2026-04-20 00:00:00', false, 'event', 1)`);
  });
  afterAll(() => session.cleanup());

  test.each(reportNames)("given an archive, then %s is told with what the catalogue binds", async (name) => {
    const read = createReports({
      clock: { now: () => noon },
      clickHouse: (step) => step(),
      openWarehouse: async () => ({
        execute: async () => undefined,
        insert: async () => undefined,
        close: async () => undefined,
        async query<Row>(sql: string, parameters: Readonly<Record<string, unknown>> = {}) {
          const text = session.queryBind(sql, parameters, "JSONEachRow").trim();
          return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Row);
        },
      }),
    });
    const required = { definition: "loyal", stages: ["loyal", "tier/high"] };
    const { rows, after } = await read.read(name, required, { limit: 100, after: 0 });
    expect(after).toBeNull();
    const known = ["sizes", "flow", "funnel"].includes(name);
    if (known) expect(rows[0]).toMatchObject(name === "funnel" ? { reached: 1 } : { definition: "loyal" });
    else expect(rows).toEqual([]);
    expect(reports[name].about).not.toBe("");
  });
});
