/** CSV and its kin: commas, semicolons, tabs, bars or runs of blanks between the cells. */
import { readHead, readText } from "./bytes.ts";
import { blankSeparatedRows, delimitedRows, type TextRow } from "./delimited.ts";
import { namedColumns } from "./named-columns.ts";
import { type BrokenRow, type Row, type Table, TableError } from "./table.ts";

export interface CsvOptions {
  readonly hasHeader: boolean;
  /** A character, or a blank for runs of blanks; null: found out from the first line. */
  readonly delimiter: string | null;
}

export async function openCsv(file: string, { hasHeader, delimiter }: CsvOptions): Promise<Table> {
  const between = delimiter ?? (await findDelimiter(file));
  const first = await firstRow(csvRows(file, between, () => {}));
  if (first === undefined) throw new TableError(`${file} holds no rows`);
  const names = first.cells.map((cell, index) => (hasHeader ? String(cell).trim() : String(index + 1)));
  return {
    ...namedColumns(names),
    rows: (onBroken, onBytes) =>
      sameWidth(
        csvRows(file, between, onBroken, onBytes),
        hasHeader ? first.line : 0,
        names.length,
        onBroken,
      ),
  };
}

/** In batches, the header (if any) as the first row; empty lines are left out. */
export function csvRows(
  file: string,
  delimiter: string,
  onBroken: (row: BrokenRow) => void,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<readonly TextRow[], void, undefined> {
  const texts = readText(file, onBytes);
  return delimiter === " " ? blankSeparatedRows(texts) : delimitedRows(texts, delimiter, onBroken);
}

async function firstRow(batches: AsyncGenerator<readonly Row[]>): Promise<Row | undefined> {
  for await (const [first] of batches) if (first !== undefined) return first;
  return undefined;
}

/** Leaves out the header, and reports rows that have not as many cells; empty ones at the end may be too many. */
async function* sameWidth(
  batches: AsyncGenerator<readonly Row[]>,
  headerLine: number,
  width: number,
  onBroken: (row: BrokenRow) => void,
): AsyncGenerator<readonly Row[]> {
  for await (const batch of batches) {
    const fits = (row: Row): boolean => {
      const { cells, line } = row;
      if (line <= headerLine) return false;
      if (cells.length === width || (cells.length > width && cells.slice(width).every(isEmpty))) return true;
      onBroken({
        line,
        fault: `has ${count(cells.length, "cell")} where the ${headerLine > 0 ? "header" : "first row"} has ${width}`,
      });
      return false;
    };
    yield batch.filter(fits);
  }
}

const isEmpty = (cell: unknown): boolean => String(cell).trim() === "";
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** The character that the first line holds most of; blanks where it holds none of them. */
export async function findDelimiter(file: string): Promise<string> {
  const head = (await readHead(file)).trimStart();
  const firstLine = (head.split(/[\r\n]/, 1)[0] ?? "").replaceAll(/"[^"]*"/g, "");
  const counts = [",", ";", "\t", "|"].map((mark) => [mark, firstLine.split(mark).length - 1] as const);
  const [best, most] = counts.reduce((a, b) => (b[1] > a[1] ? b : a));
  return most === 0 && /\S\s+\S/.test(firstLine) ? " " : best;
}
