/** Writing CSV as RFC 4180 says, with a header. */
import { closeSync, openSync, writeSync } from "node:fs";

export interface CsvFile {
  row(cells: readonly string[]): void;
  close(): void;
}

const bufferLength = 262_144;

/** Throws where the file cannot be written. */
export function createCsvFile(file: string, header: readonly string[]): CsvFile {
  const handle = openSync(file, "w");
  let buffer = "";
  const flush = (): void => {
    // A single call may write less than it was given.
    for (let bytes = Buffer.from(buffer); bytes.length > 0; )
      bytes = bytes.subarray(writeSync(handle, bytes));
    buffer = "";
  };
  const row = (cells: readonly string[]): void => {
    buffer += `${cells.map(quoted).join(",")}\r\n`;
    if (buffer.length >= bufferLength) flush();
  };
  row(header);
  return {
    row,
    close() {
      flush();
      closeSync(handle);
    },
  };
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
