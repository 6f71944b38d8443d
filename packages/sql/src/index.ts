/** The language of definitions, compiled to ClickHouse SQL over the archived events. */
export { type Comparison, comparisonQuery } from "./comparison.ts";
export { compileQuery, type Query, type SqlOptions } from "./compile.ts";
export { type CutsRow, cutsQuery } from "./cuts.ts";
export { foretellsLatch } from "./foretold.ts";
export {
  type NumbersRow,
  numbersQuery,
  type PreviewOptions,
  previewShares,
  type StateRow,
  statesQuery,
} from "./preview.ts";
export { readableSql } from "./readable.ts";
export { settingsSql } from "./settings.ts";
