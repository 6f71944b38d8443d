import type { Warehouse } from "@tidemark/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrate, readMigrations } from "../src/index.ts";
import { testWarehouse } from "./test-warehouse.ts";

let warehouse: Warehouse;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ warehouse, remove } = await testWarehouse());
});
afterEach(() => remove());

const names = async () =>
  (await warehouse.query<{ name: string }>("SELECT name FROM migrations ORDER BY name")).map(
    ({ name }) => name,
  );

test("given a database that is up to date, when migrated again, then nothing is applied", async () => {
  const migrations = await readMigrations();
  expect(await migrate(warehouse, migrations)).toEqual([]);
  expect(await names()).toEqual(migrations.map(({ name }) => name));
});

test("given a new migration, when two processes start at once, then it is recorded once", async () => {
  const migrations = [
    ...(await readMigrations()),
    { name: "900-more", sql: "CREATE TABLE IF NOT EXISTS more (id Int64) ENGINE = MergeTree ORDER BY id;\n" },
  ];
  await Promise.all([migrate(warehouse, migrations), migrate(warehouse, migrations)]);
  expect(await names()).toEqual(migrations.map(({ name }) => name));
  expect(await warehouse.query("SELECT id FROM more")).toEqual([]);
});

test("given an applied migration that was changed or is gone, then it refuses and says which", async () => {
  const migrations = await readMigrations();
  const changed = migrations.map((migration) => ({ ...migration, sql: `${migration.sql}-- changed` }));
  await expect(migrate(warehouse, changed)).rejects.toThrow("001-tables was changed");
  await expect(migrate(warehouse, migrations.slice(1))).rejects.toThrow("knows the migration 001-tables");
});

test("given a migration that was cut off, when migrated again, then it is finished", async () => {
  const statement = (name: string) =>
    `CREATE TABLE IF NOT EXISTS ${name} (id Int64) ENGINE = MergeTree ORDER BY id;\n`;
  const migrations = [
    ...(await readMigrations()),
    { name: "900-two", sql: statement("one") + statement("two") },
  ];
  let statements = 0;
  const failing: Warehouse = {
    ...warehouse,
    async execute(sql) {
      if (sql.includes("EXISTS two") && statements++ === 0) throw new Error("cut off");
      await warehouse.execute(sql);
    },
  };
  await expect(migrate(failing, migrations)).rejects.toThrow("cut off");
  expect(await migrate(warehouse, migrations)).toEqual(["900-two"]);
  expect(await warehouse.query("SELECT * FROM two")).toEqual([]);
});
