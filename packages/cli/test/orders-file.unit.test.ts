import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseMapping } from "../src/orders-file/mapping.ts";
import { type OrdersFile, readOrdersFile } from "../src/orders-file/orders-file.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "orders-file-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (content: string | Buffer, map: string, more: Partial<OrdersFile> = {}): OrdersFile => {
  const file = join(folder, "orders.csv");
  writeFileSync(file, content);
  const { mapping, faults } = parseMapping(map);
  expect(faults).toEqual([]);
  return { file, mapping, zone: "UTC", hasHeader: true, ...more };
};

const lines = [
  "No,Who,When,Sku,Kind,Qty,Price",
  "A,c1,2026-01-01 10:00,s1,books,2,2.55",
  "B,c2,2026-01-01 09:00,s2,toys,1,10",
  "A,c1,2026-01-01 11:00,s3,toys,3,0.1",
  'C,,2026-01-02 08:00,"s4, red",books,1,5',
];
const map = "customer=Who,time=When,order=No,quantity=Qty,price=Price,sku=Sku,category=Kind";

describe("a file of order lines", () => {
  test("given lines of one order that are not side by side, when it is read, then they are one order at the time of the first", async () => {
    const { orders, lines: count, unattributedLines } = await readOrdersFile(fileOf(lines.join("\n"), map));
    expect(count).toBe(4);
    expect(unattributedLines).toBe(1);
    expect(orders.map(({ id, customer, time, total }) => [id, customer, time, total])).toEqual([
      ["B", "c2", Date.UTC(2026, 0, 1, 9), 10],
      ["A", "c1", Date.UTC(2026, 0, 1, 10), 5.4],
      ["C", null, Date.UTC(2026, 0, 2, 8), 5],
    ]);
    expect(orders[1]?.items).toEqual([
      { sku: "s1", category: "books", quantity: 2, price: 2.55 },
      { sku: "s3", category: "toys", quantity: 3, price: 0.1 },
    ]);
    expect(orders[2]?.items[0]?.sku).toBe("s4, red");
  });

  test.each([
    ["gzip", gzipSync(lines.join("\n"))],
    ["Windows line ends and a byte order mark", `\uFEFF${lines.join("\r\n")}\r\n`],
  ])("given %s, when it is read, then it is the same", async (_, content) => {
    const { orders, unreadable } = await readOrdersFile(fileOf(content, map));
    expect(orders.map(({ id }) => id)).toEqual(["B", "A", "C"]);
    expect(unreadable).toBe(0);
  });

  test("given semicolons, decimal commas and days first, when the map says so, then they are read", async () => {
    const content = "Kunde;Datum;Betrag\nc1;31.12.2025 8:05;1.234,50\nc2;1.1.2026;7,5 €\n";
    const { orders } = await readOrdersFile(
      fileOf(content, "customer=Kunde,time=Datum@d.M.yyyy,total=Betrag@comma", { zone: "Europe/Berlin" }),
    );
    expect(orders.map(({ id, time, total }) => [id, time, total])).toEqual([
      ["line-2", Date.UTC(2025, 11, 31, 7, 5), 1234.5],
      ["line-3", Date.UTC(2025, 11, 31, 23), 7.5],
    ]);
  });

  test("given blanks between uneven columns and no header, when columns count from the end, then every line is an order", async () => {
    const content = " 00001 19970101  1   11.77\n 00004 0001 19970118  2   29.73\n";
    const { orders } = await readOrdersFile(
      fileOf(content, "customer=#1,time=#-3,quantity=#-2,total=#-1", { hasHeader: false }),
    );
    expect(orders.map(({ id, customer, total, items }) => [id, customer, total, items[0]?.quantity])).toEqual(
      [
        ["line-1", "00001", 11.77, 1],
        ["line-2", "00004", 29.73, 2],
      ],
    );
  });

  test("given rows that cannot be read, when it is read, then each is named with its line and all that is wrong, and the others count", async () => {
    const content = [
      "No,Who,When,Sum",
      "A,c1,2026-01-01,5",
      "B,c1,2026-02-30,five",
      "C,c1,2026-01-01",
      ",c1,2026-01-01,1",
      'D,c1,2026-01-01,"5',
      "E,c1,2026-01-01,6",
    ].join("\n");
    const { orders, unreadable, notes } = await readOrdersFile(
      fileOf(content, "customer=Who,time=When,order=No,total=Sum"),
    );
    expect(orders.map(({ id }) => id)).toEqual(["A", "E"]);
    expect(unreadable).toBe(4);
    expect(notes.slice(0, 3)).toEqual([
      {
        line: 3,
        fault: 'time: "2026-02-30" has the day 30, which its month has not; total: "five" is no number',
      },
      { line: 4, fault: "has 3 cells where the header has 4" },
      { line: 5, fault: "order: is empty" },
    ]);
    expect(notes[3]).toEqual({
      line: 6,
      fault: "has a quote that is never closed, or not doubled within quotes",
    });
  });

  test("given a customer that stands for guests, when it is named, then its orders have no customer", async () => {
    const content = "Who,When,Sum\n0,2026-01-01,5\nc1,2026-01-01,6\n";
    const source = fileOf(content, "customer=Who,time=When,total=Sum", { guest: "0" });
    const { orders, unattributedLines } = await readOrdersFile(source);
    expect(orders.map(({ customer }) => customer)).toEqual([null, "c1"]);
    expect(unattributedLines).toBe(1);
  });

  test("given an order that two customers claim, when it is read, then the first holds and the line is named", async () => {
    const content = "No,Who,When,Sum\nA,c1,2026-01-01,5\nA,c2,2026-01-01,6\n";
    const { orders, notes, unreadable } = await readOrdersFile(
      fileOf(content, "customer=Who,time=When,order=No,total=Sum"),
    );
    expect(orders).toMatchObject([{ customer: "c1", total: 11 }]);
    expect(notes).toMatchObject([{ line: 3, fault: expect.stringContaining("belongs to customer c1") }]);
    expect(unreadable).toBe(0);
  });

  test("given amounts that binary fractions cannot hold, when they are summed, then the sum is exact", async () => {
    const rows = Array.from({ length: 1_000 }, () => "A,c1,2026-01-01,0.1");
    const content = ["No,Who,When,Sum", ...rows].join("\n");
    const { orders } = await readOrdersFile(fileOf(content, "customer=Who,time=When,order=No,total=Sum"));
    expect(orders[0]?.total).toBe(100);
  });

  test("given a map that no row fits, when it is read, then it is refused with the first line's reason", async () => {
    const content = "Who,When,Sum\nc1,soon,5\n";
    await expect(readOrdersFile(fileOf(content, "customer=Who,time=When,total=Sum"))).rejects.toThrow(
      /no row of .* can be read; line 2: time: "soon" is no time/,
    );
  });
});
