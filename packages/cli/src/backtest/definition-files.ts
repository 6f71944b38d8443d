/** Definitions from files: YAML or JSON, one or many to a file. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Definition, type Fault, parseDefinitions } from "@tidemark/core";
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";

interface ReadFiles {
  readonly definitions: readonly Definition[];
  /** What is wrong, one line each with file and line. */
  readonly faults: readonly string[];
  /** Files of the folder that were passed over. */
  readonly passedOver: readonly string[];
}

interface FileDocument {
  readonly file: string;
  readonly value: unknown;
  /** The line on which a path stands, or what comes nearest above it. From 1. */
  lineOf(path: readonly string[]): number;
}

/**
 * `path` is a file, or a folder of which all YAML and JSON files count, those in folders below it too. JSON of other
 * things often lies beside definitions: in a folder, a JSON file of which nothing has a `kind` is passed over.
 */
export function readDefinitionFiles(path: string): ReadFiles {
  const faults: string[] = [];
  const passedOver: string[] = [];
  const isFolder = statSync(path).isDirectory();
  const documents = (isFolder ? filesIn(path) : [path]).flatMap((file) => {
    const found = documentsIn(file, faults);
    if (!isFolder || !file.toLowerCase().endsWith(".json") || found.some(({ value }) => hasKind(value)))
      return found;
    passedOver.push(file);
    return [];
  });
  if (faults.length > 0) return { definitions: [], faults, passedOver };
  if (documents.length === 0)
    return { definitions: [], faults: [`${path} holds no definitions`], passedOver };
  const parsed = parseDefinitions(documents.map(({ value }) => value));
  return {
    definitions: parsed.definitions,
    faults: parsed.faults.map((fault) => faultLine(fault, documents)),
    passedOver,
  };
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:ya?ml|json)$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function hasKind(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "kind");
}

function documentsIn(file: string, faults: string[]): readonly FileDocument[] {
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const parsed = parseAllDocuments(readFileSync(file, "utf8"), { lineCounter: lines, prettyErrors: false });
  const found: FileDocument[] = [];
  for (const document of parsed) {
    for (const { message, pos } of document.errors) faults.push(`${file}:${lineAt(pos[0])}: ${message}`);
    if (document.errors.length > 0 || isEmpty(document)) continue;
    found.push(...documentsOf(document, file, lineAt));
  }
  return found;
}

/** Nothing between two `---`, or behind the last. */
function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && !contents.source);
}

/** A list is as good as many documents. */
function documentsOf(
  document: Document.Parsed,
  file: string,
  lineAt: (offset: number) => number,
): readonly FileDocument[] {
  const lineOf = (path: readonly string[]): number => lineAt(offsetOf(document.contents, path));
  const value: unknown = document.toJS();
  if (!Array.isArray(value)) return [{ file, value, lineOf }];
  return value.map((item: unknown, index) => ({
    file,
    value: item,
    lineOf: (path) => lineOf([String(index), ...path]),
  }));
}

function offsetOf(contents: unknown, path: readonly string[]): number {
  let node = contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (isNode(pair?.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair?.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset;
}

function faultLine(
  { definition, path, found, expected, nearest }: Fault,
  documents: readonly FileDocument[],
): string {
  // Of two with one name it is the later that is at fault.
  const document = documents.findLast(({ value }, index) =>
    [nameOf(value), `document ${index + 1}`].includes(definition),
  );
  const place = document === undefined ? "" : `${document.file}:${document.lineOf(path.split("."))}: `;
  const meant = nearest === undefined ? "" : `; is ${nearest} meant?`;
  return `${place}${[definition, path].filter(Boolean).join(": ")}: found ${found}, expected ${expected}${meant}`;
}

function nameOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, id } = value as { readonly kind?: unknown; readonly id?: unknown };
  return `${String(kind)}/${String(id)}`;
}
