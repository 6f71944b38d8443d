/** The `Warehouse` port: what services/warehouse and services/api need of ClickHouse. */
export interface Warehouse {
  /** Runs statements that answer no rows (DDL, settings). */
  execute(sql: string): Promise<void>;
  query<Row>(sql: string, parameters?: Readonly<Record<string, unknown>>): Promise<readonly Row[]>;
  /** One insert, one block; a repeat with the same token is dropped by the server. */
  insert(table: string, rows: readonly object[], token: string): Promise<void>;
  close(): Promise<void>;
}
