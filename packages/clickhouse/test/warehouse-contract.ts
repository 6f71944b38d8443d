import type { Warehouse } from "@tidemark/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** What every `Warehouse` keeps. */
export function warehouseContract(name: string, open: () => Promise<Warehouse>): void {
  describe(`the warehouse contract: ${name}`, () => {
    let warehouse: Warehouse;
    beforeAll(async () => {
      warehouse = await open();
    });
    afterAll(() => warehouse.close());

    async function createTable(table: string): Promise<void> {
      await warehouse.execute(
        `CREATE TABLE ${table} (id Int64, at DateTime64(3, 'UTC'), text Nullable(String), words Map(String, String))
         ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100`,
      );
    }
    const row = (id: number, text: string | null = null) => ({
      id,
      at: "2026-03-01 12:00:00.250",
      text,
      words: { "a.b": '"x"' },
    });

    test("given rows inserted, when they are queried, then they come back as they were", async () => {
      await createTable("rows_back");
      const odd = 'a line\n\na blank line before; a semicolon, "quotes", \\ and 日本語 \u0000';
      await warehouse.insert("rows_back", [row(9_007_199_254_740_991, odd), row(2)], "first");
      expect(
        await warehouse.query(
          "SELECT id, toUnixTimestamp64Milli(at) AS at, text, words FROM rows_back ORDER BY id",
        ),
      ).toEqual([
        { id: 2, at: 1_772_366_400_250, text: null, words: { "a.b": '"x"' } },
        { id: 9_007_199_254_740_991, at: 1_772_366_400_250, text: odd, words: { "a.b": '"x"' } },
      ]);
    });

    test("given an insert, when it is repeated with its token, then nothing is added", async () => {
      await createTable("repeats");
      await warehouse.insert("repeats", [row(1), row(2)], "block-a");
      await warehouse.insert("repeats", [row(1), row(2)], "block-a");
      expect(await warehouse.query("SELECT id FROM repeats ORDER BY id")).toEqual([{ id: 1 }, { id: 2 }]);
    });

    test("given equal rows with another token, when they are inserted, then they are added", async () => {
      await createTable("equal_rows");
      await warehouse.insert("equal_rows", [row(1)], "block-a");
      await warehouse.insert("equal_rows", [row(1)], "block-b");
      expect(await warehouse.query("SELECT id FROM equal_rows")).toEqual([{ id: 1 }, { id: 1 }]);
    });

    test("given 50,000 rows, when they are inserted repeatedly and at once, then they are there once", async () => {
      await createTable("large");
      const rows = Array.from({ length: 50_000 }, (_, id) => row(id, "x".repeat(200)));
      await Promise.all([1, 2, 3].map(() => warehouse.insert("large", rows, "large-block")));
      expect(await warehouse.query("SELECT count() AS rows, uniqExact(id) AS ids FROM large")).toEqual([
        { rows: 50_000, ids: 50_000 },
      ]);
    });

    test("given no rows, when they are inserted, then nothing happens", async () => {
      await createTable("none");
      await warehouse.insert("none", [], "empty");
      expect(await warehouse.query("SELECT id FROM none")).toEqual([]);
    });

    test("given a parameter, when it holds SQL, then it is a value", async () => {
      const text = "'; DROP TABLE large; --";
      expect(await warehouse.query("SELECT {text:String} AS text", { text })).toEqual([{ text }]);
    });

    test("given a fault, when a statement or an insert fails, then it rejects", async () => {
      await expect(warehouse.execute("CREATE NONSENSE")).rejects.toThrow();
      await expect(warehouse.query("SELECT missing FROM nowhere")).rejects.toThrow();
      await expect(warehouse.insert("nowhere", [row(1)], "x")).rejects.toThrow();
    });
  });
}
