/** The language of definitions, compiled to ClickHouse SQL over the archived events. */
export { compileQuery, type Query, querySettings, type SqlOptions } from "./compile.ts";
export { readableSql } from "./readable.ts";
