/**
 * YAML to documents, with a bound on what a text may cost: the parser takes minutes over some texts of half a
 * megabyte, so how much there is of what is expensive is counted first, in one pass.
 */
import {
  Composer,
  CST,
  type Document,
  isMap,
  isNode,
  isScalar,
  Lexer,
  LineCounter,
  Parser,
  visit,
} from "yaml";
import type { DocumentText, TextFault } from "./text-document.ts";

const most = { tokens: 150_000, aliases: 100, explicitKeys: 100, depth: 100, documents: 1_000, faults: 20 };

/** What stands in the text up to the first thing that is too much; faults where anything is wrong with it. */
export function readYaml(text: string): DocumentText {
  const excess = findExcess(text);
  if (excess) return { documents: [], faults: [excess] };
  const lines = new LineCounter();
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  // Unique keys are looked for below: the parser compares each with each.
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false });
  const documents: DocumentText["documents"][number][] = [];
  const faults: TextFault[] = [];
  for (const document of composer.compose(new Parser(lines.addNewLine).parse(text))) {
    if (document.errors.length === 0 && isEmpty(document)) continue;
    if (documents.length === most.documents) {
      faults.push({ found: `more than ${most.documents} documents`, expected: "several requests" });
      break;
    }
    faults.push(...faultsOf(document, placeAt).slice(0, most.faults));
    const value = faults.length === 0 ? plainValue(document, faults) : undefined;
    const placeOf = (path: readonly string[]) => {
      const offset = offsetOf(document, path);
      return offset === undefined ? undefined : placeAt(offset);
    };
    documents.push({ value, placeOf });
  }
  return { documents, faults };
}

/** In one pass over the tokens. */
function findExcess(text: string): TextFault | undefined {
  const counts = { tokens: 0, aliases: 0, explicitKeys: 0 };
  let depth = 0;
  let dashes = 0;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    counts.tokens += 1;
    if (type === "alias") counts.aliases += 1;
    if (type === "explicit-key-ind") counts.explicitKeys += 1;
    if (type === "flow-map-start" || type === "flow-seq-start") depth += 1;
    if (type === "flow-map-end" || type === "flow-seq-end") depth -= 1;
    if (type === "seq-item-ind") dashes += 1;
    else if (type !== "space") dashes = 0;
    if (counts.tokens > most.tokens) return tooMuch(`more than ${most.tokens} pieces`, "a smaller text");
    if (counts.aliases > most.aliases)
      return tooMuch(`more than ${most.aliases} aliases`, "them written out");
    if (counts.explicitKeys > most.explicitKeys)
      return tooMuch(`more than ${most.explicitKeys} keys written with ?`, "them written as key: value");
    if (depth > most.depth || dashes > most.depth)
      return tooMuch("deeper nesting", `at most ${most.depth} levels`);
  }
  return undefined;
}

const tooMuch = (found: string, expected: string): TextFault => ({ found, expected });

function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && !contents.source);
}

function faultsOf(document: Document.Parsed, placeAt: (offset: number) => object): TextFault[] {
  const syntax = document.errors.map(({ code, message, pos: [offset] }): TextFault => {
    const found =
      code === "IMPOSSIBLE" || message.includes("call stack") ? "nesting that is too deep" : message;
    return { found, expected: "YAML", ...placeAt(offset) };
  });
  return syntax.length > 0 ? syntax : repeatedKeys(document, placeAt);
}

function repeatedKeys(document: Document.Parsed, placeAt: (offset: number) => object): TextFault[] {
  const faults: TextFault[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : undefined;
        const place = isNode(key) && key.range ? placeAt(key.range[0]) : {};
        if (name === undefined) faults.push({ found: "a key that is no text", expected: "a name", ...place });
        else if (seen.has(name))
          faults.push({
            found: `the key ${JSON.stringify(name)} again`,
            expected: "each key once",
            ...place,
          });
        else seen.add(name);
      }
    },
  });
  return faults;
}

function plainValue(document: Document.Parsed, faults: TextFault[]): unknown {
  try {
    return document.toJS({ maxAliasCount: most.aliases });
  } catch (error) {
    // An alias of nothing, or aliases of aliases that would grow beyond bounds.
    faults.push({ found: error instanceof Error ? error.message : "aliases", expected: "them written out" });
    return undefined;
  }
}

/** Where the value at a path begins; where there is none, what comes nearest above it. */
function offsetOf({ contents }: Document.Parsed, path: readonly string[]): number | undefined {
  let node: unknown = contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const step of path) {
    if (!isNode(node)) break;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if ("items" in node && Array.isArray(node.items)) {
      node = node.items[Number(step)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}
