export * from "./clickhouse-warehouse.ts";
