/** Rows of a file, one after the other, each with what is wrong with it. */

import type { Row, Table } from "../table/table.ts";
import { type FileFaults, noteRow, noteValues } from "./row-faults.ts";

/** What a row gives: true where it was taken. `onRow` says why it cannot be; `onValue` what of it is left out. */
export type TakeRow = (row: Row, onRow: (fault: string) => void, onValue: (fault: string) => void) => boolean;

/** `onBytes` hears how many bytes of the file were read. */
export async function readRows(
  { table }: { readonly table: Table },
  faults: FileFaults,
  onBytes: (bytes: number) => void,
  take: TakeRow,
): Promise<void> {
  const broken = ({ line, fault }: { readonly line: number; readonly fault: string }): void =>
    noteRow(faults, line, [fault]);
  let ofRow: string[] = [];
  let ofValues: string[] = [];
  const onRow = (fault: string): void => void ofRow.push(fault);
  const onValue = (fault: string): void => void ofValues.push(fault);
  for await (const rows of table.rows(broken, onBytes)) {
    for (const row of rows) {
      const isTaken = take(row, onRow, onValue);
      if (ofRow.length > 0) {
        // All of its faults at once.
        noteRow(faults, row.line, [...ofRow, ...ofValues]);
      } else {
        if (isTaken) faults.readable += 1;
        if (ofValues.length > 0) noteValues(faults, row.line, ofValues);
      }
      if (ofRow.length > 0) ofRow = [];
      if (ofValues.length > 0) ofValues = [];
    }
  }
}
