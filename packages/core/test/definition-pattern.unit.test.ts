import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern, search } from "../src/conditions/pattern.ts";

function finds(pattern: string, text: string, ignoreCase = false): boolean {
  const compiled = compilePattern(pattern, ignoreCase);
  if ("position" in compiled) throw new Error(JSON.stringify(compiled));
  return search(compiled, text).found;
}

describe("what an expression finds", () => {
  it.each([
    ["^SKU-\\d{3}$", "SKU-123", true],
    ["^SKU-\\d{3}$", "SKU-1234", false],
    ["@example\\.(com|org)$", "ann@example.org", true],
    ["@example\\.(com|org)$", "ann@exampleXorg", false],
    ["^(ab?)*$", "abaab", true],
    ["^(ab?)*$", "abb", false],
    ["^.$", "\u{1f600}", true],
    ["^[\u{1f600}-\u{1f64f}]+$", "\u{1f600}\u{1f642}", true],
    ["^\\u{1f600}$", "\u{1f600}", true],
    ["^[^a-z]+$", "A1-", true],
    ["a.b", "a\nb", false],
    ["", "anything", true],
    ["^$", "", true],
    ["^a{2,3}$", "aaaa", false],
    ["^a{2,}$", "aaaa", true],
    ["^(|x)y$", "y", true],
    ["\\s", "a\u00a0b", true],
  ])("given /%s/ and %j, then it is %s", (pattern, text, expected) => {
    expect(finds(pattern, text)).toBe(expected);
  });

  it("given ignoreCase, then letters of any script and ranges match in either case", () => {
    expect(finds("^москва$", "МОСКВА", true)).toBe(true);
    expect(finds("^[a-c]+$", "ABC", true)).toBe(true);
    expect(finds("^[^a]$", "A", true)).toBe(false);
    expect(finds("^москва$", "МОСКВА")).toBe(false);
  });
});

describe("expressions that are refused", () => {
  it.each([
    ["(a)\\1", 4, "`\\1`"],
    ["a(?=b)", 2, "`(?=b`"],
    ["a(?!b)", 2, "`(?!b`"],
    ["(?<name>a)", 1, "`(?<n`"],
    ["\\bword", 1, "`\\b`"],
    ["ab)", 3, "`)` without its `(`"],
    ["(ab", 1, "`(` without its `)`"],
    ["x[ab", 2, "`[` without its `]`"],
    ["x[]", 2, "an empty class"],
    ["[z-a]", 2, "a range that has no order"],
    ["*a", 1, "`*`"],
    ["a**", 3, "`*`"],
    ["a{3,2}", 2, "{3,2}"],
    ["a{", 2, "`{`"],
    ["^*", 2, "a repetition of `^` or `$`"],
    ["a\\", 2, "a `\\` at the end"],
    ["\\u{110000}", 1, "`\\u`"],
    ["(((a{100}){100}){100})", 1, "an expression of 1000001 steps"],
  ])("given /%s/, then the fault is at character %i", (pattern, position, found) => {
    expect(compilePattern(pattern, false)).toMatchObject({ position, found });
  });

  it("given groups nested without end, then they are refused rather than read", () => {
    const pattern = `${"(".repeat(5_000)}a${")".repeat(5_000)}`;
    expect(compilePattern(pattern, false)).toMatchObject({ position: 101, found: "deeper nesting" });
  });
});

const letters = ["a", "b", "A", "é", "\u{1f600}", "\n", " ", "7", "_", "я"];
const atom = fc.oneof(
  fc.constantFrom("a", "b", "A", "é", "я", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S", ".", "\\.", "\\n"),
  fc.constantFrom("[ab]", "[^a]", "[a-z]", "[^\\d\\s]", "[\\w-]", "[\u{1f600}é]", "\\u{1f600}", "\\x41"),
);
const expression = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    atom,
    fc.constantFrom("^", "$"),
    fc.tuple(tie("node"), tie("node")).map(([left, right]) => left + right),
    fc.tuple(tie("node"), tie("node")).map(([left, right]) => `(?:${left}|${right})`),
    fc
      .tuple(tie("node"), fc.constantFrom("*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?"))
      .map(([inner, times]) => `(${inner})${times}`),
  ),
})).node;
const text = fc.array(fc.constantFrom(...letters), { maxLength: 12 }).map((parts) => parts.join(""));

describe("against the platform's own expressions", () => {
  it("given any expression of the shared syntax and any text, then both find it or neither does", () => {
    fc.assert(
      fc.property(expression, text, fc.boolean(), (pattern, given, ignoreCase) => {
        expect(finds(pattern, given, ignoreCase)).toBe(
          new RegExp(pattern, ignoreCase ? "iu" : "u").test(given),
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it("given any text as an expression, then it compiles or is refused, and what compiles is one of the platform's", () => {
    const scraps = fc.array(fc.constantFrom(..."ab(|)[]{}^$.*+?-\\,:=!<>01duwxsDk", "{2}", "\\u0041"), {
      maxLength: 10,
    });
    fc.assert(
      fc.property(scraps, text, (parts, given) => {
        const pattern = parts.join("");
        const compiled = compilePattern(pattern, false);
        if ("position" in compiled) {
          expect(compiled.position).toBeGreaterThan(0);
          return;
        }
        expect(search(compiled, given).found).toBe(new RegExp(pattern, "u").test(given));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("the cost of an expression", () => {
  it.each(["(a+)+$", "^(a|a)*$", "(a*)*b", "^(a|aa)+$", "(.*)(.*)(.*)x"])(
    "given /%s/ and a text that does not match, then twice the text takes about twice the steps",
    (pattern) => {
      const compiled = compilePattern(pattern, false);
      if ("position" in compiled) throw new Error(pattern);
      const stepsOf = (length: number): number => {
        const { found, steps } = search(compiled, `${"a".repeat(length)}!`);
        expect(found).toBe(false);
        return steps;
      };
      const [short, long] = [stepsOf(1_000), stepsOf(2_000)];
      expect(long / short).toBeLessThan(2.1);
      // Each instruction is taken up once and read once a character at most.
      expect(long).toBeLessThanOrEqual(2 * 2_002 * compiled.program.length);
    },
  );
});
