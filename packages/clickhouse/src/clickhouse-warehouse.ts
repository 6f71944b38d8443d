/** The `Warehouse` port on ClickHouse, through its official client. */
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { Config, StackSettings, Warehouse } from "@tidemark/runtime";
import { type Column, nativeBlock } from "./native-block.ts";

export interface ClickHouseWarehouseOptions {
  /** The HTTP interface, such as `http://127.0.0.1:8123`. */
  readonly url: string;
  /** Created when it is missing. */
  readonly database: string;
  readonly username?: string;
  readonly password?: string;
  /** How long an answer may take, 60,000 ms unless given. */
  readonly timeoutMs?: number;
}

/** Settings of a service that asks as a user of its own. */
type ClickHouseConfig = Config<StackSettings> & {
  readonly CLICKHOUSE_USER: string;
  readonly CLICKHOUSE_PASSWORD: string;
};

/** What the settings say. */
export function clickHouseOptions(config: ClickHouseConfig): ClickHouseWarehouseOptions {
  return {
    url: config.CLICKHOUSE_URL,
    database: config.CLICKHOUSE_DATABASE,
    username: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD,
    timeoutMs: config.CLICKHOUSE_TIMEOUT_MS,
  };
}

/** 64-bit numbers as JSON numbers: all of ours are safe integers. */
const querySettings = { output_format_json_quote_64bit_integers: 0 } as const;

/**
 * What keeps one insert one block: no server-side batching, and one parser, as a parallel one cuts the data. Views
 * that a user hangs on our tables drop a repeat with its source.
 */
const insertSettings = {
  async_insert: 0,
  input_format_parallel_parsing: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
} as const;

/** Connects, creates the database and answers the warehouse. Rejects when ClickHouse does not answer. */
export async function createClickHouseWarehouse(options: ClickHouseWarehouseOptions): Promise<Warehouse> {
  const { database, timeoutMs = 60_000, ...server } = options;
  const connection = {
    ...server,
    request_timeout: timeoutMs,
    application: "tidemark",
    // Errors are thrown to the caller, who logs them.
    log: { level: ClickHouseLogLevel.OFF },
  };
  await createDatabase(createClient(connection), database);
  const client = createClient({ ...connection, database });
  const columnsOf = new Map<string, ReadonlyMap<string, string>>();
  return {
    async execute(sql) {
      await client.command({ query: sql });
    },
    async query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>) {
      const result = await client.query({
        query: sql,
        format: "JSONEachRow",
        clickhouse_settings: querySettings,
        ...(parameters ? { query_params: { ...parameters } } : {}),
      });
      return result.json<Row>();
    },
    async insert(table, rows, token) {
      if (rows.length === 0) return;
      const clickhouse_settings = { ...insertSettings, insert_deduplication_token: token };
      const types = columnsOf.get(table) ?? (await readColumns(client, table));
      columnsOf.set(table, types);
      const columns = Object.keys(rows[0] ?? {}).map(
        (name): Column => ({ name, type: types.get(name) ?? "" }),
      );
      const block = nativeBlock(columns, rows as readonly Readonly<Record<string, unknown>>[]);
      try {
        if (block === undefined)
          await client.insert({ table, values: rows, format: "JSONEachRow", clickhouse_settings });
        else {
          const names = columns.map(({ name }) => `\`${name}\``).join(", ");
          const query = `INSERT INTO ${table} (${names}) FORMAT Native`;
          const values = Readable.from([block], { objectMode: false });
          const { stream } = await client.exec({ query, values, clickhouse_settings });
          await finished(stream.resume());
        }
      } catch (error) {
        // Somebody may have changed the table.
        columnsOf.delete(table);
        throw error;
      }
    },
    close: () => client.close(),
  };
}

/** Types of a table's columns by name; none where there is no such table. */
async function readColumns(client: ClickHouseClient, table: string): Promise<ReadonlyMap<string, string>> {
  const found = await client.query({
    query:
      "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}",
    query_params: { table },
    format: "JSONEachRow",
  });
  return new Map((await found.json<Column>()).map(({ name, type }) => [name, type]));
}

async function createDatabase(client: ClickHouseClient, database: string): Promise<void> {
  try {
    await client.command({
      query: "CREATE DATABASE IF NOT EXISTS {database:Identifier}",
      query_params: { database },
    });
  } finally {
    await client.close();
  }
}
