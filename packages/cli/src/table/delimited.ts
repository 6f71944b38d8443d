/** Texts of rows with a character between the cells, quoted as RFC 4180 says. */
import Papa from "papaparse";
import type { BrokenRow, Row } from "./table.ts";

export interface TextRow extends Row {
  readonly cells: readonly string[];
}

/** A quote that is never closed swallows no more than this. */
const maxRowLength = 1_048_576;

const quoteFault = "has a quote that is never closed, or not doubled within quotes";

/**
 * Rows in batches, empty lines left out. Of a row with a quote at fault only the first line is broken: what follows it
 * is read as if nothing were open.
 */
export async function* delimitedRows(
  texts: AsyncIterable<string>,
  delimiter: string,
  onBroken: (row: BrokenRow) => void,
): AsyncGenerator<readonly TextRow[], void, undefined> {
  let rest = "";
  let parsers: Parsers | undefined;
  let line = 1;

  const breakLine = (newline: string): void => {
    onBroken({ line, fault: quoteFault });
    const end = rest.indexOf(newline);
    rest = end < 0 ? "" : rest.slice(end + 1);
    line += 1;
  };
  /** Moves on behind the rows of a block. */
  const take = ({ data, meta }: Block, newline: string, into: TextRow[]): void => {
    const mayHoldLines = rest.includes('"');
    for (const cells of data) {
      if (cells.length > 1 || cells[0]?.trim() !== "") into.push({ line, cells });
      line += 1 + (mayHoldLines ? linesWithin(cells, newline) : 0);
    }
    rest = rest.slice(meta.cursor);
  };
  /** All rows that are whole; at the end, the last one too. */
  const takeAll = (isLast: boolean): readonly TextRow[] => {
    const rows: TextRow[] = [];
    parsers ??= parsersFor(rest, delimiter, isLast);
    if (parsers === undefined) return rows;
    const { whole, single, newline } = parsers;
    for (;;) {
      const block = whole.parse(rest, 0, true) as Block;
      if (!hasFault(block)) take(block, newline, rows);
      else takeSingly(single, newline, rows);
      if (isLast ? rest === "" : rest.length <= maxRowLength) return rows;
      const last = isLast ? (whole.parse(rest, 0, false) as Block) : null;
      if (last === null || last.errors.length > 0) {
        breakLine(newline);
        continue;
      }
      take(last, newline, rows);
      rest = "";
      return rows;
    }
  };
  /** Row by row, as one of them is at fault. */
  const takeSingly = (single: Papa.Parser, newline: string, into: TextRow[]): void => {
    for (;;) {
      const block = single.parse(rest, 0, true) as Block;
      if (block.data.length === 0) return;
      if (hasFault(block)) breakLine(newline);
      else take(block, newline, into);
    }
  };

  for await (const text of texts) {
    rest += text;
    const rows = takeAll(false);
    if (rows.length > 0) yield rows;
  }
  const rows = takeAll(true);
  if (rows.length > 0) yield rows;
}

/** What papaparse's parser answers; its types say `any`. */
interface Block {
  readonly data: readonly (readonly string[])[];
  readonly errors: readonly { readonly row: number }[];
  readonly meta: { readonly cursor: number };
}

/** What seems wrong with a row that has not ended may be right once it has. */
function hasFault({ data, errors }: Block): boolean {
  return errors.some(({ row }) => row < data.length);
}

interface Parsers {
  readonly whole: Papa.Parser;
  /** Stops behind the first row. */
  readonly single: Papa.Parser;
  readonly newline: "\n" | "\r";
}

/** Undefined as long as no line has ended. A carriage return before a newline is a blank to us. */
function parsersFor(text: string, delimiter: string, isLast: boolean): Parsers | undefined {
  const isKnown = text.includes("\n");
  if (!isKnown && !isLast && text.length <= maxRowLength) return undefined;
  const options = { delimiter, newline: isKnown || !text.includes("\r") ? "\n" : "\r" } as const;
  return {
    whole: new Papa.Parser(options),
    single: new Papa.Parser({ ...options, preview: 1, fastMode: false }),
    newline: options.newline,
  };
}

function linesWithin(cells: readonly string[], newline: string): number {
  let count = 0;
  for (const cell of cells)
    for (let at = cell.indexOf(newline); at >= 0; at = cell.indexOf(newline, at + 1)) count += 1;
  return count;
}

/** Rows with runs of blanks between the cells, and perhaps around them. */
export async function* blankSeparatedRows(
  texts: AsyncIterable<string>,
): AsyncGenerator<readonly TextRow[], void, undefined> {
  for await (const lines of linesOf(texts)) {
    const rows: TextRow[] = [];
    for (const { line, text } of lines) rows.push({ line, cells: text.trim().split(/\s+/) });
    yield rows;
  }
}

/** Lines with something in them, with their numbers. */
export async function* linesOf(
  texts: AsyncIterable<string>,
): AsyncGenerator<readonly { readonly line: number; readonly text: string }[], void, undefined> {
  let rest = "";
  let line = 0;
  const number = (lines: readonly string[]): { readonly line: number; readonly text: string }[] => {
    const numbered = [];
    for (const text of lines) {
      line += 1;
      if (text.trim() !== "") numbered.push({ line, text });
    }
    return numbered;
  };
  for await (const text of texts) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield number(lines);
  }
  yield number([rest]);
}
