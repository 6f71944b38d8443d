import { describe, expect, test } from "vitest";
import { findColumns, parseMapping } from "../src/orders-file/mapping.ts";

describe("--map", () => {
  test("given fields with columns, formats and quoted names, when it is read, then each field has its column", () => {
    const { mapping, faults } = parseMapping(
      'customer="Customer, ID",time=Date@d.M.yyyy H:mm,total=Sum@comma,order=No',
    );
    expect(faults).toEqual([]);
    expect(mapping).toEqual({
      customer: { column: "Customer, ID" },
      time: { column: "Date", format: "d.M.yyyy H:mm" },
      total: { column: "Sum", format: "comma" },
      order: { column: "No" },
    });
  });

  test("given everything wrong at once, when it is read, then every fault is named, with the nearest where there is one", () => {
    const { faults } = parseMapping("custmer=A,total=B,total=C,price=D,nonsense,colour=E");
    expect(faults).toEqual([
      '--map: "custmer" is no field; is customer meant?',
      "--map: total is given twice",
      '--map: "nonsense" is no FIELD=COLUMN',
      expect.stringMatching(/^--map: "colour" is no field \(expected customer, time, order, /),
      "--map: customer=COLUMN is missing",
      "--map: time=COLUMN is missing",
      "--map: total= is the amount of a line, so price= says it twice; give one of them",
    ]);
  });

  test("given a quantity without a price, when it is read, then an amount is missing", () => {
    expect(parseMapping("customer=A,time=B,quantity=C").faults).toEqual([
      "--map: total=COLUMN is missing (or quantity=COLUMN and price=COLUMN, both)",
    ]);
  });

  test("given a header, when columns are looked for, then those not there are named with the nearest", () => {
    const { mapping } = parseMapping("customer=customerid,time=InvoiceDat,order=Whatever,total=Total");
    const { indexes, faults } = findColumns(mapping, ["Customer_ID", "InvoiceDate", "Total"]);
    expect(indexes).toEqual({ total: 2 });
    expect(faults).toEqual([
      '--map: customer=customerid: the file has no such column; is "Customer_ID" meant?',
      '--map: time=InvoiceDat: the file has no such column; is "InvoiceDate" meant?',
      '--map: order=Whatever: the file has no such column, but "Customer_ID", "InvoiceDate", "Total"',
    ]);
  });

  test("given no header, when columns are numbers, then they count from the front or from the end", () => {
    const { mapping } = parseMapping("customer=#1,time=#-3,total=#-1");
    expect(findColumns(mapping, null)).toEqual({ indexes: { customer: 0, time: -3, total: -1 }, faults: [] });
    expect(findColumns(parseMapping("customer=Name,time=#2,total=#3").mapping, null).faults).toEqual([
      "--map: customer=Name: a file without a header has columns #1, #2, ... or #-1 for the last",
    ]);
  });

  test("given a number beyond the header, when columns are looked for, then it is no column", () => {
    const { mapping } = parseMapping("customer=#4,time=a,total=b");
    expect(findColumns(mapping, ["a", "b", "c"]).faults).toHaveLength(1);
  });
});
