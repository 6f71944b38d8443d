/** The body of a request that brings definitions: one document or many, YAML or JSON. */
import type { DocumentText, TextDocument, TextPlace } from "./text-document.ts";
import { readYaml } from "./yaml-documents.ts";

export const mediaTypes = [
  "application/yaml",
  "application/x-yaml",
  "text/yaml",
  "text/x-yaml",
  "application/json",
] as const;

/** A list is as good as many documents. `mediaType` is one of `mediaTypes`. */
export function readDocumentText(body: Buffer, mediaType: string): DocumentText {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return { documents: [], faults: [{ found: "bytes that are no UTF-8", expected: "text in UTF-8" }] };
  }
  const read = mediaType === "application/json" ? readJson(text) : readYaml(text);
  if (read.faults.length > 0) return read;
  const documents = read.documents.flatMap(eachOfList);
  if (documents.length > 0) return { documents, faults: [] };
  return { documents, faults: [{ found: "nothing", expected: "at least one definition" }] };
}

function eachOfList({ value, placeOf }: TextDocument): TextDocument[] {
  if (!Array.isArray(value)) return [{ value, placeOf }];
  return value.map((item: unknown, index) => ({
    value: item,
    placeOf: (path) => placeOf([String(index), ...path]),
  }));
}

function readJson(text: string): DocumentText {
  try {
    return { documents: [{ value: JSON.parse(text), placeOf: () => undefined }], faults: [] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { documents: [], faults: [{ found: message, expected: "JSON", ...placeIn(message, text) }] };
  }
}

/** As the parser's message tells it: some name the place, one means the end. */
function placeIn(message: string, text: string): TextPlace | undefined {
  const named = /\(line (\d+) column (\d+)\)/.exec(message);
  if (named) return { line: Number(named[1]), column: Number(named[2]) };
  if (!message.includes("end of JSON input")) return undefined;
  const lines = text.split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
