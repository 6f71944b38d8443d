/** The archive's tables in ClickHouse's engine within this process. */
import { readdirSync, readFileSync } from "node:fs";
import type { Warehouse } from "@tidemark/runtime";
import { Session } from "chdb";
import { type Query, settingsSql } from "../src/index.ts";

export type Row = Readonly<Record<string, unknown>>;

export interface Archive {
  /** Instead of what was there before. */
  fill(tables: Readonly<Record<string, readonly Row[]>>): void;
  rows(query: Query): readonly Row[];
  /** The port, as far as what removes erased subjects needs it. */
  readonly warehouse: Pick<Warehouse, "execute" | "query" | "insert">;
  close(): void;
}

const tables = ["customer_events", "control_records", "rejected_events", "segment_changes", "erasures"];

/** `isWhole`: with the narrow tables that reports read, which take their time at each insert. */
export function openArchive(isWhole = false): Archive {
  const session = new Session();
  // Small tables: what is compiled for speed would take longer than the queries.
  const settings = {
    compile_expressions: 0,
    compile_aggregate_expressions: 0,
    max_threads: 1,
  };
  session.query(
    `${settingsSql().replace("SETTINGS", "SET")}, ${Object.entries(settings)
      .map((setting) => setting.join(" = "))
      .join(", ")}`,
  );
  const folder = new URL("../../../services/warehouse/migrations/", import.meta.url);
  const files = ["001-tables.sql", "004-erasures.sql", "006-totals-beyond-bounds.sql"];
  for (const name of isWhole ? readdirSync(folder).sort() : files) {
    for (const statement of readFileSync(new URL(name, folder), "utf8").split(/;\s*$/m))
      if (statement.trim() !== "") session.query(statement);
  }
  const read = (sql: string, parameters: Readonly<Record<string, unknown>>): readonly Row[] => {
    const text = session.queryBind(sql, parameters, "JSONEachRow").trim();
    return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Row);
  };
  // In these no definition is deleted.
  if (!isWhole)
    session.query("CREATE VIEW membership_steps AS SELECT *, sequence * 2 AS step FROM segment_changes");
  // Filled by the inserts into those.
  const narrow = read(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine IN ('ReplacingMergeTree', 'SummingMergeTree', 'AggregatingMergeTree')",
    {},
  ).map(({ name }) => String(name));
  const insert = (table: string, rows: readonly object[]): void => {
    const lines = rows.map((row) => JSON.stringify(row));
    if (lines.length > 0) session.query(`INSERT INTO ${table} FORMAT JSONEachRow ${lines.join("\n")}`);
  };
  return {
    fill(given) {
      for (const table of narrow) session.query(`TRUNCATE TABLE ${table}`);
      for (const table of tables) {
        session.query(`TRUNCATE TABLE ${table}`);
        insert(table, given[table] ?? []);
      }
    },
    rows: ({ sql, parameters }) => read(sql, parameters),
    warehouse: {
      execute: async (sql) => {
        session.query(sql);
      },
      query: async <Answer>(sql: string, parameters = {}) => read(sql, parameters) as readonly Answer[],
      insert: async (table, rows) => insert(table, rows),
    },
    close: () => session.cleanup(),
  };
}
