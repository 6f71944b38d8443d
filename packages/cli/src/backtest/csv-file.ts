/** Writing CSV as RFC 4180 says, with a header. */
import { closeSync, openSync, writeSync } from "node:fs";

export interface CsvFile {
  /** Lines without their ends, of cells that are quoted where they have to be. */
  lines(lines: readonly string[]): void;
  close(): void;
}

const bufferLength = 262_144;

/** Throws where the file cannot be written. */
export function createCsvFile(file: string, header: readonly string[]): CsvFile {
  const handle = openSync(file, "w");
  let buffer = `${header.join(",")}\r\n`;
  const flush = (): void => {
    // A single call may write less than it was given.
    for (let bytes = Buffer.from(buffer); bytes.length > 0; )
      bytes = bytes.subarray(writeSync(handle, bytes));
    buffer = "";
  };
  return {
    lines(lines) {
      for (const line of lines) buffer += `${line}\r\n`;
      if (buffer.length >= bufferLength) flush();
    },
    close() {
      flush();
      closeSync(handle);
    },
  };
}

/** A cell of any text. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
