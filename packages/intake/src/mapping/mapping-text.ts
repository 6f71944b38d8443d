/** The text of a mapping file, YAML or JSON, to its rules; faults with file and line, as people look for them. */
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml";
import type { Mapping } from "./mapping.ts";
import { parseMapping } from "./parse-mapping.ts";

const maxCharacters = 1_000_000;

/**
 * All documents of a text; a list is as good as many documents. `file` is its name in faults, which are one sentence
 * each. Never throws.
 */
export function readMappingText(
  text: string,
  file: string,
): { readonly mapping: Mapping; readonly faults: readonly string[] } {
  if (text.length > maxCharacters)
    return {
      mapping: [],
      faults: [`${file} has ${text.length} characters; expected at most ${maxCharacters}`],
    };
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const documents = Array.isArray(parsed) ? parsed : [];
  const at = (offset: number | undefined) =>
    offset === undefined ? file : `${file}:${lines.linePos(offset).line}`;
  const broken = documents.flatMap(({ errors }) =>
    errors.map(({ message, pos: [offset] }) => `${at(offset)}: ${message.split("\n")[0]}`),
  );
  if (broken.length > 0) return { mapping: [], faults: broken };
  const values: unknown[] = [];
  const nodes: (Node | null)[] = [];
  for (const document of documents) {
    const { contents } = document;
    const value: unknown = plainValue(document);
    if (isSeq(contents) && Array.isArray(value)) {
      values.push(...value);
      nodes.push(...contents.items.map((item) => (isNode(item) ? item : null)));
    } else if (value !== null) {
      values.push(value);
      nodes.push(contents);
    }
  }
  const { mapping, faults } = parseMapping(values);
  return {
    mapping,
    faults: faults.map(({ definition, path, found, expected, nearest }) => {
      const number = Number(/\d+$/.exec(definition)?.[0] ?? 0);
      const meant = nearest === undefined ? "" : `; is ${nearest} meant?`;
      const place = at(offsetOf(nodes[number - 1] ?? null, path.split(".")));
      const name = [nodes.length > 1 ? definition : "", path].filter(Boolean).join(": ");
      return `${place}: ${name === "" ? "" : `${name}: `}found ${found}, expected ${expected}${meant}`;
    }),
  };
}

/** What cannot be made plain (aliases of aliases without end) is a value that no rule is. */
function plainValue(document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return error instanceof Error ? error.message : "aliases";
  }
}

/** Where the value at a path begins, or what comes nearest above it. Names on the way may hold dots themselves. */
function offsetOf(root: Node | null, path: readonly string[]): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (let index = 0; index < path.length; ) {
    if (isSeq(node)) {
      node = node.items[Number(path[index])];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
      index += 1;
      continue;
    }
    if (!isMap(node)) break;
    const [pair, length] = longestKey(node.items, path.slice(index));
    if (pair === undefined) break;
    if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
    node = pair.value;
    index += length;
  }
  return offset;
}

function longestKey<Item extends { readonly key: unknown }>(
  items: readonly Item[],
  path: readonly string[],
): readonly [Item | undefined, number] {
  for (let length = path.length; length > 0; length -= 1) {
    const name = path.slice(0, length).join(".");
    const found = items.find(({ key }) => isScalar(key) && String(key.value) === name);
    if (found !== undefined) return [found, length];
  }
  return [undefined, 0];
}
