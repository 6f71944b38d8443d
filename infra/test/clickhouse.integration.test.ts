import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { type ClickHouseClient, ClickHouseError, createClient } from "@clickhouse/client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

// What the services rely on; it must hold for the local front and for a real server alike.

const database = `front_${randomUUID().replaceAll("-", "")}`;
const url = process.env.CLICKHOUSE_URL ?? "";
const quiet = { log: { level: 127 } } as const;
let client: ClickHouseClient;

beforeAll(async () => {
  const admin = createClient({ url, ...quiet });
  await admin.command({ query: `CREATE DATABASE ${database}` });
  await admin.close();
  client = createClient({ url, database, compression: { request: true, response: true }, ...quiet });
});

beforeEach(async () => {
  await client.command({ query: "DROP TABLE IF EXISTS texts" });
  await client.command({
    query: `CREATE TABLE texts (id UInt32, text String) ENGINE = MergeTree ORDER BY id
            SETTINGS non_replicated_deduplication_window = 100`,
  });
});

afterAll(async () => {
  await client.command({ query: `DROP DATABASE ${database}` });
  await client.close();
});

async function read<Row>(query: string, parameters: Record<string, unknown> = {}): Promise<Row[]> {
  const result = await client.query({ query, query_params: parameters, format: "JSONEachRow" });
  return result.json<Row>();
}

const readTexts = () => read<{ id: number; text: string }>("SELECT id, text FROM texts ORDER BY id");

/** Texts that break a careless transport: blank lines end inline data, quotes end literals. */
const awkward = [
  'it\'s "quoted" and \\ escaped',
  "a blank line\n\nDROP TABLE texts",
  "\n\n;DROP TABLE texts;\n\n",
  "tab\there, `tick`, {brace}, $$dollar$$, -- comment, /* another */",
  "ünïcödé 漢字 🎉",
  "\\N",
  "",
];

describe("ClickHouse over HTTP, with the official client", () => {
  test("given a server, when pinged either way, then it answers", async () => {
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  test.each([
    ["none", false],
    ["gzip", { codec: "gzip" }],
    ["zstd", { codec: "zstd" }],
  ] as const)(
    "given awkward texts, when inserted and read with compression %s, then they come back as they were",
    async (_name, codec) => {
      const other = createClient({
        url,
        database,
        compression: { request: codec, response: codec },
        ...quiet,
      });
      const rows = awkward.map((text, id) => ({ id, text }));
      await other.insert({ table: "texts", values: rows, format: "JSONEachRow" });
      const result = await other.query({ query: "SELECT * FROM texts ORDER BY id", format: "JSONEachRow" });
      expect(await result.json()).toEqual(rows);
      await other.close();
    },
  );

  test("given awkward texts, when they are parameters, then they arrive as they were", async () => {
    for (const text of awkward.filter((one) => one !== "\\N")) {
      expect(
        await read("SELECT {text:String} AS text, {list:Array(String)} AS list", { text, list: [text] }),
      ).toEqual([{ text, list: [text] }]);
    }
    expect(await read("SELECT {none:Nullable(Int32)} AS none", { none: null })).toEqual([{ none: null }]);
  });

  test("given many requests at once, when each has its own parameter, then none sees another's", async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, id) => read("SELECT {id:UInt32} AS id, sleep(0.01)", { id })),
    );
    expect(answers.map(([row]) => (row as { id: number }).id)).toEqual(
      Array.from({ length: 30 }, (_, id) => id),
    );
  });

  test("given a statement with its values inside, when a value holds a blank line, then it is one statement", async () => {
    await client.command({
      query: "INSERT INTO texts (id, text) VALUES (1, 'a\n\nDROP TABLE texts'), (2, 'it''s')",
    });
    expect(await readTexts()).toEqual([
      { id: 1, text: "a\n\nDROP TABLE texts" },
      { id: 2, text: "it's" },
    ]);
  });

  test("given a stream of CSV with blank lines in quotes, when inserted, then every row is there", async () => {
    await client.insert({
      table: "texts",
      values: Readable.from(['1,"a\n', '\nb"\n', "2,plain\n"], { objectMode: false }),
      format: "CSV",
    });
    expect(await readTexts()).toEqual([
      { id: 1, text: "a\n\nb" },
      { id: 2, text: "plain" },
    ]);
  });

  test("given an INSERT from a SELECT, and an empty insert, then the first adds rows and the second none", async () => {
    await client.command({
      query: "INSERT INTO texts SELECT number, concat('FORMAT ', 'VALUES') FROM numbers(3)",
    });
    await client.insert({ table: "texts", values: [], format: "JSONEachRow" });
    expect(await read("SELECT toUInt32(count()) AS rows FROM texts")).toEqual([{ rows: 3 }]);
  });

  test("given a deduplication token, when the same insert is repeated, then its rows are there once", async () => {
    const insert = (token: string) =>
      client.insert({
        table: "texts",
        values: [{ id: 1, text: "once" }],
        format: "JSONEachRow",
        clickhouse_settings: { insert_deduplication_token: token },
      });
    await insert("a");
    await insert("a");
    expect(await readTexts()).toHaveLength(1);
    await insert("b");
    expect(await readTexts()).toHaveLength(2);
  });

  test("given a large answer, when streamed, then every row arrives in order", async () => {
    const result = await client.query({
      query: "SELECT number FROM numbers(100000)",
      format: "JSONCompactEachRow",
    });
    let next = 0;
    for await (const rows of result.stream<[string]>()) {
      for (const row of rows) {
        if (Number(row.json()[0]) !== next) throw new Error(`row ${next} is ${row.text}`);
        next += 1;
      }
    }
    expect(next).toBe(100_000);
  });

  test.each([
    ["SELECT nothing FROM texts", "47", "UNKNOWN_IDENTIFIER"],
    ["SELECT * FROM missing", "60", "UNKNOWN_TABLE"],
    ["SELEC 1", "62", "SYNTAX_ERROR"],
    ["SELECT 1; DROP TABLE texts", "62", "SYNTAX_ERROR"],
  ])("given %j, then the error has code %s", async (query, code, type) => {
    const error = await client.command({ query }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ClickHouseError);
    expect(error).toMatchObject({ code, type });
    expect(await readTexts()).toEqual([]);
  });

  test("given a row that does not fit, when inserted among good ones, then none is there", async () => {
    const values = [
      { id: 1, text: "good" },
      { id: "bad", text: "" },
    ];
    await expect(client.insert({ table: "texts", values, format: "JSONEachRow" })).rejects.toBeInstanceOf(
      ClickHouseError,
    );
    expect(await readTexts()).toEqual([]);
  });

  test("given an unknown setting, then the error says so", async () => {
    const clickhouse_settings = { no_such_setting: 1 } as Record<string, number>;
    await expect(client.query({ query: "SELECT 1", clickhouse_settings })).rejects.toMatchObject({
      code: "115",
    });
  });
});
