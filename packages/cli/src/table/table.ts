/** Rows of a file, whatever its format. */

export interface Row {
  /** Where it stands in the file: its (first) line, or its number where the format has no lines. From 1. */
  readonly line: number;
  /** By place (see `Table.place`): text, or what a typed format holds. */
  readonly cells: readonly unknown[];
}

/** A row that cannot be taken apart. */
export interface BrokenRow {
  readonly line: number;
  readonly fault: string;
}

export interface Table {
  /** Names of the columns, as far as the beginning of the file shows them. */
  readonly columns: readonly string[];
  /** Where a row has the cell of this column; undefined where there is no such column. */
  place(column: string): number | undefined;
  /** What a row holds beside these columns, by name. */
  others(columns: readonly string[]): (row: Row) => Readonly<Record<string, unknown>>;
  /** In batches, as a call a row would cost more than reading it. `onBytes` hears how many bytes of the file were read. */
  rows(onBroken: (row: BrokenRow) => void, onBytes: (bytes: number) => void): AsyncGenerator<readonly Row[]>;
}

/** The file cannot be used at all; the message says why. */
export class TableError extends Error {}
