import { describe, expect, test } from "vitest";
import { parseColumnMap, splitFormat } from "../src/backtest/column-map.ts";
import { runOn } from "./backtest-support.ts";

const columns = (name: string, text: string) => ({ name, source: { type: "columns", text } });

describe("the short form of a map", () => {
  test("given names and columns, when it is taken apart, then commas in quotes are part of a name", () => {
    expect(
      parseColumnMap(
        "--map",
        `customer=Who, time = "When, exactly"@"MMM d, yyyy" ,items.sku="Article, no.",event='a, b',*`,
      ),
    ).toEqual({
      entries: [
        columns("customer", "Who"),
        columns("time", '"When, exactly"@"MMM d, yyyy"'),
        columns("items.sku", '"Article, no."'),
        { name: "event", source: { type: "constant", text: "a, b" } },
      ],
      hasRest: true,
      faults: [],
    });
  });

  test("given several faults, when it is taken apart, then all are told", () => {
    expect(parseColumnMap("--map", "customer,time=,a b=C,x=Y,x=Z,x.y=W").faults).toEqual([
      '--map: "customer" is no NAME=COLUMN',
      '--map: "time=" is no NAME=COLUMN',
      '--map: "a b" is no name',
      "--map: x is given twice",
      "--map: x.y is given twice",
    ]);
  });

  test.each([
    ["When", "When", null],
    ["When@d.M.yyyy", "When", "d.M.yyyy"],
    ['"e@mail"@text', "e@mail", "text"],
    ['When@"MMM d, yyyy"', "When", "MMM d, yyyy"],
    ["Qty*Price@comma", "Qty*Price", "comma"],
  ])("given %s, when the format is split off, then %s is left", (text, column, format) => {
    expect(splitFormat(text)).toEqual({ column, format });
  });
});

describe("a map and its file", () => {
  const metrics = "kind: metric\nid: revenue\nsum: total\nof: order.placed\n";
  const content = "Customer ID,Order Date,Amount,e@mail\nann,2026-01-01,5,a@b\n";
  const run = (map: string) =>
    runOn({ "definitions.yaml": metrics, "o.csv": content }, { orders: "o.csv", map, "as-of": "2026-02-01" });

  test("given columns, formats and roles that are wrong, when the file is opened, then all are told with the nearest name", async () => {
    const error = await run("customer=CustomerId,total=Amuont*2,channel=Way,when=Order Date@q").catch(String);
    const format =
      "a format of y M d H h m s S a X and quoted text, such as d.M.yyyy HH:mm, or epoch, epoch-ms, epoch-us, epoch-days";
    expect(error).toBe(
      [
        "Error: --map: time=COLUMN is missing",
        '--map: customer=CustomerId: o.csv has no column "CustomerId"; is "Customer ID" meant?',
        '--map: total=Amuont*2: o.csv has no column "Amuont"; is "Amount" meant?',
        '--map: channel=Way: o.csv has no column "Way"; it has "Customer ID", "Order Date", "Amount", "e@mail"',
        `--map: when=Order Date@q: the format has q, which means nothing here; expected ${format}, or text, number, comma`,
      ].join("\n"),
    );
  });

  test("given a column whose name holds an at sign, when it is mapped whole, then it is that column", async () => {
    const { metrics: rows } = await run("customer=e@mail,time=Order Date,total=Amount");
    expect(rows).toEqual([["a@b", "revenue", "5"]]);
  });
});
