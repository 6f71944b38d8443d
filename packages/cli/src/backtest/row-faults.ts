/** Rows that cannot be read: counted, and the first of each file kept to be shown. */
import { basename } from "node:path";

export interface FileFaults {
  readonly file: string;
  /** Rows that were read. */
  readable: number;
  unreadable: number;
  /** Values of readable rows that were left out, as they could not be read. */
  values: number;
  /** Rows of guests. */
  guests: number;
  /** Corrections of orders too long ago. */
  late: number;
  /** By line. */
  readonly shown: { readonly line: number; readonly fault: string }[];
}

const maxShown = 20;

export function fileFaults(file: string): FileFaults {
  return { file, readable: 0, unreadable: 0, values: 0, guests: 0, late: 0, shown: [] };
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

/** The first lines are shown, in whatever order faults are found. */
function show({ shown }: FileFaults, line: number, fault: string): void {
  if (shown.length === maxShown && line >= (shown.at(-1)?.line ?? 0)) return;
  const place = shown.findLastIndex((other) => other.line <= line) + 1;
  shown.splice(place, 0, { line, fault });
  shown.length = Math.min(shown.length, maxShown);
}

/** What there is to say about a file, line by line. */
export function describeFaults({
  file,
  unreadable,
  values,
  guests,
  late,
  shown,
}: FileFaults): readonly string[] {
  const name = basename(file);
  const told: string[] = [];
  if (guests > 0) told.push(`${name}: ${counted(guests, "row")} of guests left out`);
  if (late > 0)
    told.push(`${name}: ${counted(late, "correction")} more than 90 days after the order left out`);
  if (unreadable > 0) told.push(`${name}: ${counted(unreadable, "row")} cannot be read`);
  if (values > 0) told.push(`${name}: ${counted(values, "value")} cannot be read`);
  for (const { line, fault } of shown) told.push(`  ${name}:${line}: ${fault}`);
  const more = unreadable + values - shown.length;
  if (shown.length === maxShown && more > 0) told.push(`  ... and ${more.toLocaleString("en-US")} more`);
  return told;
}

/** `1 row`, `1,200 rows`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
