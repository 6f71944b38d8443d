import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChdbWarehouse, chdbWarehouse } from "./chdb-warehouse.ts";

let warehouse: ChdbWarehouse;

beforeAll(async () => {
  warehouse = await chdbWarehouse();
});

afterAll(() => warehouse.close());

test("given a table or view that names a subject, then it can be joined with customer_profiles, from either side", async () => {
  const tables = await warehouse.rows<{ table: string }>(
    `SELECT table FROM system.columns JOIN system.tables ON tables.database = columns.database AND tables.name = table
     WHERE columns.database = currentDatabase() AND columns.name IN ('subject_kind', 'subject')
       AND engine != 'MaterializedView' AND positionCaseInsensitive(create_table_query, '{') = 0
     GROUP BY table HAVING count() = 2 ORDER BY table`,
  );
  const names = tables.map(({ table }) => table);
  expect(names).toEqual(expect.arrayContaining(["customer_events", "orders", "segment_members"]));
  for (const name of names) {
    const join = (left: string, right: string) =>
      warehouse.rows(
        `SELECT count() AS rows FROM ${left} AS a JOIN ${right} AS b USING (subject_kind, subject)`,
      );
    expect(await join(name, "customer_profiles"), name).toEqual([{ rows: 0 }]);
    expect(await join("customer_profiles", name), name).toEqual([{ rows: 0 }]);
  }
});
