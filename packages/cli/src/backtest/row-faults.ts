/** Rows that cannot be read: counted, and the first of each file kept to be shown. */

export interface FileFaults {
  readonly file: string;
  /** Rows that were read. */
  readable: number;
  unreadable: number;
  /** Values of readable rows that were left out, as they could not be read. */
  values: number;
  /** Rows of guests. */
  guests: number;
  readonly shown: { readonly line: number; readonly fault: string }[];
}

export const maxShown = 20;

export function fileFaults(file: string): FileFaults {
  return { file, readable: 0, unreadable: 0, values: 0, guests: 0, shown: [] };
}

/** All that is wrong with one row. */
export function noteRow(faults: FileFaults, line: number, found: readonly string[]): void {
  faults.unreadable += 1;
  show(faults, line, found.join("; "));
}

export function noteValues(faults: FileFaults, line: number, found: readonly string[]): void {
  faults.values += found.length;
  show(faults, line, `${found.join("; ")} (left out)`);
}

function show({ shown }: FileFaults, line: number, fault: string): void {
  if (shown.length < maxShown) shown.push({ line, fault });
}
