import { randomUUID } from "node:crypto";
import { afterAll } from "vitest";
import { createClickHouseWarehouse } from "../src/index.ts";
import { warehouseContract } from "./warehouse-contract.ts";

const url = process.env.CLICKHOUSE_URL ?? "http://127.0.0.1:8123";
const database = `test_${randomUUID().replaceAll("-", "")}`;

afterAll(async () => {
  const warehouse = await createClickHouseWarehouse({ url, database: "default" });
  await warehouse.execute(`DROP DATABASE IF EXISTS ${database}`);
  await warehouse.close();
});

warehouseContract("ClickHouse", () => createClickHouseWarehouse({ url, database }));
