import { randomUUID } from "node:crypto";
import { createClickHouseWarehouse } from "@tidemark/clickhouse";
import type { Warehouse } from "@tidemark/runtime";
import { migrate, readMigrations } from "../src/index.ts";

const url = process.env.CLICKHOUSE_URL ?? "http://127.0.0.1:8123";

/** A database of its own with all migrations, dropped by `remove`. */
export async function testWarehouse(): Promise<{ warehouse: Warehouse; remove: () => Promise<void> }> {
  const database = `test_${randomUUID().replaceAll("-", "")}`;
  const warehouse = await createClickHouseWarehouse({ url, database });
  await migrate(warehouse, await readMigrations());
  return {
    warehouse,
    async remove() {
      await warehouse.close();
      const admin = await createClickHouseWarehouse({ url, database: "default" });
      await admin.execute(`DROP DATABASE ${database}`);
      await admin.close();
    },
  };
}
