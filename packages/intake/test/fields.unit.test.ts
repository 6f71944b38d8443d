import { ConfigError } from "@tidemark/runtime";
import { describe, expect, it } from "vitest";
import { readJsonObject } from "../src/bounded-json.ts";
import { reasonOf } from "../src/fault.ts";
import {
  convert,
  createCurrencies,
  type EventFault,
  fault,
  readAmount,
  readConversion,
} from "../src/index.ts";
import { readProperties, writeProperties } from "../src/properties.ts";

describe("given an amount", () => {
  it.each([
    [12.5, 12.5],
    [0, 0],
    [-3, -3],
    ["12.50", 12.5],
    [" 7 ", 7],
    [0.1 + 0.2, 0.3],
    [2.00005, 2.0001],
    [-2.00005, -2.0001],
    [0.00004, 0],
    [99_999_999_999.9999, 99_999_999_999.9999],
  ])("%j is kept with four places", (value, expected) => {
    expect(readAmount(value)).toBe(expected);
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e11,
    -1e11,
    "ten",
    "1,50",
    "1.234,50",
    "1e5",
    "",
    "0x10",
    null,
    undefined,
    true,
    [1],
    {},
  ])("%j is none", (value) => {
    expect(readAmount(value)).toBeNull();
  });
});

describe("given currencies", () => {
  const currencies = createCurrencies({
    workspace: "EUR",
    rates: '{"USD":0.92,"GBP":{"2026-02-01":1.2,"2026-01-01":1.1}}',
    zone: "Europe/Berlin",
  });
  const read = (code: string | null, at: string) => {
    const faults: EventFault[] = [];
    return { conversion: readConversion(currencies, code, Date.parse(at), faults), faults };
  };

  it.each([
    ["the workspace's own", "EUR", "2026-01-15T00:00:00Z", null, 1],
    ["none named", null, "2026-01-15T00:00:00Z", null, 1],
    ["one with a single rate", "USD", "1999-01-01T00:00:00Z", "USD", 0.92],
    ["in lower case", " usd ", "2026-01-15T00:00:00Z", "USD", 0.92],
    ["the rate of January", "GBP", "2026-01-31T22:59:59Z", "GBP", 1.1],
    ["the rate of February from midnight in Berlin", "GBP", "2026-01-31T23:00:00Z", "GBP", 1.2],
  ])("%s is converted with the rate of its day", (_, code, at, original, rate) => {
    expect(read(code, at)).toEqual({ conversion: { original, rate }, faults: [] });
  });

  it("one without a rate on that day is refused for it", () => {
    const { conversion, faults } = read("GBP", "2025-12-31T12:00:00Z");
    expect(conversion).toBeNull();
    expect(faults).toEqual([
      {
        path: "currency",
        found: '"GBP"',
        expected: "EUR, or a currency with a rate on 2025-12-31",
        reason: "no-rate",
      },
    ]);
  });

  it("what is no code is refused as invalid", () => {
    expect(read("Euro", "2026-01-15T00:00:00Z").faults.map(({ reason }) => reason)).toEqual(["invalid"]);
  });

  it("an amount is converted to four places", () => {
    expect(convert({ original: "USD", rate: 0.92 }, 59.99)).toBe(55.1908);
    expect(convert({ original: "JPY", rate: 0.00611 }, 1234)).toBe(7.5397);
    expect(convert({ original: null, rate: 1 }, 12.3456)).toBe(12.3456);
  });

  it("settings that are wrong are refused with every fault", () => {
    const wrong = () =>
      createCurrencies({
        workspace: "euro",
        rates: '{"usd":1,"GBP":-1,"CHF":{"2026-02-30":1,"2026-01-01":"x"}}',
        zone: "Mars/Olympus",
      });
    expect(wrong).toThrow(ConfigError);
    try {
      wrong();
    } catch (error) {
      expect((error as ConfigError).faults.map((text) => text.split(";")[0])).toEqual([
        'WORKSPACE_CURRENCY is "euro"',
        'WORKSPACE_ZONE is "Mars/Olympus"',
        'EXCHANGE_RATES names "usd"',
        "EXCHANGE_RATES gives -1 for GBP",
        'EXCHANGE_RATES names the day "2026-02-30" for CHF',
        'EXCHANGE_RATES gives "x" for CHF',
      ]);
    }
    expect(() => createCurrencies({ workspace: "EUR", rates: "[1]", zone: "UTC" })).toThrow("a JSON object");
  });
});

