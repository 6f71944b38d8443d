/** How these queries are to be asked. */

/**
 * Never another answer. `optimize_and_compare_chain`: ClickHouse follows columns through all queries inside for every
 * chain of comparisons, which takes seconds where queries are deep. `query_plan_lift_up_array_join`: what `stages.ts` keeps
 * apart by one would be put together all the same.
 */
const querySettings = { optimize_and_compare_chain: 0, query_plan_lift_up_array_join: 0 } as const;

/** These settings, and more, as the clause that ends a query. */
export function settingsSql(more: Readonly<Record<string, string | number>> = {}): string {
  const all = Object.entries({ ...querySettings, ...more });
  const written = all.map(([name, value]) => `${name} = ${typeof value === "string" ? `'${value}'` : value}`);
  return `SETTINGS ${written.join(", ")}`;
}
