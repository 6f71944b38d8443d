import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDocumentText } from "../src/document-text.ts";

const yaml = (text: string) => readDocumentText(Buffer.from(text), "application/yaml");
const json = (text: string) => readDocumentText(Buffer.from(text), "application/json");
const values = (read: ReturnType<typeof yaml>) => read.documents.map(({ value }) => value);

describe("what a body holds", () => {
  test("given documents one after the other, then empty ones and comments are none, and a list is as good as many", () => {
    const read = yaml("---\na: 1\n---\n# nothing here\n---\n- b: 2\n- c: 3\n---\n");
    expect(read.faults).toEqual([]);
    expect(values(read)).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
  });

  test("given dates, times and words that other readers of YAML turn into something else, then they stay text", () => {
    const [document] = values(yaml("on: 2026-05-01\nat: 12:30:00\nno: yes\nzone: off\n"));
    expect(document).toEqual({ on: "2026-05-01", at: "12:30:00", no: "yes", zone: "off" });
  });

  test("given an alias, then it stands for what it names", () => {
    expect(values(yaml("a: &window { last: 60 days }\nb: *window\n"))).toEqual([
      { a: { last: "60 days" }, b: { last: "60 days" } },
    ]);
  });

  test("given any JSON, then it reads the same as JSON and as YAML", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (document) => {
        const text = JSON.stringify(document);
        expect(values(json(text))).toEqual([JSON.parse(text)]);
        const asYaml = yaml(text);
        if (asYaml.faults.length === 0) expect(values(asYaml)).toEqual([JSON.parse(text)]);
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    ["a value at a path", "a:\n  b: 1\n  c: [x, { d: y }]", ["a", "c", "1", "d"], { line: 3, column: 12 }],
    ["something missing", "a:\n  b: 1", ["a", "z", "y"], { line: 1, column: 1 }],
    ["an item", "- a: 1\n- b: 2", ["b"], { line: 2, column: 3 }],
  ])("given %s, then its place is known", (_, text, path, place) => {
    expect(yaml(text).documents.at(-1)?.placeOf(path)).toEqual(place);
  });
});

describe("bodies that cannot be read", () => {
  test.each([
    ["a list that does not end", "a: 1\nb: [1, 2\n", /sufficiently indented and end with a \]/, 3, 1],
    ["a tab that indents", "a:\n\t- b", /Tabs are not allowed/, 2, 1],
    ["a key twice", "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3", /^the key "c" again$/, 5, 3],
    ["a key twice in a flow", "x: { a: 1, a: 2 }", /^the key "a" again$/, 1, 12],
    ["a key that is a list", "? [a, b]\n: c", /^a key that is no text$/, 1, 3],
    ["a fault in the second document", "a: 1\n---\nb: @c", /reserved character @/, 3, 4],
  ])("given %s, then the line and column are told", (_, text, found, line, column) => {
    const { faults } = yaml(text);
    expect(faults[0]).toMatchObject({ found: expect.stringMatching(found), line, column });
  });

  test("given two faults, then both are told", () => {
    const { faults } = yaml("a: 1\na: 2\nb: 1\nb: 2");
    expect(faults).toMatchObject([
      { found: 'the key "a" again', line: 2 },
      { found: 'the key "b" again', line: 4 },
    ]);
  });

  test.each([
    ["an alias of nothing", "a: *nowhere", /nowhere/],
    ["nothing", "", /^nothing$/],
    ["comments only", "# hello\n", /^nothing$/],
    ["more documents than allowed", "--- a\n".repeat(1_001), /^more than 1000 documents$/],
  ])("given %s, then it is refused", (_, text, found) => {
    expect(yaml(text).faults[0]?.found).toMatch(found);
  });

  test("given JSON that is none, then the line and column are told", () => {
    expect(json('{\n  "a": 1,\n}').faults).toMatchObject([{ line: 3, column: 1, expected: "JSON" }]);
    expect(json('{\n "a": [1,').faults).toMatchObject([{ line: 2, column: 10 }]);
    expect(json("[]").faults).toMatchObject([{ found: "nothing" }]);
  });

  test("given bytes that are no text, then they are refused", () => {
    const read = readDocumentText(Buffer.from([0x61, 0x3a, 0x20, 0xff]), "application/yaml");
    expect(read.faults).toEqual([{ found: "bytes that are no UTF-8", expected: "text in UTF-8" }]);
  });
});

describe("texts made to cost much", () => {
  const size = 500_000;
  const laughs = [
    "a: &a [x, x, x, x, x, x, x, x, x]",
    ...["b", "c", "d", "e", "f", "g"].map(
      (name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdef"[at]}`).join(", ")}]`,
    ),
  ].join("\n");

  // The parser alone takes minutes over some of these: a test that ends shows that it was spared.
  test.each([
    ["a billion laughs", laughs, /Excessive alias count/],
    ["an alias of itself", "&a [*a]", undefined],
    ["many aliases", `a: &a x\nb: [${"*a,".repeat(size / 3)}]`, /aliases/],
    [
      "an anchor and an alias many times",
      `[${Array.from({ length: 30_000 }, (_, at) => `&a${at} x,*a${at}`)}]`,
      /aliases/,
    ],
    ["brackets", "[".repeat(size), /nesting/],
    ["braces", "{a: ".repeat(size / 4), /nesting/],
    ["brackets that close", "[".repeat(size / 2) + "]".repeat(size / 2), /nesting/],
    ["dashes", "- ".repeat(size / 2), /nesting/],
    ["question marks", "? ".repeat(size / 2), /keys written with \?/],
    ["keys", Array.from({ length: 60_000 }, (_, at) => `k${at}: 1`).join("\n"), /pieces/],
    [
      "many keys, but not too many",
      Array.from({ length: 20_000 }, (_, at) => `k${at}: 1`).join("\n"),
      undefined,
    ],
    ["deep indentation", Array.from({ length: 900 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"), undefined],
    ["documents", "--- a\n".repeat(size / 6), /pieces/],
  ])("given %s, then it is refused, or read, in little time", (_, text, found) => {
    const { faults } = yaml(text);
    if (found === undefined) expect(faults.every((fault) => fault.found !== "")).toBe(true);
    else expect(faults[0]?.found).toMatch(found);
  });
});
