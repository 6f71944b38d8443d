/** The `Warehouse` port on ClickHouse, through its official client. */
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import type { Warehouse } from "@tidemark/runtime";

export interface ClickHouseWarehouseOptions {
  /** The HTTP interface, such as `http://127.0.0.1:8123`. */
  readonly url: string;
  /** Created when it is missing. */
  readonly database: string;
  readonly username?: string;
  readonly password?: string;
}

const requestTimeoutMs = 60_000;

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
  const { database, ...server } = options;
  const connection = {
    ...server,
    request_timeout: requestTimeoutMs,
    application: "tidemark",
    // Errors are thrown to the caller, who logs them.
    log: { level: ClickHouseLogLevel.OFF },
  };
  await createDatabase(createClient(connection), database);
  const client = createClient({ ...connection, database });
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
      await client.insert({
        table,
        values: rows,
        format: "JSONEachRow",
        clickhouse_settings: { ...insertSettings, insert_deduplication_token: token },
      });
    },
    close: () => client.close(),
  };
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
