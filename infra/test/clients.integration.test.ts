import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What other clients send, as recorded from them; it must hold for the local front and for a real server alike.

const database = `clients_${randomUUID().replaceAll("-", "")}`;
const url = process.env.CLICKHOUSE_URL ?? "";

interface Ask {
  readonly query: string;
  readonly address?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask({ query, address = {}, headers = {} }: Ask): Promise<string> {
  const search = new URLSearchParams(address);
  const response = await fetch(`${url}/?${search}`, { method: "POST", headers, body: query });
  const text = await response.text();
  return response.ok ? text : `${response.status} ${/^Code: \d+/.exec(text)?.[0]}`;
}

beforeAll(async () => {
  await ask({ query: `CREATE DATABASE ${database}` });
});

afterAll(async () => {
  await ask({ query: `DROP DATABASE ${database}` });
});

describe("sessions", () => {
  test("given SET, USE and a temporary table, then they are there for the session's next request and for no other", async () => {
    const session = { session_id: randomUUID() };
    await ask({ query: "SET max_block_size = 7", address: session });
    await ask({ query: `USE ${database}`, address: session });
    await ask({ query: "CREATE TEMPORARY TABLE kept (id UInt8)", address: session });
    await ask({ query: "INSERT INTO kept VALUES (1)", address: session });
    const query = "SELECT id, getSetting('max_block_size'), currentDatabase() FROM kept";
    expect(await ask({ query, address: session })).toBe(`1\t7\t${database}\n`);
    expect(await ask({ query, address: { session_id: randomUUID() } })).toBe("404 Code: 60");
    expect(await ask({ query })).toBe("404 Code: 60");
  });

  test("given settings and a database in the address, then they are for that request, and the session's are back", async () => {
    const session = { session_id: randomUUID() };
    const query =
      "SELECT getSetting('max_block_size'), getSetting('max_insert_block_size'), currentDatabase()";
    await ask({ query: "SET max_block_size = 7", address: session });
    const before = await ask({ query, address: session });
    const address = { ...session, database, max_block_size: "9", max_insert_block_size: "11" };
    expect(await ask({ query, address })).toBe(`9\t11\t${database}\n`);
    expect(await ask({ query, address: session })).toBe(before);
    expect(before).toMatch(/^7\t/);
  });

  test("given a request that fails, or only reads, then the session's settings are back as well", async () => {
    const session = { session_id: randomUUID() };
    const address = { ...session, max_block_size: "9" };
    await ask({ query: "SET max_block_size = 7", address: session });
    expect(await ask({ query: "SELECT nothing", address })).toBe("404 Code: 47");
    await ask({ query: "SELECT 1", address: { ...session, no_such_setting: "1" } });
    await fetch(`${url}/?${new URLSearchParams({ ...address, query: "SELECT 1" })}`);
    const made = `CREATE TABLE ${database}.written ENGINE = Memory AS SELECT getSetting('max_block_size') AS size`;
    expect(await ask({ query: made, address: session })).toBe("");
    expect(await ask({ query: `SELECT size FROM ${database}.written` })).toBe("7\n");
  });

  test("given a session in use, then a second request is refused", async () => {
    const address = { session_id: randomUUID() };
    const answers = await Promise.all([1, 2].map(() => ask({ query: "SELECT sleep(0.5)", address })));
    expect(answers.toSorted()).toEqual(["0\n", expect.stringMatching(/Code: 373$/)]);
  });

  test("given a session that has to exist, when nobody began it, then it is not found", async () => {
    const address = { session_id: randomUUID(), session_check: "1" };
    expect(await ask({ query: "SELECT 1", address })).toMatch(/Code: 372$/);
  });
});

describe("clients beside the official one", () => {
  test("dbt-clickhouse: every statement in one session, with its settings and its database in the address", async () => {
    const address = {
      date_time_input_format: "best_effort",
      cast_string_to_dynamic_use_inference: "1",
      session_id: `dbt::${randomUUID()}`,
      mutations_sync: "2",
      insert_distributed_sync: "1",
      cancel_http_readonly_queries_on_client_close: "1",
      send_progress_in_http_headers: "1",
      http_headers_progress_interval_ms: "120000",
      database,
    };
    const run = (query: string) => ask({ query, address });
    expect(await run(`EXISTS DATABASE \`${database}\``)).toBe("1\n");
    await run("SET allow_nondeterministic_mutations = 1");
    await run("CREATE TABLE IF NOT EXISTS `a` (test String) ENGINE MergeTree() ORDER BY tuple()");
    await run("CREATE TABLE IF NOT EXISTS `b` (test String) ENGINE MergeTree() ORDER BY tuple()");
    await run("INSERT INTO a VALUES ('of a')");
    expect(await run("EXCHANGE TABLES a AND b")).toBe("");
    expect(await run("SELECT test FROM b")).toBe("of a\n");
    await run(
      '/* {"app": "dbt"} */\n\n  create or replace view `v` \n  as (\n select test from b\n )\n  -- end_of_sql\n',
    );
    expect(await run("/* */ select count(*) as failures from (select test from v) t\n FORMAT CSV")).toBe(
      "1\n",
    );
    await run("ALTER TABLE b DELETE WHERE test = 'of a'");
    expect(await run("SELECT count() FROM v")).toBe("0\n");
  });

  test("clickhouse-connect, for Superset and pandas: Native blocks in a session, asked for in the text", async () => {
    const address = { session_id: randomUUID(), wait_end_of_query: "1", database };
    const answer = await ask({ query: "SELECT toUInt8(7) AS check\n FORMAT Native", address });
    expect(answer).toBe("\x01\x01\x05check\x05UInt8\x07");
  });

  test("the JDBC driver, for Metabase: database and format in headers", async () => {
    const headers = {
      "X-ClickHouse-Database": database,
      "X-ClickHouse-Format": "RowBinaryWithNamesAndTypes",
      "Content-Type": "text/plain",
    };
    const query = "SELECT currentDatabase() AS database";
    const answer = await ask({ query, headers, address: { wait_end_of_query: "1" } });
    expect(answer).toBe(`\x01\x08database\x06String${String.fromCharCode(database.length)}${database}`);
  });

  test("a data source of Grafana over plain HTTP: JSON by GET, compressed", async () => {
    const address = { query: "SELECT 1 AS one FORMAT JSON", database, enable_http_compression: "1" };
    const response = await fetch(`${url}/?${new URLSearchParams(address)}`);
    expect(response.headers.get("content-encoding")).not.toBeNull();
    expect(await response.json()).toMatchObject({ data: [{ one: 1 }] });
  });
});
