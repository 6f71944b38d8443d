/** ClickHouse as the warehouse sees it: rows by table; an insert whose token a table has seen is dropped. */
import type { Warehouse } from "@tidemark/runtime";
import type { Host } from "./host.ts";

export interface Tables {
  insert(table: string, rows: readonly object[], token: string): void;
  rows(table: string): readonly Readonly<Record<string, unknown>>[];
}

export function createTables(): Tables {
  const tables = new Map<string, Readonly<Record<string, unknown>>[]>();
  const tokens = new Set<string>();
  return {
    insert(table, rows, token) {
      if (tokens.has(`${table} ${token}`)) return;
      tokens.add(`${table} ${token}`);
      tables.set(table, [...(tables.get(table) ?? []), ...(rows as Readonly<Record<string, unknown>>[])]);
    },
    rows: (table) => tables.get(table) ?? [],
  };
}

const failure = (_kind: string, message: string): Error => new Error(message);

export function createHostWarehouse(host: Host, tables: Tables): Warehouse {
  return {
    execute: () => host.call("warehouse", "executes", () => undefined, { failure }),
    query: () => host.call("warehouse", "queries", () => [], { failure }),
    insert: (table, rows, token) =>
      host.call(
        "warehouse",
        `inserts ${rows.length} into ${table}`,
        () => tables.insert(table, rows, token),
        { failure, write: "repeats" },
      ),
    close: async () => undefined,
  };
}
