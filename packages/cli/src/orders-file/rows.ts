/** A file of rows, gzip or not: commas, semicolons, tabs, bars or blanks between the cells. */
import { csvRows, findDelimiter } from "../table/csv-table.ts";
import type { BrokenRow } from "../table/table.ts";

export type { BrokenRow };

export interface Row {
  /** Line of the file, from 1; of a row over several lines the first. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Reads row by row, the header (if any) as the first. Rejects where the file cannot be read at all. */
export async function* readRows(
  file: string,
  onBroken: (row: BrokenRow) => void,
): AsyncGenerator<Row, void, undefined> {
  for await (const rows of csvRows(file, await findDelimiter(file), onBroken))
    for (const { line, cells } of rows) yield { line, cells: cells.map((cell) => cell.trim()) };
}