describe("given properties", () => {
  const read = (value: unknown) => {
    const faults: EventFault[] = [];
    return { properties: readProperties(value, faults), faults };
  };

  it("numbers in them have four places, at any depth", () => {
    const given = { price: 0.1 + 0.2, items: [{ weight: 1.23456 }], at: 1_772_357_400_000, name: "1.23456" };
    expect(read(given).properties).toEqual({
      price: 0.3,
      items: [{ weight: 1.2346 }],
      at: 1_772_357_400_000,
      name: "1.23456",
    });
  });

  it("an object and its text are the same", () => {
    expect(read('{"a":{"b":[1,null,true]}}')).toEqual(read({ a: { b: [1, null, true] } }));
  });

  it.each([[null], [undefined], [""], ["null"], [" "]])("%j is none", (value) => {
    expect(read(value)).toEqual({ properties: {}, faults: [] });
  });

  const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });

  it.each([
    ["a list", [1], "properties", "a list of 1"],
    ["a number", 5, "properties", "5"],
    ["text that is no JSON", "{oops", "properties", '"{oops"'],
    ["a number without end", '{"a":{"b":1e999}}', "properties.a.b", "Infinity"],
    ["a name that is empty", '{"":1}', "properties", '""'],
    ["a name that would reach behind objects", '{"__proto__":{"admin":true}}', "properties", '"__proto__"'],
    ["a name too long", { ["k".repeat(129)]: 1 }, "properties", "(129 characters)"],
    ["text too long", { note: "x".repeat(32_769) }, "properties.note", "(32769 characters)"],
    ["too many levels", deep(12), "properties.a.a.a.a.a.a.a.a.a", "an object"],
    ["levels without end", `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`, "properties.a.a", "an object"],
    ["too many values", { list: Array.from({ length: 10_001 }, () => 0) }, "properties", '"more"'],
  ])("%s is a fault", (_, value, path, found) => {
    const { faults } = read(value);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.path).toContain(path);
    expect(faults[0]?.found).toContain(found);
  });

  it("every fault is found at once", () => {
    const { faults } = read('{"a":1e999,"b":[{"":1}],"c":-1e999}');
    expect(faults.map(({ path }) => path)).toEqual(["properties.a", "properties.b[0]", "properties.c"]);
  });

  it("too much in all is a fault", () => {
    const faults: EventFault[] = [];
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`n${at}`, "x".repeat(30_000)]));
    writeProperties(readProperties(many, faults), faults);
    expect(faults.map(({ reason, expected }) => [reason, expected])).toEqual([
      ["too-large", "at most 262144 characters of JSON"],
    ]);
  });

  it("null inside an object stays", () => {
    const bounds = { maxDepth: 3, maxEntries: 9, maxTextCharacters: 9, maxCharacters: 99 };
    const faults: EventFault[] = [];
    const read = readJsonObject(
      { email: null, a: { b: null } },
      "attributes",
      bounds,
      faults,
      (leaf) => leaf,
    );
    expect([read, faults]).toEqual([{ email: null, a: { b: null } }, []]);
  });
});

describe("given what was found", () => {
  it("long text is cut, and objects and lists are only named", () => {
    const secret = `sk_live_${"7".repeat(60)}`;
    expect(fault("a", secret, "b").found).toBe('"sk_live_7777777777777777…" (68 characters)');
    expect(fault("a", { password: "x" }, "b").found).toBe("an object");
    expect(fault("a", [1, 2], "b").found).toBe("a list of 2");
  });

  it("text cut between the halves of a character stays text", () => {
    const { found } = fault("a", `${"x".repeat(23)}😀${"y".repeat(20)}`, "b");
    expect(found.isWellFormed()).toBe(true);
  });

  it("nobody to attribute it to is said before all, else what all faults share", () => {
    const of = (...reasons: readonly EventFault["reason"][]) =>
      reasonOf(reasons.map((reason) => fault("", 1, "", reason)));
    expect(of("no-rate")).toBe("no-rate");
    expect(of("future", "future")).toBe("future");
    expect(of("future", "no-rate")).toBe("invalid");
    expect(of("invalid", "unattributed")).toBe("unattributed");
  });
});
