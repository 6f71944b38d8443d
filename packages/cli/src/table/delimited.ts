/** Texts of rows with a character between the cells, quoted as RFC 4180 says. */
import Papa from "papaparse";
import type { BrokenRow, Row } from "./table.ts";

export interface TextRow extends Row {
  readonly cells: readonly string[];
}

/** A quote that is never closed swallows no more than this. */
const maxRowLength = 1_048_576;

/**
 * Rows in batches, empty lines left out. A row with a quote that is never closed is broken, and what follows its first
 * line is read again; one with a quote inside that is not doubled is broken as a whole.
 */
export async function* delimitedRows(
  texts: AsyncIterable<string>,
  delimiter: string,
  onBroken: (row: BrokenRow) => void,
): AsyncGenerator<readonly TextRow[], void, undefined> {
  let rest = "";
  let line = 1;
  let newline: "\n" | "\r" | undefined;
  const take = (isLast: boolean): TextRow[] => {
    const rows: TextRow[] = [];
    newline ??= /\n/.test(rest) ? "\n" : "\r";
    const parser = new Papa.Parser({ delimiter, newline });
    for (;;) {
      const block = parser.parse(rest, 0, true) as Block;
      const hasQuotes = rest.includes('"');
      line = addRows(block, line, hasQuotes ? newline : null, rows, onBroken);
      rest = rest.slice(block.meta.cursor);
      if (!isLast && rest.length <= maxRowLength) return rows;
      if (rest === "") return rows;
      if (isLast) {
        const last = parser.parse(rest, 0, false) as Block;
        if (!last.errors.some(({ code }) => code === "MissingQuotes")) {
          addRows(last, line, newline, rows, onBroken);
          rest = "";
          return rows;
        }
      }
      onBroken({ line, fault: "has a quote that is never closed" });
      const end = rest.indexOf(newline);
      rest = end < 0 ? "" : rest.slice(end + 1);
      line += 1;
    }
  };
  for await (const text of texts) {
    rest += text;
    const rows = take(false);
    if (rows.length > 0) yield rows;
  }
  const rows = take(true);
  if (rows.length > 0) yield rows;
}

/** What papaparse's parser answers; its types say `any`. */
interface Block {
  readonly data: readonly (readonly string[])[];
  readonly errors: readonly { readonly code: string; readonly row: number }[];
  readonly meta: { readonly cursor: number };
}

/** Answers the line behind them. `newline` null: no cell can hold one. */
function addRows(
  { data, errors }: Block,
  firstLine: number,
  newline: string | null,
  into: TextRow[],
  onBroken: (row: BrokenRow) => void,
): number {
  const broken = new Set(errors.map(({ row }) => row));
  let line = firstLine;
  for (const [index, cells] of data.entries()) {
    if (broken.has(index)) onBroken({ line, fault: "has a quote within quotes that is not doubled" });
    else if (cells.length > 1 || cells[0]?.trim() !== "") into.push({ line, cells });
    line += 1 + (newline === null ? 0 : linesWithin(cells, newline));
  }
  return line;
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
