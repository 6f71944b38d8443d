/** A file of rows, gzip or not, as a stream: commas, semicolons, tabs, bars or blanks between the cells. */
import { createReadStream, type ReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";

export interface Row {
  /** Line of the file, from 1; of a row over several lines the last. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A row that cannot be taken apart. */
export interface BrokenRow {
  readonly line: number;
  readonly fault: string;
}

const headBytes = 65_536;
/** A quote that is never closed swallows no more than this. */
const maxRowBytes = 1_048_576;

/** Reads row by row, the header (if any) as the first. Rejects where the file cannot be read at all. */
export async function* readRows(
  file: string,
  onBroken: (row: BrokenRow) => void,
): AsyncGenerator<Row, void, undefined> {
  const delimiter = delimiterOf(await readHead(file));
  if (delimiter === " ") {
    yield* readBlankSeparated(file);
    return;
  }
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    trim: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
    skip_records_with_error: true,
    on_skip: (error) => {
      onBroken({ line: Number(error?.lines ?? 0), fault: error?.message ?? "cannot be read" });
      return undefined;
    },
  });
  pipeline(await openText(file), parser, () => {});
  for await (const { record, info } of parser as AsyncIterable<{
    readonly record: readonly string[];
    readonly info: { readonly lines: number };
  }>) {
    yield { line: info.lines, cells: record };
  }
}

async function* readBlankSeparated(file: string): AsyncGenerator<Row, void, undefined> {
  let line = 0;
  const input = await openText(file);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    line += 1;
    const cells = text.trim().split(/\s+/);
    if (cells[0] !== "") yield { line, cells };
  }
}

/** The character that the first line holds most of; blanks where it holds none of them. */
function delimiterOf(head: string): string {
  const firstLine = (head.split(/\r?\n/, 1)[0] ?? "").replaceAll(/"[^"]*"/g, "");
  const counts = [",", ";", "\t", "|"].map((mark) => [mark, firstLine.split(mark).length - 1] as const);
  const [best, count] = counts.reduce((most, one) => (one[1] > most[1] ? one : most));
  return count === 0 && /\S\s+\S/.test(firstLine) ? " " : best;
}

async function readHead(file: string): Promise<string> {
  const text = await openText(file);
  let head = "";
  for await (const chunk of text.setEncoding("utf8")) {
    head += chunk;
    if (head.length >= headBytes || /\S[^\n]*\n/.test(head)) break;
  }
  return head.replace(/^\uFEFF/, "").trimStart();
}

async function openText(file: string): Promise<Readable> {
  const source: ReadStream = createReadStream(file);
  if (!(await isGzip(file))) return source;
  return pipeline(source, createGunzip(), () => {});
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
