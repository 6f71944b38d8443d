/** A pattern of `matches` in the syntax of RE2, which is what ClickHouse's `match` reads. */
import { isPatternFault, type PatternNode, readPattern } from "@tidemark/core";

/** RangeError for a pattern that parsed definitions cannot have. */
export function patternText(pattern: string, ignoreCase: boolean): string {
  const tree = readPattern(pattern);
  if (isPatternFault(tree)) throw new RangeError(`the pattern ${pattern} does not compile`);
  return `${ignoreCase ? "(?i)" : ""}${textOf(tree)}`;
}

function textOf(node: PatternNode): string {
  switch (node.type) {
    case "characters": {
      const ranges = node.ranges.map(([from, to]) =>
        from === to ? point(from) : `${point(from)}-${point(to)}`,
      );
      // Nothing at all, and anything at all.
      if (ranges.length === 0) return node.negated ? "(?s:.)" : "[^\\x{0}-\\x{10FFFF}]";
      return `[${node.negated ? "^" : ""}${ranges.join("")}]`;
    }
    case "start":
      return "\\A";
    case "end":
      return "\\z";
    case "sequence":
      return node.of.map(textOf).join("");
    case "choice":
      return `(?:${node.of.map(textOf).join("|")})`;
    case "repeat": {
      const { least, most } = node;
      const times =
        most === null ? (least === 0 ? "*" : least === 1 ? "+" : `{${least},}`) : `{${least},${most}}`;
      return `(?:${textOf(node.of)})${times}`;
    }
  }
}

function point(code: number): string {
  return `\\x{${code.toString(16).toUpperCase()}}`;
}
